//! The log's tree at one size, its tiles fetched as proofs ask for them.

use std::collections::HashMap;

use anyhow::Result;
use weighbridge_proof::Digest;
use weighbridge_proof::merkle::consistency;
use weighbridge_proof::tile::tiled::{Short, Tiled};

use super::ledger::Ledger;

/// A tree of `size` entries.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    ledger: &'a mut Ledger,
    size: u64,
    tiles: HashMap<(u8, u64), Vec<Digest>>,
}

/// Why a proof cannot be made yet, or at all.
enum Lack {
    /// This tile has not been fetched.
    Tile(u8, u64),
    Short(Short),
}

impl From<Short> for Lack {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

impl<'a> Tree<'a> {
    pub(crate) fn new(ledger: &'a mut Ledger, size: u64) -> Self {
        Self { ledger, size, tiles: HashMap::new() }
    }

    /// The proof that it begins with its first `old` entries, out of tiles that are read now.
    pub(crate) async fn consistency(&mut self, old: u64) -> Result<Vec<Digest>> {
        loop {
            match self.prove(old) {
                Ok(proof) => return Ok(proof),
                Err(Lack::Short(short)) => return Err(short.into()),
                Err(Lack::Tile(level, number)) => {
                    let hashes = self.ledger.tile(level, number, self.size).await?;
                    self.tiles.insert((level, number), hashes);
                }
            }
        }
    }

    fn prove(&self, old: u64) -> Result<Vec<Digest>, Lack> {
        let tiled = Tiled::new(|level, number| {
            let tile = self.tiles.get(&(level, number));
            tile.cloned().ok_or(Lack::Tile(level, number))
        });
        consistency::prove(&tiled, old, self.size)
    }
}
