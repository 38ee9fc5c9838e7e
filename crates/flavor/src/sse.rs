//! Server-sent events as bytes: a stream is cut into its events, and each is read without being
//! changed.

mod event;
mod reader;

pub use event::Event;
pub(crate) use reader::BYTE_ORDER_MARK;
pub use reader::{EventReader, SseError};
