//! What goes out in one write.

use bytes::{Bytes, BytesMut};

/// Pieces that go out in one write. A single piece is not copied.
#[derive(Default)]
pub(crate) struct Coalesced {
    single: Bytes,
    joined: BytesMut,
}

impl Coalesced {
    pub(crate) fn add(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.single = piece;
        } else if !piece.is_empty() {
            if self.joined.is_empty() {
                self.joined.extend_from_slice(&std::mem::take(&mut self.single));
            }
            self.joined.extend_from_slice(&piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.single.len() + self.joined.len()
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() { self.single } else { self.joined.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_not_copied_and_several_keep_their_order() {
        let piece = Bytes::from_static(b"one");
        let mut single = Coalesced::default();
        single.add(Bytes::new());
        single.add(piece.clone());
        single.add(Bytes::new());
        assert_eq!(single.into_bytes().as_ptr(), piece.as_ptr());
        let mut several = Coalesced::default();
        for text in ["one", "", "two", "three"] {
            several.add(Bytes::from_static(text.as_bytes()));
        }
        assert_eq!(several.len(), 11);
        assert_eq!(several.into_bytes(), "onetwothree");
    }
}
