//! A connection with bounded patience: a caller that does not read is dropped, one that was
//! refused is given a moment to see why, and the parser's bare refusals get words.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::parser_refusal;

/// How much of a refused caller's rest is read while it lingers, in bytes.
const LINGER_BYTES: usize = 64 << 20;

/// Up to how many bytes pieces are joined for a write: copying these few costs less than the
/// system's walk over a list of pieces.
const SMALL: usize = 1024;

/// See the module's words.
pub(crate) struct Patient {
    stream: TcpStream,
    /// `limits.stream_idle`.
    idle: Duration,
    /// `limits.linger`.
    linger: Duration,
    /// Runs while a write waits for the caller to read.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether what is written next may be the head of a reply: something was read since the last
    /// write. In the midst of a reply nothing is taken for the parser's words.
    at_head: bool,
    /// Words of ours that stand in the place of what the parser wrote.
    words: Option<Bytes>,
    /// Set once everything was written and the caller was told that nothing more comes.
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, idle: Duration, linger: Duration) -> Self {
        Self { stream, idle, linger, stalled: None, at_head: true, words: None, lingering: None }
    }

    /// Passes on what a write came to, but not a wait without an end.
    fn bounded<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.at_head = false;
            self.stalled = None;
            return written;
        }
        let idle = self.idle;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(idle)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller does not read")))
    }

    /// Writes the words that stand in the place of what the parser wrote, if there are any.
    fn poll_words(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(mut words) = self.words.take() {
            let written = Pin::new(&mut self.stream).poll_write(context, &words);
            match self.bounded(context, written) {
                Poll::Ready(Ok(count)) => words.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.words = Some(words);
                    return Poll::Pending;
                }
            }
            if !words.is_empty() {
                self.words = Some(words);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.at_head |= buffer.filled().len() > before;
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.at_head
            && self.words.is_none()
            && bytes.starts_with(b"HTTP/1.1 4")
            && let Some(words) = parser_refusal::in_words(bytes)
        {
            self.words = Some(words);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_words(context))?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = slices {
            return self.poll_write(context, only);
        }
        ready!(self.poll_words(context))?;
        let mut room = [0; SMALL];
        let stream = Pin::new(&mut self.stream);
        let written = match joined(slices, &mut room) {
            Some(bytes) => stream.poll_write(context, bytes),
            None => stream.poll_write_vectored(context, slices),
        };
        self.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_words(context))?;
        // A socket has nothing to flush; in particular this is no sign that the caller reads.
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Says that nothing more comes, then reads what the caller still sends, for a moment. Closing
    /// at once would make the system throw away an answer that the caller has not read yet.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_words(context))?;
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            let until = Instant::now() + self.linger;
            self.lingering = Some((Box::pin(tokio::time::sleep_until(until)), 0));
        }
        let mut scratch = [0; 4096];
        loop {
            let Self { stream, lingering: Some((patience, thrown_away)), .. } = &mut *self else {
                return Poll::Ready(Ok(()));
            };
            if *thrown_away > LINGER_BYTES || patience.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            if ready!(Pin::new(stream).poll_read(context, &mut buffer)).is_err()
                || buffer.filled().is_empty()
            {
                return Poll::Ready(Ok(()));
            }
            *thrown_away += buffer.filled().len();
        }
    }
}

/// The bytes of all `slices` in a row, if they fit.
fn joined<'a>(slices: &[io::IoSlice<'_>], room: &'a mut [u8; SMALL]) -> Option<&'a [u8]> {
    let mut length = 0;
    for slice in slices {
        let end = length + slice.len();
        room.get_mut(length..end)?.copy_from_slice(slice);
        length = end;
    }
    room.get(..length)
}
