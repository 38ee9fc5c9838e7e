//! How a provider behaves towards one call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::asked::Asked;
use crate::chat::Chat;

/// How a provider behaves towards one call.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Answers properly: a reply, or a stream where one was asked for.
    Chat {
        /// What it looks like.
        chat: Chat,
        /// Before the reply, and between the events of a stream.
        pace: Duration,
        /// How a stream ends. A whole reply is cut or hangs in its middle likewise.
        end: StreamEnd,
    },
    /// These very bytes.
    Reply {
        /// The status.
        status: u16,
        /// More headers than content type and length.
        headers: Vec<(String, String)>,
        /// The body.
        body: Bytes,
        /// Before the head.
        delay: Duration,
    },
    /// These very chunks, each written by itself.
    Stream {
        /// What comes, and when.
        chunks: Vec<Chunk>,
        /// What comes then.
        end: StreamEnd,
    },
    /// A stream that waits for `Provider::release(name)` before every chunk but the first.
    Gate {
        /// The gate's name.
        name: String,
        /// The media type, where it is not that of a stream of the flavor.
        content_type: Option<&'static str>,
        /// What comes.
        chunks: Vec<Bytes>,
        /// What comes then.
        end: StreamEnd,
    },
    /// Never sends a byte.
    NeverAnswer,
    /// Closes the connection before the head.
    CloseEarly,
    /// Sends bytes that are no HTTP, and closes.
    Garbage,
    /// A stream with one line that never ends.
    EndlessLine,
    /// A stream of proper events that never ends.
    EndlessStream,
    /// A proper reply whose content has this many bytes.
    LongReply {
        /// How many.
        bytes: usize,
    },
    /// An error.
    Error {
        /// The status.
        status: u16,
        /// The body.
        json: Value,
    },
    /// 401, as for a wrong key.
    Unauthorized,
    /// 429 with `retry-after`.
    RetryAfter {
        /// The header's value.
        seconds: u32,
    },
    /// Whatever this decides, call by call.
    Choose(Chooser),
}

/// One chunk of a scripted stream.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The bytes.
    pub bytes: Bytes,
    /// The wait before them.
    pub delay_before: Duration,
}

impl Chunk {
    /// A chunk that comes at once.
    pub fn now(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), delay_before: Duration::ZERO }
    }
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamEnd {
    /// As it should.
    #[default]
    End,
    /// The connection breaks in the middle of a chunk.
    Cut,
    /// Nothing comes any more, and nothing ends.
    Hang,
}

/// Decides from what was asked.
#[derive(Clone)]
pub struct Chooser(Arc<dyn Fn(&Asked) -> Behaviour + Send + Sync>);

impl Chooser {
    /// A chooser that asks `choose`.
    pub fn new(choose: impl Fn(&Asked) -> Behaviour + Send + Sync + 'static) -> Self {
        Self(Arc::new(choose))
    }

    pub(crate) fn choose(&self, asked: &Asked) -> Behaviour {
        (self.0)(asked)
    }
}

impl fmt::Debug for Chooser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chooser")
    }
}

impl Behaviour {
    /// A proper answer, at once.
    pub fn ok() -> Self {
        Self::chat(Chat::default())
    }

    /// A proper answer that looks like this, at once.
    pub fn chat(chat: Chat) -> Self {
        Self::Chat { chat, pace: Duration::ZERO, end: StreamEnd::End }
    }

    /// A proper answer with a wait before every event.
    pub fn paced(pace: Duration) -> Self {
        Self::Chat { chat: Chat::default(), pace, end: StreamEnd::End }
    }

    /// An answer that is cut in its middle.
    pub fn cut() -> Self {
        let chat = Chat { finish_reason: false, done: false, ..Chat::default() };
        Self::Chat { chat, pace: Duration::ZERO, end: StreamEnd::Cut }
    }

    /// These bytes with status 200.
    pub fn bytes(body: impl Into<Bytes>) -> Self {
        let headers = Vec::new();
        Self::Reply { status: 200, headers, body: body.into(), delay: Duration::ZERO }
    }

    /// These chunks as a stream, at once, ending as it should.
    pub fn stream<B: Into<Bytes>>(chunks: impl IntoIterator<Item = B>) -> Self {
        let chunks = chunks.into_iter().map(Chunk::now).collect();
        Self::Stream { chunks, end: StreamEnd::End }
    }

    /// Whatever `choose` decides, call by call.
    pub fn choose(choose: impl Fn(&Asked) -> Self + Send + Sync + 'static) -> Self {
        Self::Choose(Chooser::new(choose))
    }
}
