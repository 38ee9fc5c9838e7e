//! Requests as they come in over one connection.

use std::io::{Error, ErrorKind, Result};

use bytes::{Buf as _, BytesMut};
use memchr::memmem;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{CUT, MUTE};

/// How much is asked of the system at a time, in bytes.
const READ: usize = 8 << 10;
/// The most bytes of one request.
const LIMIT: usize = 1 << 20;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// A stream.
    pub(super) stream: bool,
    /// See [`MUTE`].
    pub(super) mute: bool,
    /// See [`CUT`].
    pub(super) cut: bool,
}

impl Asked {
    /// What a body asks for: looked for as bytes, for every body is of our own load.
    fn of(body: &[u8]) -> Self {
        let has = |text: &str| memmem::find(body, text.as_bytes()).is_some();
        let model = |name: &str| has(&format!("\"model\":\"{name}\""));
        Self { stream: has("\"stream\":true"), mute: model(MUTE), cut: model(CUT) }
    }
}

/// A connection that requests come over.
#[derive(Debug)]
pub(super) struct Requests {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Requests {
    pub(super) fn of(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(READ) }
    }

    /// What replies are written to.
    pub(super) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads a request to its end; nothing where the connection ended.
    pub(super) async fn next(&mut self) -> Result<Option<Asked>> {
        let mut whole = None;
        loop {
            if whole.is_none()
                && let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n")
            {
                let length = length(&self.buffer[..end]);
                let length = length.filter(|length| *length <= LIMIT).ok_or_else(|| {
                    Error::new(ErrorKind::InvalidData, "a request without a length")
                })?;
                whole = Some((end + 4, end + 4 + length));
            }
            if let Some((body, end)) = whole
                && self.buffer.len() >= end
            {
                let asked = Asked::of(&self.buffer[body..end]);
                self.buffer.advance(end);
                return Ok(Some(asked));
            }
            self.buffer.reserve(READ);
            if self.buffer.len() > 2 * LIMIT || self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// What a head says of its body's length.
fn length(head: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(head).ok()?;
    let fields = text.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next()?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_is_asked_for() {
        let asked = Asked::of(br#"{"model":"bench-cut","stream":true}"#);
        assert_eq!(asked, Asked { stream: true, mute: false, cut: true });
        let asked = Asked::of(br#"{"model":"bench","stream":false}"#);
        assert_eq!(asked, Asked { stream: false, mute: false, cut: false });
    }

    #[test]
    fn a_length_is_found_in_any_case() {
        assert_eq!(length(b"POST / HTTP/1.1\r\nContent-Length: 12"), Some(12));
        assert_eq!(length(b"POST / HTTP/1.1\r\nhost: a"), None);
    }
}
