//! Google's Gemini: `generateContent` and `streamGenerateContent`.
//!
//! The model, and whether the reply is a stream, stand in the path and not in the body. A stream
//! comes as events, or else as one JSON list of the same pieces; it has no terminator.

mod config;
mod contents;
mod error;
mod fields;
mod finish;
mod held_calls;
mod listing;
mod logprobs;
mod media;
mod models;
mod part;
mod reply;
mod request;
mod schema;
mod searches;
mod stream_reader;
mod stream_writer;
mod thinking;
mod tool_result;
mod tools;
mod usage;

pub use error::{error_body, error_event, refuses_key};
pub(crate) use fields::Fields;
pub use listing::Listing;
pub use models::{count_body, model_body, model_list};
pub use reply::{read_reply, write_reply};
pub use request::{read_request, write_request};
pub use stream_reader::StreamReader;
pub use stream_writer::StreamWriter;
