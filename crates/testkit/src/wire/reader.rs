//! Reading messages from a connection, piece by piece.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::framing::{Framing, Within};
use super::head::{self, Head};

/// The longest head, line or set of trailers that is read.
const HEAD_LIMIT: usize = 1 << 20;

/// Reads messages from `source`, one after another.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    source: R,
    buffer: BytesMut,
    framing: Framing,
    trailers: Vec<(String, String)>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(crate) fn new(source: R) -> Self {
        let buffer = BytesMut::with_capacity(16 << 10);
        Self { source, buffer, framing: Framing::Over, trailers: Vec::new() }
    }

    /// The next message's head, or nothing where the connection ended before it.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let bytes = self.buffer.split_to(end + 4);
                return Head::parse(&bytes[..end]).map(Some);
            }
            self.within_limit()?;
            if !self.more().await? {
                return if self.buffer.is_empty() { Ok(None) } else { Err(cut("in a head")) };
            }
        }
    }

    /// Says how the body that comes now ends.
    pub(crate) fn begin(&mut self, framing: Framing) {
        self.framing = framing;
        self.trailers.clear();
    }

    /// What came after the last chunk.
    pub(crate) fn trailers(&self) -> &[(String, String)] {
        &self.trailers
    }

    /// The next bytes of the body as they come, or nothing when it ended as it should.
    pub(crate) async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            match self.framing {
                Framing::Over => return Ok(None),
                Framing::Length(left) => {
                    let Some(bytes) = self.take(left).await? else { return Err(cut("in a body")) };
                    let left = left - bytes.len() as u64;
                    self.framing = if left == 0 { Framing::Over } else { Framing::Length(left) };
                    return Ok(Some(bytes));
                }
                Framing::UntilClose => {
                    let bytes = self.take(u64::MAX).await?;
                    if bytes.is_none() {
                        self.framing = Framing::Over;
                    }
                    return Ok(bytes);
                }
                Framing::Chunked(within) => {
                    if let Some(bytes) = self.chunk(within).await? {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// The whole rest of the body.
    pub(crate) async fn whole(&mut self) -> io::Result<Bytes> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// Comes back when the other side has left. What it sends before is kept.
    pub(crate) async fn gone(&mut self) {
        while self.buffer.len() <= HEAD_LIMIT {
            if !self.more().await.unwrap_or(false) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Goes one step through a chunked body.
    async fn chunk(&mut self, within: Within) -> io::Result<Option<Bytes>> {
        let mut bytes = None;
        let next = match within {
            Within::Size => {
                let line = self.line().await?;
                match size(&line)? {
                    0 => Within::Trailers,
                    size => Within::Data(size),
                }
            }
            Within::Data(left) => {
                let piece = self.take(left).await?.ok_or_else(|| cut("in a chunk"))?;
                let left = left - piece.len() as u64;
                bytes = Some(piece);
                if left == 0 { Within::DataEnd } else { Within::Data(left) }
            }
            Within::DataEnd => {
                if !self.line().await?.is_empty() {
                    return Err(wrong("a chunk is longer than its size"));
                }
                Within::Size
            }
            Within::Trailers => {
                let line = self.line().await?;
                if line.is_empty() {
                    self.framing = Framing::Over;
                    return Ok(None);
                }
                self.trailers.extend(head::fields(std::iter::once(line.as_str()))?);
                Within::Trailers
            }
        };
        self.framing = Framing::Chunked(next);
        Ok(bytes)
    }

    /// One line, without its end.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(end + 2);
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.within_limit()?;
            if !self.more().await? {
                return Err(cut("between chunks"));
            }
        }
    }

    /// At most `limit` bytes of what is there or comes next; nothing at the connection's end.
    async fn take(&mut self, limit: u64) -> io::Result<Option<Bytes>> {
        if self.buffer.is_empty() && !self.more().await? {
            return Ok(None);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Some(self.buffer.split_to(limit.min(self.buffer.len())).freeze()))
    }

    /// Reads on. False at the connection's end.
    async fn more(&mut self) -> io::Result<bool> {
        self.buffer.reserve(16 << 10);
        Ok(self.source.read_buf(&mut self.buffer).await? > 0)
    }

    fn within_limit(&self) -> io::Result<()> {
        if self.buffer.len() > HEAD_LIMIT {
            return Err(wrong("a line or a head without an end"));
        }
        Ok(())
    }
}

fn size(line: &str) -> io::Result<u64> {
    let digits = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).map_err(|_| wrong("no size before a chunk"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn cut(place: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("the connection ended {place}"))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests;
