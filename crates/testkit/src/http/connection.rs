//! One connection to a server.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, timeout_at};

use super::reply::{self, Reply};
use super::request::Request;
use crate::wire::{Framing, Reader};

/// How long one step (a write, a head, a chunk) may take unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that sends one request after another. Dropping it is leaving.
#[derive(Debug)]
pub struct Connection {
    reader: Reader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    host: String,
    opened: Instant,
    patience: Duration,
    to_head: bool,
}

/// The head of a reply.
#[derive(Debug, Clone)]
pub struct ReplyHead {
    /// The status.
    pub status: u16,
    /// Names (in lower case) and values.
    pub headers: Vec<(String, String)>,
}

impl ReplyHead {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        reply::find(&self.headers, name)
    }
}

/// Bytes of a body that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The bytes.
    pub bytes: Bytes,
    /// When they came, from the connection's opening.
    pub at: Duration,
}

impl Connection {
    /// Connects to a server by its address, `http://HOST:PORT` with any path behind it.
    ///
    /// # Errors
    /// When no connection stands.
    pub async fn open(url: &str) -> io::Result<Self> {
        let host = url.strip_prefix("http://").unwrap_or(url);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        let opened = Instant::now();
        let stream = within(opened + PATIENCE, TcpStream::connect(&host)).await?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let reader = Reader::new(reader);
        Ok(Self { reader, writer, host, opened, patience: PATIENCE, to_head: false })
    }

    /// Waits at most this long in every step, instead of 30 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the other side has gone or does not read.
    pub async fn send(&mut self, request: &Request) -> io::Result<()> {
        self.to_head = request.is_head();
        let bytes = request.to_bytes(&self.host);
        self.write(&bytes).await
    }

    /// Sends these bytes, whatever they are.
    ///
    /// # Errors
    /// When the other side has gone or does not read.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to_head = self.to_head || bytes.starts_with(b"HEAD ");
        self.write(bytes).await
    }

    /// The next reply's head; interim ones (100) are passed over.
    ///
    /// # Errors
    /// When the connection ends before it, or what comes is no HTTP.
    pub async fn head(&mut self) -> io::Result<ReplyHead> {
        let deadline = self.deadline();
        loop {
            let head = within(deadline, self.reader.head()).await?;
            let head = head.ok_or_else(|| {
                io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended before a reply")
            })?;
            let status = reply::status(&head).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, format!("no reply: {:?}", head.first))
            })?;
            self.reader.begin(Framing::of_reply(&head, status, self.to_head));
            if status >= 200 {
                self.to_head = false;
                return Ok(ReplyHead { status, headers: head.headers });
            }
        }
    }

    /// The next bytes of the body as they come; nothing when it ended as its framing says.
    ///
    /// # Errors
    /// When the connection ends before the body does.
    pub async fn chunk(&mut self) -> io::Result<Option<Chunk>> {
        let bytes = within(self.deadline(), self.reader.piece()).await?;
        Ok(bytes.map(|bytes| Chunk { bytes, at: self.opened.elapsed() }))
    }

    /// Reads a reply, head and body, to its end.
    ///
    /// # Errors
    /// When no head comes or the time is over; a body that is cut short is none.
    pub async fn rest(&mut self) -> io::Result<Reply> {
        let head = self.head().await?;
        self.finish(head).await
    }

    /// Reads the body that belongs to `head` to its end.
    ///
    /// # Errors
    /// When the time is over.
    pub async fn finish(&mut self, head: ReplyHead) -> io::Result<Reply> {
        let mut body = BytesMut::new();
        let complete = loop {
            match self.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk.bytes),
                Ok(None) => break true,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(error),
                Err(_) => break false,
            }
        };
        let ReplyHead { status, headers } = head;
        let trailers = self.reader.trailers().to_vec();
        let at = self.opened.elapsed();
        Ok(Reply { status, headers, body: body.freeze(), trailers, complete, at })
    }

    /// Sends a request and reads the reply to its end.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`rest`](Self::rest).
    pub async fn exchange(&mut self, request: &Request) -> io::Result<Reply> {
        self.send(request).await?;
        self.rest().await
    }

    /// Sends no more, and stays to read.
    ///
    /// # Errors
    /// When the connection has gone.
    pub async fn close_sending(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.deadline(), self.writer.write_all(bytes)).await
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }
}

async fn within<T>(deadline: Instant, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout_at(deadline, step).await {
        Ok(done) => done,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the other side takes too long")),
    }
}
