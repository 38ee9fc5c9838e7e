//! HTTP/1 as bytes: just enough to read the other side's messages, and to notice when they are
//! not whole. Both the client and the provider read with it, so that neither hides a fault.

mod framing;
mod head;
mod reader;

pub(crate) use framing::Framing;
pub(crate) use head::Head;
pub(crate) use reader::Reader;
