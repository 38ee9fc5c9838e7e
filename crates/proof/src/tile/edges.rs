//! The right edge of a growing tree: its tiles that are not full yet, one a level.

use super::{LEVELS, Tile, WIDTH};
use crate::digest::Digest;
use crate::merkle::{empty_root, fold, node_hash};

/// All that has to be known of a tree so that it can grow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edges {
    size: u64,
    levels: [Vec<Digest>; LEVELS as usize],
}

/// The hashes do not make the edge of a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are not the edges of a tree of {0} entries")]
pub struct NotEdges(u64);

impl Edges {
    /// A tree without leaves.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The edge of a tree of `size` leaves; `partial` gives the hashes of a tile that is not full.
    ///
    /// # Errors
    /// Those of `partial`, and [`NotEdges`] where it gives another number of hashes than asked for.
    pub fn load<E: From<NotEdges>>(
        size: u64,
        mut partial: impl FnMut(Tile) -> Result<Vec<Digest>, E>,
    ) -> Result<Self, E> {
        let mut edges = Self { size, ..Self::default() };
        for (level, hashes) in (0..LEVELS).zip(&mut edges.levels) {
            let there = size >> (8 * u32::from(level));
            let width = u16::try_from(there % u64::from(WIDTH)).unwrap_or(0);
            if width > 0 {
                *hashes = partial(Tile { level, number: there / u64::from(WIDTH), width })?;
            }
            if hashes.len() != usize::from(width) {
                return Err(NotEdges(size).into());
            }
        }
        Ok(edges)
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the tile of `level` that is not full; none where there is no such tile.
    pub fn partial(&self, level: u8) -> &[Digest] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Adds a leaf by its hash. `full` gets each tile that became full by it.
    ///
    /// # Errors
    /// Those of `full`; the tree is in no good state then.
    pub fn push<E>(
        &mut self,
        leaf: Digest,
        full: &mut impl FnMut(Tile, &[Digest]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hash = leaf;
        self.size += 1;
        for (level, hashes) in (0..LEVELS).zip(&mut self.levels) {
            hashes.push(hash);
            if hashes.len() < usize::from(WIDTH) {
                return Ok(());
            }
            let number = (self.size >> (8 * (u32::from(level) + 1))) - 1;
            full(Tile::full(level, number), hashes)?;
            hash = fold(hashes).unwrap_or_else(empty_root);
            hashes.clear();
        }
        Ok(())
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut right: Option<Digest> = None;
        for hashes in &self.levels {
            right = match (fold_with(hashes, right), right) {
                (Some(root), _) => Some(root),
                (None, right) => right,
            };
        }
        right.unwrap_or_else(empty_root)
    }
}

/// The root over complete subtrees with a smaller one to their right.
fn fold_with(hashes: &[Digest], right: Option<Digest>) -> Option<Digest> {
    match (hashes, right) {
        (hashes, None) => fold(hashes),
        ([], right) => right,
        ([one], Some(right)) => Some(node_hash(one, &right)),
        (hashes, Some(right)) => {
            let mut all = hashes.to_vec();
            all.push(right);
            fold(&all)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;
    use crate::merkle::whole::Whole;

    #[test]
    fn a_growing_tree_has_the_root_of_the_whole_one_and_full_tiles_once() {
        let size = 66_000;
        let tree = Whole::of(size);
        let mut tiles: HashMap<Tile, Vec<Digest>> = HashMap::new();
        let mut edges = Edges::empty();
        let looked = [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, size];
        for at in 0..=size {
            if looked.contains(&at) {
                assert_eq!(edges.root(), tree.root(at), "size {at}");
                let again =
                    Edges::load::<NotEdges>(at, |tile| Ok(edges.partial(tile.level).to_vec()));
                assert_eq!(again.as_ref(), Ok(&edges));
            }
            if at < size {
                let leaf = tree.0[usize::try_from(at).unwrap()];
                let Ok(()) = edges.push::<Infallible>(leaf, &mut |tile, hashes| {
                    assert_eq!(tiles.insert(tile, hashes.to_vec()), None, "{tile:?}");
                    Ok(())
                });
            }
        }
        assert_eq!(tiles.len(), 257 + 1);
        assert_eq!(tiles[&Tile::full(1, 0)][7], fold(&tiles[&Tile::full(0, 7)]).unwrap());
    }

    #[test]
    fn edges_of_another_width_are_refused() {
        let short = Edges::load::<NotEdges>(300, |_| Ok(vec![empty_root()]));
        assert_eq!(short, Err(NotEdges(300)));
    }
}
