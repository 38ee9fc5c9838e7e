//! One event.

use bytes::{Bytes, BytesMut};

/// One block of lines of a stream, up to and with the blank line that closes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The block as it stands in the stream, blank line included.
    pub raw: Bytes,
    /// The `data` lines, joined by line feeds; a part of `raw` when there is only one.
    pub data: Bytes,
    /// The last `event` line's value.
    pub name: Option<Bytes>,
    /// Whether the block has nothing but comments, or nothing at all.
    pub comment_only: bool,
    /// Whether the block has a comment among its lines.
    pub has_comment: bool,
    /// Where in `raw` the data starts, if it is a single line.
    data_at: Option<usize>,
}

impl Event {
    /// Reads a whole block. `first` says that it opens the stream, where a byte order mark may
    /// stand.
    pub(super) fn read(raw: Bytes, first: bool) -> Self {
        let mut event = Self {
            data: Bytes::new(),
            name: None,
            comment_only: true,
            has_comment: false,
            data_at: None,
            raw: Bytes::new(),
        };
        let mut joined: Option<BytesMut> = None;
        let mut any_data = false;
        for line in lines(&raw, if first { mark(&raw) } else { 0 }) {
            let bytes = raw.get(line.clone()).unwrap_or_default();
            if bytes.is_empty() {
                continue;
            }
            let colon = memchr::memchr(b':', bytes);
            let field = colon.and_then(|colon| bytes.get(..colon)).unwrap_or(bytes);
            if field.is_empty() {
                event.has_comment = true;
                continue;
            }
            event.comment_only = false;
            let start = match colon {
                Some(colon) if bytes.get(colon + 1) == Some(&b' ') => line.start + colon + 2,
                Some(colon) => line.start + colon + 1,
                None => line.end,
            };
            let value = raw.slice(start..line.end);
            match field {
                b"data" if any_data => {
                    event.data_at = None;
                    let joined = joined.get_or_insert_with(|| {
                        let mut joined = BytesMut::with_capacity(raw.len());
                        joined.extend_from_slice(&event.data);
                        joined
                    });
                    joined.extend_from_slice(b"\n");
                    joined.extend_from_slice(&value);
                }
                b"data" => {
                    any_data = true;
                    event.data = value;
                    event.data_at = Some(start);
                }
                b"event" => event.name = Some(value),
                _ => {}
            }
        }
        if let Some(joined) = joined {
            event.data = joined.freeze();
        }
        event.raw = raw;
        event
    }

    /// Where in `raw` the data starts, if it is a part of it: a single line.
    pub(crate) fn data_at(&self) -> Option<usize> {
        self.data_at
    }

    /// The block without the comment lines that start with `prefix`; `None` when nothing but the
    /// blank line is left. The same bytes when there is no such line.
    pub(crate) fn without_comments(&self, prefix: &[u8]) -> Option<Bytes> {
        if !self.has_comment {
            return Some(self.raw.clone());
        }
        let is_dropped = |line: &[u8]| line.starts_with(prefix);
        let mut left: Option<BytesMut> = None;
        let mut any_line = false;
        let mut done = 0;
        let mut start = 0;
        while start < self.raw.len() {
            let line = next_line(&self.raw, start);
            let bytes = self.raw.get(start..line.end).unwrap_or_default();
            if is_dropped(bytes) {
                let left = left.get_or_insert_with(|| BytesMut::with_capacity(self.raw.len()));
                left.extend_from_slice(self.raw.get(done..start).unwrap_or_default());
                done = line.next;
            } else {
                any_line |= !bytes.is_empty();
            }
            start = line.next;
        }
        let Some(mut left) = left else { return Some(self.raw.clone()) };
        left.extend_from_slice(self.raw.get(done..).unwrap_or_default());
        any_line.then(|| left.freeze())
    }
}

/// How many bytes of byte order mark a stream starts with.
fn mark(raw: &[u8]) -> usize {
    if raw.starts_with(&super::reader::BYTE_ORDER_MARK) { 3 } else { 0 }
}

/// Where a line's text ends, and where the next line starts.
struct Line {
    end: usize,
    next: usize,
}

fn next_line(raw: &[u8], start: usize) -> Line {
    let rest = raw.get(start..).unwrap_or_default();
    let Some(at) = memchr::memchr2(b'\n', b'\r', rest) else {
        return Line { end: raw.len(), next: raw.len() };
    };
    let pair = rest.get(at..).is_some_and(|end| end.starts_with(b"\r\n"));
    Line { end: start + at, next: start + at + if pair { 2 } else { 1 } }
}

fn lines(raw: &Bytes, from: usize) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
    let raw = raw.clone();
    let mut start = from;
    std::iter::from_fn(move || {
        let line = (start < raw.len()).then(|| next_line(&raw, start))?;
        let range = start..line.end;
        start = line.next;
        Some(range)
    })
}
