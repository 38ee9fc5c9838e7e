//! The way of a call: in by a front, through the pipeline of stages, out to a provider and back.
//!
//! Each stage of [`pipeline`] is a type that consumes the one before, so leaving one out does not
//! compile. From the intent's commit on, a call is owned by a [`meter::Meter`], which leaves a
//! receipt however the call ends.

pub mod bell;
pub mod body;
pub mod front;
pub mod gateway;
mod keepsakes;
pub mod limits;
pub mod meter;
pub mod metrics;
pub mod money;
mod order;
pub mod pipeline;
pub mod relay;
pub mod setting;
mod turns;
pub mod upstream;

pub use bell::Bell;
pub use body::ReplyBody;
pub use gateway::{Durability, Gateway, Parts};
pub use limits::Limits;
pub use metrics::Metrics;
pub use setting::Setting;
pub use weighbridge_flavor::custom;
