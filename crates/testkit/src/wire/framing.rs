//! Where a message's body ends.

use super::head::Head;

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none, or it is over.
    Over,
    /// This many bytes are left.
    Length(u64),
    /// Chunks, and where in them we are.
    Chunked(Within),
    /// It ends where the connection does.
    UntilClose,
}

/// A place in a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// Before a line with a size.
    Size,
    /// Before this many bytes of a chunk.
    Data(u64),
    /// After a chunk's bytes, before the line's end.
    DataEnd,
    /// After the last chunk: trailers and an empty line.
    Trailers,
}

impl Framing {
    /// The framing of a request's body.
    pub(crate) fn of_request(head: &Head) -> Self {
        Self::told(head).unwrap_or(Self::Over)
    }

    /// The framing of a reply's body, `to_head` when the request was a HEAD.
    pub(crate) fn of_reply(head: &Head, status: u16, to_head: bool) -> Self {
        if to_head || status == 204 || status == 304 || status < 200 {
            return Self::Over;
        }
        Self::told(head).unwrap_or(Self::UntilClose)
    }

    fn told(head: &Head) -> Option<Self> {
        if head.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            return Some(Self::Chunked(Within::Size));
        }
        let length = head.header("content-length")?.parse().ok()?;
        Some(if length == 0 { Self::Over } else { Self::Length(length) })
    }
}
