//! Edits to a body that leave every other byte alone.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// A list of edits, in any order, that do not overlap.
#[derive(Debug, Clone, Default)]
pub struct Splice {
    edits: Vec<(Range<usize>, Bytes)>,
}

/// An edit that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// Two edits touch the same byte.
    #[error("two edits overlap at byte {at}")]
    Overlap {
        /// Where the second one starts.
        at: usize,
    },
    /// An edit goes past the end, or ends before it starts.
    #[error("an edit of bytes {start} to {end} does not fit a body of {len} bytes")]
    OutOfRange {
        /// Where the edit starts.
        start: usize,
        /// Where it ends.
        end: usize,
        /// How long the body is.
        len: usize,
    },
}

impl Splice {
    /// No edit.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `bytes` in the place of a range of the original.
    pub fn replace(&mut self, range: Range<usize>, bytes: Bytes) -> &mut Self {
        self.edits.push((range, bytes));
        self
    }

    /// Puts `bytes` before the byte at `at`. Several at one place stand in the order they were
    /// given.
    pub fn insert(&mut self, at: usize, bytes: Bytes) -> &mut Self {
        self.replace(at..at, bytes)
    }

    /// Makes the edits. Without any, the body is returned as it is and not copied.
    ///
    /// # Errors
    /// When edits overlap or do not fit the body.
    pub fn apply(&self, body: &Bytes) -> Result<Bytes, SpliceError> {
        if self.edits.is_empty() {
            return Ok(body.clone());
        }
        let mut edits: Vec<_> = self.edits.iter().collect();
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        let added: usize = edits.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut edited = BytesMut::with_capacity(body.len() + added);
        let mut done = 0;
        for (range, bytes) in edits {
            if range.start < done {
                return Err(SpliceError::Overlap { at: range.start });
            }
            let (Some(before), true) =
                (body.get(done..range.start), (range.start..=body.len()).contains(&range.end))
            else {
                let (start, end) = (range.start, range.end);
                return Err(SpliceError::OutOfRange { start, end, len: body.len() });
            };
            edited.extend_from_slice(before);
            edited.extend_from_slice(bytes);
            done = range.end;
        }
        edited.extend_from_slice(body.get(done..).unwrap_or_default());
        Ok(edited.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::{Splice, SpliceError};
    use bytes::Bytes;

    const BODY: Bytes = Bytes::from_static(b"abcdef");

    #[test]
    fn no_edit_is_no_copy() {
        let body = Bytes::from(b"abc".to_vec());
        let same = Splice::new().apply(&body).unwrap();
        assert_eq!(same.as_ptr(), body.as_ptr());
    }

    #[test]
    fn edits_stand_in_any_order() {
        let mut splice = Splice::new();
        splice.replace(4..5, Bytes::from_static(b"E"));
        splice.insert(0, Bytes::from_static(b"<"));
        splice.insert(6, Bytes::from_static(b">"));
        splice.insert(4, Bytes::from_static(b"1"));
        splice.insert(4, Bytes::from_static(b"2"));
        assert_eq!(splice.apply(&BODY).unwrap(), "<abcd12Ef>");
    }

    #[test]
    fn overlaps_are_refused() {
        let mut splice = Splice::new();
        splice.replace(1..4, Bytes::new()).insert(2, Bytes::new());
        assert_eq!(splice.apply(&BODY), Err(SpliceError::Overlap { at: 2 }));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let past = Splice::new().replace(5..7, Bytes::new()).apply(&BODY);
        assert_eq!(past, Err(SpliceError::OutOfRange { start: 5, end: 7, len: 6 }));
        let (start, end) = (4, 2);
        let backwards = Splice::new().replace(start..end, Bytes::new()).apply(&BODY);
        assert_eq!(backwards, Err(SpliceError::OutOfRange { start, end, len: 6 }));
    }
}
