//! Anthropic's messages: read into the canonical form and written out of it.
//!
//! The shapes are those of the API's reference and of Anthropic's own SDKs. What stock agents send
//! and nobody else has (cache hints, context management, deferred tools) is left out and named.

mod error;
mod ids;
mod models;
mod narrow_schema;
mod read_block;
mod read_reply;
mod read_request;
mod read_stream;
mod stop;
mod usage;
mod write_block;
mod write_reply;
mod write_request;
mod write_stream;

pub use error::{error_body, error_event, error_kind, read_failure};
pub use models::{ModelCard, model_body, model_list};
pub use read_reply::read_reply;
pub use read_request::read_request;
pub use read_stream::StreamReader;
pub use write_reply::{count_body, write_reply};
pub(crate) use write_request::LEAST_BUDGET;
pub use write_request::write_request;
pub use write_stream::{PING, StreamWriter};
