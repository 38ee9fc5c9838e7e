//! Streams of lines, as NDJSON has them: cutting a byte stream into its lines.

use bytes::{Bytes, BytesMut};

/// Cuts a stream that arrives in any pieces into its lines.
///
/// A line ends in LF; a CR before that is no part of it, and one elsewhere is like any other byte.
/// Lines are given out without their ends, blank ones too, and are the same however the stream was
/// cut.
///
/// What is kept is the line under way, at most `max_line` bytes, and the piece in hand: take the
/// lines out until there are none before the next push.
#[derive(Debug)]
pub struct LineReader {
    max_line: usize,
    /// The start of the line under way, from earlier pieces.
    carried: BytesMut,
    /// What is not given out yet of the piece in hand.
    piece: Bytes,
    too_long: bool,
}

/// A line that is longer than the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {limit} bytes")]
pub struct LineTooLong {
    /// The bound, in bytes, the line's end not counted.
    pub limit: usize,
}

impl LineReader {
    /// A reader at the start of a stream, for lines of at most `max_line` bytes each.
    #[must_use]
    pub fn new(max_line: usize) -> Self {
        Self { max_line, carried: BytesMut::new(), piece: Bytes::new(), too_long: false }
    }

    /// Takes the next piece. If lines of the last one are still to be taken out, both are joined.
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

    /// The next whole line, if there is one; a part of the piece it came in where that held all of
    /// it.
    ///
    /// # Errors
    /// When the line under way is longer than the bound; then for ever.
    pub fn next_line(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        let line = self.next_with_end()?;
        Ok(line.map(|mut line| {
            line.truncate(line.len().saturating_sub(1));
            without_cr(line)
        }))
    }

    /// The same with the end of the line, as it came.
    ///
    /// # Errors
    /// As [`LineReader::next_line`].
    pub fn next_with_end(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        if self.too_long {
            return Err(self.give_up());
        }
        let Some(end) = memchr::memchr(b'\n', &self.piece) else {
            // The last byte may be the CR of a line's end.
            if self.carried.len() + self.piece.len() > self.max_line.saturating_add(1) {
                return Err(self.give_up());
            }
            self.carried.extend_from_slice(&self.piece);
            self.piece.clear();
            return Ok(None);
        };
        let rest = self.piece.split_to(end + 1);
        let line = if self.carried.is_empty() {
            rest
        } else if self.carried.len() + rest.len() > self.max_line.saturating_add(2) {
            return Err(self.give_up());
        } else {
            self.carried.extend_from_slice(&rest);
            self.carried.split().freeze()
        };
        let end = if line.ends_with(b"\r\n") { 2 } else { 1 };
        if line.len() - end > self.max_line {
            return Err(self.give_up());
        }
        Ok(Some(line))
    }

    /// The last line, if the stream ended without its end. Take the others out before.
    ///
    /// # Errors
    /// When it is longer than the bound.
    pub fn finish(mut self) -> Result<Option<Bytes>, LineTooLong> {
        if self.too_long {
            return Err(self.give_up());
        }
        self.carried.extend_from_slice(&self.piece);
        let line = without_cr(self.carried.split().freeze());
        if line.len() > self.max_line {
            return Err(self.give_up());
        }
        Ok((!line.is_empty()).then_some(line))
    }

    /// How many bytes of the line under way are kept from earlier pieces.
    #[must_use]
    pub fn carried(&self) -> usize {
        self.carried.len()
    }

    fn give_up(&mut self) -> LineTooLong {
        self.too_long = true;
        self.carried = BytesMut::new();
        self.piece = Bytes::new();
        LineTooLong { limit: self.max_line }
    }
}

fn without_cr(mut line: Bytes) -> Bytes {
    if line.ends_with(b"\r") {
        line.truncate(line.len() - 1);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_one_piece_is_not_copied() {
        let piece = Bytes::from(b"one\ntwo\r\n\nthree".to_vec());
        let mut reader = LineReader::new(10);
        reader.push(piece.clone());
        let one = reader.next_line().unwrap().unwrap();
        assert_eq!((one.as_ref(), one.as_ptr()), (&b"one"[..], piece.as_ptr()));
        assert_eq!(reader.next_line().unwrap().unwrap(), "two");
        assert_eq!(reader.next_line().unwrap().unwrap(), "");
        assert_eq!(reader.next_line().unwrap(), None);
        assert_eq!(reader.finish().unwrap().unwrap(), "three");
    }

    #[test]
    fn the_bound_is_on_the_line_and_not_on_its_end() {
        for end in ["\n", "\r\n"] {
            let mut reader = LineReader::new(4);
            reader.push(Bytes::from(format!("1234{end}12345{end}")));
            assert_eq!(reader.next_line().unwrap().unwrap(), "1234");
            assert_eq!(reader.next_line(), Err(LineTooLong { limit: 4 }));
            reader.push(Bytes::from_static(b"1\n"));
            assert_eq!(reader.next_line(), Err(LineTooLong { limit: 4 }));
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let mut reader = LineReader::new(100);
        let pushed = (0..20).take_while(|_| {
            reader.push(Bytes::from_static(b"0123456789"));
            let read = reader.next_line();
            assert!(reader.carried() <= 101);
            read.is_ok()
        });
        assert_eq!(pushed.count(), 10);
    }
}
