//! The log's tree: full tiles from files, what is not full from the edge, and either made anew out
//! of the rows where it is missing.

use rusqlite::Connection;
use weighbridge_proof::Digest;
use weighbridge_proof::merkle::{consistency, fold, inclusion, leaf_hash, root};
use weighbridge_proof::tile::edges::{Edges, NotEdges};
use weighbridge_proof::tile::tiled::{Short, Tiled};
use weighbridge_proof::tile::{LEVELS, Tile, WIDTH, WIDTH_U64};

use super::head::Head;
use super::numbers::{self, Gap};
use super::tiles::Tiles;

/// The tree cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("{} {} is missing from the database", Gap::what(.0), .0.seq)]
    Gap(Gap),
    #[error(transparent)]
    Short(#[from] Short),
    #[error(transparent)]
    NotEdges(#[from] NotEdges),
    #[error("the rows from entry {0} on are not there")]
    NoRows(u64),
    #[error("the rows under tile {number} of level {level} are not those that were signed")]
    Changed { level: u8, number: u64 },
    #[error("a tile could not be written: {0}")]
    Files(std::io::Error),
}

impl Gap {
    const fn what(&self) -> &'static str {
        match self.stream {
            numbers::Stream::Receipts => "receipt",
            numbers::Stream::Entries => "entry",
        }
    }
}

/// The tree of the first `size` entries.
pub(crate) struct Tree<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) tiles: &'a Tiles,
    pub(crate) size: u64,
    /// Its edge, where it is known: it is right, for the root that was signed is the root over it.
    pub(crate) edges: Option<&'a Edges>,
    pub(crate) files: Files,
}

/// What is made of the files of full tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// They are read, and written where they are missing.
    Used,
    /// They are passed over: everything comes out of the rows.
    PassedOver,
    /// They are written anew.
    Replaced,
}

impl<'a> Tree<'a> {
    /// The tree of a signed state.
    pub(crate) fn of(connection: &'a Connection, tiles: &'a Tiles, head: &'a Head) -> Self {
        let edges = Some(&head.edges);
        Self { connection, tiles, size: head.size, edges, files: Files::Used }
    }

    /// The hashes of a tile, as wide as it is in this tree.
    pub(crate) fn tile(&self, level: u8, number: u64) -> Result<Vec<Digest>, TreeError> {
        let width = Tile::width_at(level, number, self.size);
        let full = width == WIDTH;
        if let (false, Some(edges)) = (full, self.edges) {
            return Ok(edges.partial(level).to_vec());
        }
        if full
            && self.files == Files::Used
            && let Some(hashes) = self.tiles.read(level, number)
        {
            return Ok(hashes);
        }
        let hashes = self.make(level, number, width)?;
        if full
            && self.files != Files::PassedOver
            && let Err(error) = self.tiles.write(level, number, &hashes)
        {
            // It is made again whenever it is wanted.
            tracing::warn!(%error, level, number, "a tile of the log could not be written");
        }
        Ok(hashes)
    }

    fn make(&self, level: u8, number: u64, width: u16) -> Result<Vec<Digest>, TreeError> {
        let first = number * WIDTH_U64;
        let Some(below) = level.checked_sub(1) else {
            return leaves(self.connection, first, u64::from(width));
        };
        (first..first + u64::from(width))
            .map(|number| {
                let hashes = self.tile(below, number)?;
                let full = hashes.len() == usize::from(WIDTH);
                fold(&hashes).filter(|_| full).ok_or_else(|| Short { level: below, number }.into())
            })
            .collect()
    }

    /// What the tree needs in order to grow.
    pub(crate) fn edges(&self) -> Result<Edges, TreeError> {
        Edges::load(self.size, |tile| self.tile(tile.level, tile.number))
    }

    /// The root of its first `size` entries.
    pub(crate) fn root(&self, size: u64) -> Result<Digest, TreeError> {
        root(&self.nodes(), size)
    }

    /// That the entry `index` is in it.
    pub(crate) fn inclusion(&self, index: u64) -> Result<Vec<Digest>, TreeError> {
        inclusion::prove(&self.nodes(), index, self.size)
    }

    /// That its first `new` entries begin with its first `old` ones.
    pub(crate) fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, TreeError> {
        consistency::prove(&self.nodes(), old, new)
    }

    /// Makes those files anew that lie between the root and an entry and are damaged. What the
    /// level above says of a tile decides whether its file is right, or else its rows.
    pub(crate) fn mend(&self, index: u64) -> Result<(), TreeError> {
        for level in (0..LEVELS - 1).rev() {
            let number = index >> (8 * (u32::from(level) + 1));
            if Tile::width_at(level, number, self.size) < WIDTH {
                continue;
            }
            let above = self.tile(level + 1, number / WIDTH_U64)?;
            let expected = usize::try_from(number % WIDTH_U64).ok().and_then(|at| above.get(at));
            let right = |hashes: &Vec<Digest>| fold(hashes).as_ref() == expected;
            if self.tiles.read(level, number).as_ref().is_some_and(right) {
                continue;
            }
            let made = self.make(level, number, WIDTH)?;
            if !right(&made) {
                return Err(TreeError::Changed { level, number });
            }
            tracing::warn!(level, number, "a tile of the log was damaged and is made anew");
            self.tiles.write(level, number, &made).map_err(TreeError::Files)?;
        }
        Ok(())
    }

    fn nodes(&self) -> Tiled<impl Fn(u8, u64) -> Result<Vec<Digest>, TreeError>> {
        Tiled::new(|level, number| self.tile(level, number))
    }
}

/// The hashes of the entries from `first` on, out of their rows.
fn leaves(connection: &Connection, first: u64, count: u64) -> Result<Vec<Digest>, TreeError> {
    let mut hashes = Vec::new();
    let mut take = |leaf: &str| hashes.push(leaf_hash(leaf.as_bytes()));
    match numbers::each_entry(connection, first, count, &mut take)? {
        Ok(found) if found == count => Ok(hashes),
        Ok(found) => Err(TreeError::NoRows(first + found)),
        Err(gap) => Err(TreeError::Gap(gap)),
    }
}
