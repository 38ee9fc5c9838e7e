//! The nodes of a tree out of its tiles.

use std::cell::RefCell;

use super::WIDTH_U64;
use crate::digest::Digest;
use crate::merkle::{Nodes, fold};

/// A tree whose tiles are read as they are needed, each once.
pub struct Tiled<R> {
    read: R,
    seen: RefCell<Vec<SeenTile>>,
}

type SeenTile = ((u8, u64), Vec<Digest>);

/// A tile has fewer hashes than the tree needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile {number} of level {level} is shorter than the tree")]
pub struct Short {
    /// Of which level.
    pub level: u8,
    /// Which tile.
    pub number: u64,
}

impl<R, E> Tiled<R>
where
    R: Fn(u8, u64) -> Result<Vec<Digest>, E>,
    E: From<Short>,
{
    /// A tree whose tiles `read` gives by level and number, as wide as they are there.
    pub const fn new(read: R) -> Self {
        Self { read, seen: RefCell::new(Vec::new()) }
    }

    fn with<T>(
        &self,
        level: u8,
        number: u64,
        look: impl FnOnce(&[Digest]) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut seen = self.seen.borrow_mut();
        if let Some((_, hashes)) = seen.iter().find(|(tile, _)| *tile == (level, number)) {
            return look(hashes);
        }
        let hashes = (self.read)(level, number)?;
        let found = look(&hashes);
        seen.push(((level, number), hashes));
        found
    }
}

impl<R, E> Nodes for Tiled<R>
where
    R: Fn(u8, u64) -> Result<Vec<Digest>, E>,
    E: From<Short>,
{
    type Error = E;

    fn node(&self, height: u32, index: u64) -> Result<Digest, E> {
        // Where a node is a tile's whole root, the level above has its hash, if it is written there;
        // it always is, because only full tiles have such nodes.
        let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
        let inside = height % 8;
        let first = index << inside;
        let (number, offset) = (first / WIDTH_U64, first % WIDTH_U64);
        self.with(level, number, |hashes| {
            let from = usize::try_from(offset).unwrap_or(usize::MAX);
            let to = from.saturating_add(1 << inside);
            hashes.get(from..to).and_then(fold).ok_or_else(|| Short { level, number }.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::whole::Whole;
    use crate::merkle::{consistency, inclusion, root};

    #[test]
    fn proofs_out_of_tiles_are_those_of_the_whole_tree() {
        let tree = Whole::of(1_000);
        let read = |level: u8, number: u64| -> Result<Vec<Digest>, Short> {
            let span = 1_u64 << (8 * u32::from(level));
            let count = 1_000 / span;
            let from = number * WIDTH_U64;
            let to = count.min(from + WIDTH_U64);
            let Ok(hashes) = (from..to).map(|at| tree.node(8 * u32::from(level), at)).collect();
            Ok(hashes)
        };
        let tiled = Tiled::new(read);
        assert_eq!(root(&tiled, 1_000), Ok(tree.root(1_000)));
        for index in [0, 255, 256, 511, 767, 768, 999] {
            let Ok(expected) = inclusion::prove(&tree, index, 1_000);
            assert_eq!(inclusion::prove(&tiled, index, 1_000), Ok(expected));
        }
        for old in [1, 256, 300, 512, 999] {
            let Ok(expected) = consistency::prove(&tree, old, 1_000);
            assert_eq!(consistency::prove(&tiled, old, 1_000), Ok(expected));
        }
        let short = Tiled::new(|level, number| Err(Short { level, number }));
        assert_eq!(root(&short, 5), Err(Short { level: 0, number: 0 }));
    }
}
