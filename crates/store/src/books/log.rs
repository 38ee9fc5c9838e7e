//! The log, made again out of its rows and held against what was signed.

use std::convert::Infallible;

use rusqlite::{Connection, OptionalExtension as _};
use weighbridge_proof::merkle::leaf_hash;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::edges::Edges;

use super::Auditor;
use crate::error::StoreError;
use crate::ledger::head::{self, Signed};
use crate::ledger::numbers;

/// Entries that are read at a time.
const STEP: u64 = 4_096;

/// Reads every entry that has a number, in order.
pub(super) fn check(snapshot: &Connection, auditor: &mut Auditor) -> Result<(), StoreError> {
    let Some(signed) = head::stored(snapshot)? else { return Ok(()) };
    auditor.audit.log_entries = signed.size;
    let key: Option<String> = snapshot
        .query_row("SELECT value FROM meta WHERE name = 'ledger'", [], |row| row.get(0))
        .optional()?;
    let key: Option<VerifierKey> = key.and_then(|key| key.parse().ok());
    if key.and_then(|key| Signed::read(&signed.note, &key)).as_ref() != Some(&signed) {
        auditor.differ("the newest checkpoint is not signed by the log's key".to_owned());
    }
    let mut edges = Edges::empty();
    while edges.size() < signed.size {
        let (first, count) = (edges.size(), STEP.min(signed.size - edges.size()));
        let mut take = |leaf: &str| {
            let Ok(()) = edges.push::<Infallible>(leaf_hash(leaf.as_bytes()), &mut |_, _| Ok(()));
        };
        let found = numbers::each_entry(snapshot, first, count, &mut take)?;
        if found != Ok(count) {
            let at = edges.size();
            auditor.differ(format!(
                "entry {at} of the log is missing, and {} were signed",
                signed.size
            ));
            return Ok(());
        }
    }
    if edges.root() != signed.root {
        let size = signed.size;
        auditor.differ(format!("the {size} entries of the log are not those that were signed"));
    }
    Ok(())
}
