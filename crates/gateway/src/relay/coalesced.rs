//! What goes out in one write.

use bytes::{Bytes, BytesMut};

/// Up to how many bytes a piece is copied. That gives the memory it came in back at once, and the
/// connection reads the next one into the same, which is still at hand.
const SMALL: usize = 2048;

/// Gathers pieces that go out in one write. A long piece that stays the only one is not copied.
#[derive(Default)]
pub(crate) struct Coalesced {
    single: Bytes,
    /// Used again once what was gathered in it is written.
    joined: BytesMut,
}

impl Coalesced {
    pub(crate) fn add(&mut self, piece: Bytes) {
        if self.len() == 0 && piece.len() > SMALL {
            self.single = piece;
            return;
        }
        if !self.single.is_empty() && !piece.is_empty() {
            self.joined.extend_from_slice(&std::mem::take(&mut self.single));
        }
        self.joined.extend_from_slice(&piece);
    }

    pub(crate) fn len(&self) -> usize {
        self.single.len() + self.joined.len()
    }

    /// What was gathered; nothing is left of it here.
    pub(crate) fn take(&mut self) -> Bytes {
        if self.single.is_empty() {
            self.joined.split().freeze()
        } else {
            std::mem::take(&mut self.single)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_piece_alone_is_not_copied_and_several_keep_their_order() {
        let piece = Bytes::from(vec![b'1'; SMALL + 1]);
        let mut gathered = Coalesced::default();
        gathered.add(Bytes::new());
        gathered.add(piece.clone());
        gathered.add(Bytes::new());
        assert_eq!(gathered.take().as_ptr(), piece.as_ptr());
        assert_eq!(gathered.len(), 0);
        for pieces in [&["one", "", "two", "three"][..], &["alone"], &[]] {
            for piece in pieces {
                gathered.add(Bytes::from_static(piece.as_bytes()));
            }
            assert_eq!(gathered.len(), pieces.concat().len());
            assert_eq!(gathered.take(), pieces.concat());
        }
        gathered.add(piece.clone());
        gathered.add(Bytes::from_static(b"2"));
        assert_eq!(gathered.take(), [&piece[..], b"2"].concat());
    }
}
