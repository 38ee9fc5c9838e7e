//! Ollama's `/api/chat` and `/api/generate`: both directions between them and the canonical form,
//! and the bodies that its clients ask for beside.
//!
//! Its streams are lines of JSON, not server-sent events: cut them with [`crate::lines`].

// A flavor that grew out of this one shares the rooms that the crate may see.
mod arguments;
mod call_ids;
pub(crate) mod created;
mod error;
mod logprobs;
pub(crate) mod media;
mod message_reader;
mod message_writer;
mod mode;
mod models;
mod options;
pub(crate) mod prompt;
mod reply;
mod request_reader;
mod request_writer;
mod said;
mod stop;
mod stream_reader;
mod stream_writer;
pub(crate) mod think;
mod tools;

pub use error::{error_body, error_line};
pub use mode::Mode;
pub use models::{Capability, ModelCard, VERSION, ps, read_show_request, show, tags, version};
pub use reply::{read_reply, write_loaded, write_reply};
pub use request_reader::read_request;
pub use request_writer::write_request;
pub use stream_reader::StreamReader;
pub use stream_writer::{HELD_BYTES, StreamWriter};
