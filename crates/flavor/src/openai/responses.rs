//! OpenAI's responses: read into the canonical form and written out of it.
//!
//! The shapes are those of the API's reference and of OpenAI's own SDKs. A conversation is a list of
//! items there, and nothing of it is kept here: what refers to something that OpenAI stores is
//! refused, what only makes a call cheaper or better known is left out and named.

mod error;
mod event;
mod media;
mod names;
mod open_calls;
mod output;
mod read_item;
mod read_reply;
mod read_request;
mod read_stream;
mod read_tools;
mod searches;
mod stop;
mod usage;
mod write_item;
mod write_reply;
mod write_request;
mod write_stream;

pub use error::error_event;
pub use read_reply::read_reply;
pub use read_request::read_request;
pub use read_stream::StreamReader;
pub use usage::read_usage;
pub use write_reply::write_reply;
pub use write_request::write_request;
pub use write_stream::StreamWriter;
