//! What callers, the provider and the gateway say of the same calls, held against each other.

pub(crate) mod growth;
pub(crate) mod leaves;

use std::collections::{HashMap, HashSet};

use weighbridge_core::invariant::{self, Broken, Dispatched, LeafSeen, ReceiptSeen};
use weighbridge_core::money::Amount;
use weighbridge_proof::Digest;

use super::caller::Call;

/// How a call may have ended.
const OUTCOMES: [&str; 4] = ["ok", "error", "cancelled", "interrupted"];

/// Some calls, seen from all three sides.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// As callers saw them.
    pub(crate) calls: Vec<Call>,
    /// The markers that the provider counted.
    pub(crate) dispatched: Vec<Option<String>>,
    /// The receipts that there are.
    pub(crate) receipts: Vec<ReceiptSeen>,
    /// Where the receipts say that they stand in the log.
    pub(crate) leaves: Vec<LeafSeen>,
}

impl Case {
    /// Adds another case's calls.
    pub(crate) fn append(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.dispatched.extend(other.dispatched);
        self.receipts.extend(other.receipts);
        self.leaves.extend(other.leaves);
    }

    /// Whether every receipt says where it stands in the log, which has caught up.
    pub(crate) fn numbered(&self) -> Result<(), Broken> {
        let numbered: HashSet<&str> =
            self.leaves.iter().map(|leaf| leaf.receipt.as_str()).collect();
        match self.ids(|receipt| !numbered.contains(receipt.id.as_str())).next() {
            None => Ok(()),
            Some(id) => Err(Broken { id: "L1", what: format!("{id} has no number in the log") }),
        }
    }

    /// What the receipts charge.
    pub(crate) fn charged(&self) -> Amount {
        self.receipts.iter().map(|receipt| receipt.charged).sum()
    }

    /// Whether R1 and R2 hold, every receipt belongs to a call, and none says that it goes on.
    pub(crate) fn judge(&self) -> Result<(), Broken> {
        let replies: Vec<_> = self.calls.iter().map(|call| call.reply.clone()).collect();
        invariant::r1(&replies, &self.receipts).map_err(|broken| self.with_marker(broken))?;
        invariant::r2(&self.dispatched()?, &self.receipts)
            .map_err(|broken| self.with_marker(broken))?;
        let sent: HashSet<Digest> = self.calls.iter().map(|call| call.reply.request).collect();
        let mut recorded = HashSet::new();
        for receipt in &self.receipts {
            let broken = |what: String| Err(Broken { id: "R2", what });
            if !sent.contains(&receipt.input) {
                return broken(format!("{} is the receipt of a call that nobody made", receipt.id));
            }
            if !recorded.insert(receipt.input) {
                let what = format!("{} is a second receipt of the same call", receipt.id);
                return Err(self.with_marker(Broken { id: "R2", what }));
            }
            if !OUTCOMES.contains(&receipt.outcome.as_str()) {
                return broken(format!("{} has the outcome {:?}", receipt.id, receipt.outcome));
            }
        }
        Ok(())
    }

    /// The calls that the provider counted, by their requests.
    fn dispatched(&self) -> Result<Vec<Dispatched>, Broken> {
        let by_marker: HashMap<&str, Digest> =
            self.calls.iter().map(|call| (call.marker.as_str(), call.reply.request)).collect();
        let request = |marker: &Option<String>| {
            let marker = marker.as_deref().unwrap_or("without a marker");
            by_marker.get(marker).map(|request| Dispatched { request: *request }).ok_or_else(|| {
                let what = format!("the provider got a call that nobody made: {marker}");
                Broken { id: "R2", what }
            })
        };
        self.dispatched.iter().map(request).collect()
    }

    /// How many complete replies have no receipt `ok`, and how many dispatched calls have none.
    pub(crate) fn losses(&self) -> (usize, usize) {
        let ids: HashSet<&str> = self.ids(|receipt| receipt.outcome == "ok").collect();
        let inputs: HashSet<Digest> = self.receipts.iter().map(|receipt| receipt.input).collect();
        let replies = self.calls.iter().filter(|call| {
            let id = call.reply.call.as_deref();
            call.reply.complete_ok && !id.is_some_and(|id| ids.contains(id))
        });
        let dispatched = self.dispatched().unwrap_or_default();
        let unrecorded = dispatched.iter().filter(|call| !inputs.contains(&call.request));
        (replies.count(), unrecorded.count())
    }

    fn ids(&self, wanted: impl Fn(&ReceiptSeen) -> bool) -> impl Iterator<Item = &str> {
        self.receipts.iter().filter(move |receipt| wanted(receipt)).map(|receipt| &*receipt.id)
    }

    /// Names the call by its marker, where the words name its receipt or its request.
    fn with_marker(&self, mut broken: Broken) -> Broken {
        let named = self.calls.iter().find(|call| {
            let id = call.reply.call.as_deref();
            broken.what.contains(&call.reply.request.to_string())
                || id.is_some_and(|id| broken.what.contains(id))
        });
        if let Some(call) = named {
            broken.what = format!("{} (call {})", broken.what, call.marker);
        }
        broken
    }
}

#[cfg(test)]
mod tests;
