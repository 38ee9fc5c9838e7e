//! The services beside conversation: vectors, pictures, speech, transcripts and ranking, each in the
//! forms that callers and providers have for it.
//!
//! Every service has a canonical request and reply of its own, and a file per form that reads into
//! them and writes out of them. A call that has the same form on both sides never touches them: its
//! bytes go on as they came. What a form says and the canonical one cannot hold is named by the
//! reader, what a provider's form cannot say by the writer; see [`Losses`](crate::canon::Losses).

mod answer;
mod aog;
pub mod embed;
mod face;
mod flow;
mod form;
pub mod image;
pub mod multipart;
mod packed;
mod peek;
mod reply;
mod request;
pub mod rerank;
mod sound;
pub mod speech;
pub mod transcription;
mod usage;

pub use face::{Face, Wants};
pub use flow::{Flow, FlowError};
pub use form::{Form, Service};
pub use peek::{Peek, PeekError, peek};
pub use reply::{Replied, reply, weigh};
pub use request::{Outgoing, request};
pub use usage::Usage;
