//! Chunks that are as the one before but for their text, and so need not be read again.

use bytes::Bytes;

use crate::json::{self, Document, Kind};
use crate::sse::{BYTE_ORDER_MARK, Event};

/// The longest event that a mould is taken of, in bytes.
const LONGEST: usize = 2048;

/// What stood around the last text of a chunk. Whoever has the same around another text is the same
/// chunk with another text: every other token is where it was.
#[derive(Debug, Default)]
pub(super) struct Mould {
    /// What stood before the text, and then what stood after it; empty where there is no mould.
    around: Vec<u8>,
    before: usize,
    /// The bytes of the chunk's other texts.
    other_text: u64,
}

/// An event that fits a mould.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cast {
    /// The event's bytes, from its first line to its blank line.
    pub(super) length: usize,
    /// As [`Document::text_bytes`] says.
    pub(super) text_bytes: u64,
}

impl Mould {
    /// Takes the mould of an event that was read and said nothing of usage, if its like need not be
    /// read. What came before and after it makes no difference: choices that were begun or finished
    /// once stay so.
    pub(super) fn take(&mut self, event: &Event, chunk: &Document) {
        let Some(text) = chunk.last_text().filter(|_| event.raw.len() <= LONGEST) else { return };
        // Of an event with comments, or cut by a lone CR, not every byte goes on as it came.
        let Some(data) = event.data_at().filter(|_| !event.has_comment) else { return };
        // A byte order mark is one only where the stream starts.
        if event.raw.starts_with(&BYTE_ORDER_MARK)
            || !event.raw.ends_with(b"\n")
            || chunk.member("error").is_some_and(|it| it.kind != Kind::Null)
        {
            return;
        }
        let json = data + event.data.len() - event.data.trim_ascii_start().len();
        let parts = (event.raw.get(..json + text.start), event.raw.get(json + text.end..));
        let (Some(before), Some(after)) = parts else { return };
        self.around.clear();
        self.around.extend_from_slice(before);
        self.around.extend_from_slice(after);
        self.before = before.len();
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.other_text = chunk.text_bytes().saturating_sub(length);
    }

    /// The event at the start of `bytes`, which start between two events, if it fits.
    pub(super) fn cast(&self, bytes: &[u8]) -> Option<Cast> {
        let (before, after) = self.around.split_at_checked(self.before)?;
        if before.is_empty() {
            return None;
        }
        let rest = bytes.strip_prefix(before)?;
        let text = json::text_length(rest)?;
        rest.get(text..)?.starts_with(after).then(|| Cast {
            length: self.around.len() + text,
            text_bytes: self.other_text + u64::try_from(text).unwrap_or(u64::MAX),
        })
    }
}

/// The events at the start of a piece that fit a mould.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Casts {
    pub(super) events: u64,
    pub(super) length: usize,
    pub(super) text_bytes: u64,
}

impl Casts {
    /// Takes from the start of `piece` whatever fits, in events of at most `longest` bytes.
    pub(super) fn of(mould: &Mould, piece: &Bytes, longest: usize) -> Self {
        let mut casts = Self::default();
        while let Some(cast) = piece.get(casts.length..).and_then(|rest| mould.cast(rest))
            && cast.length <= longest
        {
            casts.events += 1;
            casts.length += cast.length;
            casts.text_bytes += cast.text_bytes;
        }
        casts
    }
}
