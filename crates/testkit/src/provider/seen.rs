//! What a provider saw of one call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// What a provider saw of one call, and what became of it so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The path it came to.
    pub path: String,
    /// Names (in lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Bytes,
    /// The first text like `m-1-2` in the body.
    pub marker: Option<String>,
    /// How many chunks of the reply's body have been written.
    pub chunks: usize,
    /// Whether the reply has been written to its end.
    pub finished: bool,
    /// Whether the client left before that.
    pub client_left: bool,
}

impl Seen {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        crate::http::find(&self.headers, name)
    }
}

/// A call that is still being answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched(Arc<Mutex<Seen>>);

impl Watched {
    pub(crate) fn new(seen: Seen) -> Self {
        Self(Arc::new(Mutex::new(seen)))
    }

    pub(crate) fn look(&self) -> Seen {
        self.seen().clone()
    }

    pub(crate) fn chunk_written(&self) {
        self.seen().chunks += 1;
    }

    pub(crate) fn finish(&self) {
        self.seen().finished = true;
    }

    pub(crate) fn leave(&self) {
        self.seen().client_left = true;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
