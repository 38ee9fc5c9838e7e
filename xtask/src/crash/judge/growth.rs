//! The newest state of the log, held against those that were seen before it.

use weighbridge_core::invariant::{self, Broken};
use weighbridge_proof::Digest;
use weighbridge_proof::checkpoint::Checkpoint;

/// A checkpoint, and what shows that older ones lead to it.
#[derive(Debug)]
pub(crate) struct Growth {
    /// The newest.
    pub(crate) newest: Checkpoint,
    /// Older ones, each with its consistency proof.
    pub(crate) before: Vec<(Checkpoint, Vec<Digest>)>,
}

impl Growth {
    /// Whether the log only grew.
    pub(crate) fn judge(&self) -> Result<(), Broken> {
        let holds =
            |(older, proof): &(Checkpoint, Vec<Digest>)| invariant::l1(older, &self.newest, proof);
        self.before.iter().try_for_each(holds)
    }
}
