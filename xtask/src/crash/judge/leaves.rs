//! The entries of the log, held against its checkpoint and against the receipts.

use std::convert::Infallible;

use serde_json::Value;
use weighbridge_core::invariant::{self, Broken, LeafSeen};
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::leaf_hash;
use weighbridge_proof::tile::edges::Edges;

/// The kinds of entries that there are.
const KINDS: [&str; 3] = [RECEIPT, "act", "table"];
const RECEIPT: &str = "receipt";

/// Every entry of a log, in order.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    edges: Edges,
    receipts: Vec<LeafSeen>,
}

impl Leaves {
    /// Adds the next entry.
    pub(crate) fn add(&mut self, entry: &[u8]) -> Result<(), Broken> {
        let index = self.edges.size();
        let Ok(()) = self.edges.push::<Infallible>(leaf_hash(entry), &mut |_, _| Ok(()));
        let value: Value = serde_json::from_slice(entry).unwrap_or(Value::Null);
        let part = |name| value.get(name).and_then(Value::as_str);
        match (part("kind"), part("id")) {
            (Some(RECEIPT), Some(id)) => {
                self.receipts.push(LeafSeen { receipt: id.to_owned(), index });
                Ok(())
            }
            (Some(kind), _) if kind != RECEIPT && KINDS.contains(&kind) => Ok(()),
            _ => Err(Broken { id: "L1", what: format!("entry {index} is no entry: {value}") }),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.edges.size()
    }

    /// Whether they are what was signed, and have each of the receipts once and where it says.
    pub(crate) fn judge(&self, signed: &Checkpoint, receipts: &[LeafSeen]) -> Result<(), Broken> {
        if (self.edges.size(), self.edges.root()) != (signed.size, signed.root) {
            let (count, size) = (self.edges.size(), signed.size);
            let what = format!("the {count} entries are not the {size} that were signed");
            return Err(Broken { id: "L1", what });
        }
        invariant::l1_leaves(receipts, &self.receipts)
    }
}
