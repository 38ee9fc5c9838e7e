//! Looking at the books of a data directory, whether or not a gateway runs on it.

use std::path::Path;

use serde_json::{Value, json};
pub use weighbridge_store::StoreError;
pub use weighbridge_store::books::Audit;
use weighbridge_store::books::audit;

/// Adds up everything that the receipts in `dir` say about money, and holds the balances against it.
/// `progress` is told now and then how many receipts were read.
///
/// # Errors
/// When there is no database there, or it cannot be read. A difference is no error.
pub fn check(dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Audit, StoreError> {
    audit(dir, progress)
}

/// An audit for programs.
pub fn show(audit: &Audit) -> Value {
    let totals = audit.totals.iter().map(|(currency, totals)| {
        let shown = json!({
            "charged": totals.charged,
            "overrun": totals.overrun,
            "owed": totals.owed,
        });
        (currency.to_string(), shown)
    });
    json!({
        "receipts": audit.receipts,
        "open": audit.open,
        "unpriced": audit.unpriced,
        "unknown": audit.unknown,
        "recomputed": audit.recomputed,
        "log_entries": audit.log_entries,
        "totals": totals.collect::<serde_json::Map<_, _>>(),
        "differences": audit.differences,
        "differences_found": audit.differences_found,
    })
}
