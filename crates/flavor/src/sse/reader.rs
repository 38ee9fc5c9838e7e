//! Cutting a stream into events.

use bytes::{Bytes, BytesMut};

use super::Event;

pub(crate) const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Cuts a stream that arrives in any pieces into its events.
///
/// Lines end in LF, CRLF or CR, as browsers read them. An event that a lone CR closes at the very
/// end of a piece is given out with the next piece, because an LF there still belongs to it: so the
/// events are the same however the stream was cut, and their raw bytes add up to it.
///
/// What is kept is the event under way, at most `max_event` bytes, and the piece in hand: take the
/// events out until there are none before the next push.
#[derive(Debug)]
pub struct EventReader {
    max_event: usize,
    /// The start of the event under way, from earlier pieces.
    carried: BytesMut,
    /// What is not given out yet of the piece in hand.
    piece: Bytes,
    /// How much of it was looked at.
    seen: usize,
    /// Nothing stands in the present line so far.
    line_is_empty: bool,
    after_cr: Option<AfterCr>,
    /// How much of a byte order mark the stream started with; `None` once it can start no more.
    mark: Option<usize>,
    first: bool,
    too_long: bool,
}

/// What a CR that may be followed by an LF has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterCr {
    Line,
    Event,
}

/// A stream that cannot be cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// An event, or a line without an end, is longer than the bound.
    #[error("an event is longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
}

impl EventReader {
    /// A reader at the start of a stream, for events of at most `max_event` bytes each.
    #[must_use]
    pub fn new(max_event: usize) -> Self {
        Self {
            max_event,
            carried: BytesMut::new(),
            piece: Bytes::new(),
            seen: 0,
            line_is_empty: true,
            after_cr: None,
            mark: Some(0),
            first: true,
            too_long: false,
        }
    }

    /// Takes the next piece. If events of the last one are still to be taken out, both are joined.
    pub fn push(&mut self, piece: Bytes) {
        if self.too_long {
            return;
        }
        if self.piece.is_empty() {
            self.piece = piece;
        } else {
            let mut joined = BytesMut::with_capacity(self.piece.len() + piece.len());
            joined.extend_from_slice(&self.piece);
            joined.extend_from_slice(&piece);
            self.piece = joined.freeze();
        }
    }

    /// The next whole event, if there is one.
    ///
    /// # Errors
    /// When the event under way is longer than the bound; then for ever.
    pub fn next_event(&mut self) -> Result<Option<Event>, SseError> {
        if self.too_long {
            return Err(self.give_up());
        }
        let end = self.event_end();
        if self.carried.len() + end.unwrap_or(self.piece.len()) > self.max_event {
            return Err(self.give_up());
        }
        let Some(end) = end else {
            self.carried.extend_from_slice(&self.piece);
            self.piece.clear();
            self.seen = 0;
            return Ok(None);
        };
        let rest = self.piece.split_to(end);
        self.seen = 0;
        let raw = if self.carried.is_empty() {
            rest
        } else {
            self.carried.extend_from_slice(&rest);
            std::mem::take(&mut self.carried).freeze()
        };
        let first = std::mem::take(&mut self.first);
        Ok(Some(Event::read(raw, first)))
    }

    /// The last event, if the stream ended without the blank line that closes it. Take the others
    /// out before.
    #[must_use]
    pub fn finish(mut self) -> Option<Event> {
        self.carried.extend_from_slice(&self.piece);
        let raw = self.carried.freeze();
        (!raw.is_empty()).then(|| Event::read(raw, self.first))
    }

    /// How many bytes of the piece in hand are not given out yet.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.piece.len()
    }

    /// Whether all that was pushed was given out, and the next byte starts another event.
    #[must_use]
    pub(crate) fn is_between_events(&self) -> bool {
        self.piece.is_empty()
            && self.carried.is_empty()
            && self.after_cr.is_none()
            && self.mark.is_none()
            && !self.too_long
    }

    /// How many bytes of the event under way are kept from earlier pieces.
    #[must_use]
    pub fn carried(&self) -> usize {
        self.carried.len()
    }

    fn give_up(&mut self) -> SseError {
        self.too_long = true;
        self.carried = BytesMut::new();
        self.piece = Bytes::new();
        SseError::TooLong { limit: self.max_event }
    }

    /// Looks on through the piece for the end of the event under way.
    fn event_end(&mut self) -> Option<usize> {
        self.skip_mark();
        loop {
            let rest = self.piece.get(self.seen..).unwrap_or_default();
            let next = rest.first()?;
            if let Some(ended) = self.after_cr.take() {
                if *next == b'\n' {
                    self.seen += 1;
                }
                if ended == AfterCr::Event {
                    return Some(self.seen);
                }
                continue;
            }
            let Some(at) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.line_is_empty = false;
                self.seen = self.piece.len();
                return None;
            };
            let blank = self.line_is_empty && at == 0;
            self.line_is_empty = true;
            let cr = rest.get(at) == Some(&b'\r');
            self.seen += at + 1;
            if cr {
                self.after_cr = Some(if blank { AfterCr::Event } else { AfterCr::Line });
            } else if blank {
                return Some(self.seen);
            }
        }
    }

    /// Passes over a byte order mark, which is no part of the first line.
    fn skip_mark(&mut self) {
        while let Some(matched) = self.mark {
            let Some(byte) = self.piece.get(self.seen) else { return };
            if BYTE_ORDER_MARK.get(matched) == Some(byte) {
                self.seen += 1;
                self.mark = Some(matched + 1);
            } else {
                // A part of a mark is the start of an odd line, a whole one is nothing.
                self.line_is_empty = matched % BYTE_ORDER_MARK.len() == 0;
                self.mark = None;
            }
        }
    }
}
