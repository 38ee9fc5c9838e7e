//! What is counted over a run.

use std::collections::BTreeMap;
use std::fmt;

use super::judge::Case;

/// Counts over a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How often the process was killed.
    pub(crate) kills: u32,
    calls: usize,
    complete: usize,
    dispatched: usize,
    receipts: BTreeMap<String, usize>,
}

impl Tally {
    /// Adds what a case holds.
    pub(crate) fn add(&mut self, case: &Case) {
        self.calls += case.calls.len();
        self.complete += case.calls.iter().filter(|call| call.reply.complete_ok).count();
        self.dispatched += case.dispatched.len();
        for receipt in &case.receipts {
            *self.receipts.entry(receipt.outcome.clone()).or_default() += 1;
        }
    }

    /// Whether anything was tried at all: calls, whole replies, and some that were not.
    pub(crate) fn is_telling(&self) -> bool {
        self.complete > 0 && self.dispatched > 0 && self.calls > self.complete
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: usize = self.receipts.values().sum();
        let outcomes: Vec<_> =
            self.receipts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        write!(
            f,
            "{} kills, {} calls, {} complete replies, {} dispatched, {total} receipts ({})",
            self.kills,
            self.calls,
            self.complete,
            self.dispatched,
            outcomes.join(", ")
        )
    }
}
