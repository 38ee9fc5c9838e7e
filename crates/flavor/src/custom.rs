//! A flavor that an operator's file describes: where in its bodies everything stands. Nothing of it is a
//! program, so every conversion ends, and what the file does not name is lost by name.
//!
//! It holds conversations in words. Tools, pictures and forms of answers have no place in it.

mod draft;
mod error;
mod peek;
mod place;
mod read_request;
mod reply;
mod source;
mod spec;
mod stream_reader;
mod stream_writer;
mod write_request;

pub use error::{error_body, error_event, read_failure};
pub use peek::peek;
pub use place::{NotAPlace, Place};
pub use read_request::read_request;
pub use reply::{read_reply, write_reply};
pub use spec::{
    Credential, Custom, Framing, Messages, ReplyPlaces, RequestPlaces, StopWords, Stream,
};
pub use stream_reader::StreamReader;
pub use stream_writer::StreamWriter;
pub use write_request::write_request;
