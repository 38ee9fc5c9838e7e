//! Putting together what goes on to the client.

use bytes::{Bytes, BytesMut};
use std::ops::Range;

/// What goes on of one piece of a stream: a part of the piece itself as long as that is one run,
/// and a copy, made once, when it is not.
#[derive(Debug)]
pub(super) struct Forward {
    piece: Bytes,
    run: Range<usize>,
    copied: BytesMut,
    /// What may have to be copied besides the piece.
    carried: usize,
}

impl Forward {
    pub(super) fn new(piece: Bytes, carried: usize) -> Self {
        Self { piece, run: 0..0, copied: BytesMut::new(), carried }
    }

    /// Adds a part of the piece.
    pub(super) fn add_range(&mut self, range: Range<usize>) {
        if self.run.end == range.start && !self.run.is_empty() {
            self.run.end = range.end;
            return;
        }
        if !self.run.is_empty() {
            self.copy_run();
        }
        self.run = range;
    }

    /// Adds bytes that are not, or not as they are, a part of the piece.
    pub(super) fn add_bytes(&mut self, bytes: &[u8]) {
        self.copy_run();
        self.copied.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> Bytes {
        if self.copied.is_empty() {
            return self.piece.slice(self.run);
        }
        self.copy_run();
        self.copied.freeze()
    }

    fn copy_run(&mut self) {
        if self.copied.is_empty() {
            self.copied.reserve(self.carried + self.piece.len());
        }
        self.copied.extend_from_slice(self.piece.get(self.run.clone()).unwrap_or_default());
        self.run = 0..0;
    }
}
