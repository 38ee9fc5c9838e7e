//! One connection of the load: HTTP/1.1 read by hand, as little as tells a whole reply from a cut
//! one, so that the load costs less than what it measures.

use std::io::{Error, ErrorKind, Result};

use bytes::{Buf as _, BytesMut};
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How much is asked of the system at a time, in bytes.
const READ: usize = 16 << 10;

/// How much of a body's end is kept, in bytes: the last event, or the words of a refusal.
const TAIL: usize = 256;

/// The most bytes of a head, or of a line that says a chunk's length.
const HEAD_LIMIT: usize = 64 << 10;

/// A connection to a server that is kept alive.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
    tail: Vec<u8>,
}

/// The head of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status.
    pub(crate) status: u16,
    /// How the body ends: after so many bytes, or as its chunks say.
    length: Option<usize>,
}

impl Wire {
    /// Connects to `HOST:PORT`.
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(READ), tail: Vec::new() })
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await
    }

    /// Reads the head of the next reply.
    pub(crate) async fn head(&mut self) -> Result<Head> {
        let end = loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.fill().await?;
        };
        let head = Head::parse(&self.buffer[..end]).ok_or_else(|| invalid("a reply's head"))?;
        self.buffer.advance(end);
        self.tail.clear();
        Ok(head)
    }

    /// Reads the body that belongs to a head, to its end.
    pub(crate) async fn body(&mut self, head: Head) -> Result<()> {
        if let Some(length) = head.length {
            return self.take(length).await;
        }
        loop {
            let line = self.line().await?;
            match chunk_size(&line).ok_or_else(|| invalid("a chunk's length"))? {
                0 => break,
                size => self.take(size).await?,
            }
            self.line().await?;
        }
        // Trailers, and the empty line after them.
        while !self.line().await?.is_empty() {}
        Ok(())
    }

    /// The end of the last body.
    pub(crate) fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Passes over so many bytes of the body, keeping its end.
    async fn take(&mut self, mut left: usize) -> Result<()> {
        while left > 0 {
            if self.buffer.is_empty() {
                self.fill().await?;
            }
            let piece = left.min(self.buffer.len());
            let kept = piece.min(TAIL);
            let over = (self.tail.len() + kept).saturating_sub(TAIL);
            self.tail.drain(..over);
            self.tail.extend_from_slice(&self.buffer[piece - kept..piece]);
            self.buffer.advance(piece);
            left -= piece;
        }
        Ok(())
    }

    async fn line(&mut self) -> Result<BytesMut> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let mut line = self.buffer.split_to(end + 1);
                line.truncate(end);
                if line.last() == Some(&b'\r') {
                    line.truncate(end - 1);
                }
                return Ok(line);
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        if self.buffer.len() > HEAD_LIMIT {
            return Err(invalid("a head of bounded length"));
        }
        self.buffer.reserve(READ);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, "the connection ended")),
            _ => Ok(()),
        }
    }
}

/// The length that a chunk begins with; what extends it is passed over.
fn chunk_size(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    usize::from_str_radix(text.split(';').next()?.trim(), 16).ok()
}

fn invalid(wanted: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("what came is not {wanted}"))
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let mut length = None;
        let mut chunked = false;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse().ok()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        // Any other body ends with its connection, and cannot be told from one that was cut.
        (chunked || length.is_some())
            .then_some(Self { status, length: if chunked { None } else { length } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_how_its_body_ends() {
        let head = |text: &str| Head::parse(text.as_bytes());
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(head(whole), Some(Head { status: 200, length: Some(12) }));
        let chunks = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(head(chunks), Some(Head { status: 404, length: None }));
        assert_eq!(head("HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(head("SSH-2.0\r\n\r\n"), None);
    }

    #[tokio::test]
    async fn chunks_are_read_to_their_end_and_a_cut_body_is_an_error() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                    4\r\nwhol\r\n1\r\ne\r\n0\r\n\r\n\
                    HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut";
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
        });
        let mut wire = Wire::open(&address).await.unwrap();
        let head = wire.head().await.unwrap();
        wire.body(head).await.unwrap();
        assert_eq!(wire.tail(), b"whole");
        let head = wire.head().await.unwrap();
        assert_eq!(wire.body(head).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
