//! What must always hold, written once: pure predicates with their IDs, used by property tests,
//! by the crash harness and by `debug_assert!` in serving code.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_proof::Digest;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::consistency;

use crate::money::{Amount, Currency};

/// One invariant, as ARCHITECTURE.md lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invariant {
    /// Its name for ever.
    pub id: &'static str,
    /// What holds.
    pub says: &'static str,
}

/// Every invariant that this version keeps.
pub const ALL: &[Invariant] = &[
    Invariant { id: "R1", says: "a caller that saw the end of a successful reply has a receipt" },
    Invariant { id: "R2", says: "one dispatched call, one receipt, whatever happened to it" },
    Invariant { id: "M1", says: "a settled call's entries sum to zero in each currency" },
    Invariant { id: "M2", says: "spent + reserved <= budget, at every moment" },
    Invariant { id: "L1", says: "the log only grows, and every receipt has exactly one leaf" },
    Invariant { id: "F1", says: "same flavor in and out: the body's bytes are untouched" },
    Invariant { id: "F2", says: "a stream ends exactly once: in its terminator or its error" },
    Invariant { id: "K1", says: "a secret is never logged, echoed, exported or stored in clear" },
    Invariant { id: "B1", says: "every queue, buffer, body, retry and wait has a named bound" },
];

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id} broken: {what}")]
pub struct Broken {
    /// Which.
    pub id: &'static str,
    /// Where it was seen.
    pub what: String,
}

/// A reply as a caller saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplySeen {
    /// `x-weighbridge-call`, if the head arrived.
    pub call: Option<String>,
    /// Whether a successful reply arrived up to its very end.
    pub complete_ok: bool,
    /// The hash of the request's bytes.
    pub request: Digest,
    /// The hash of the reply's bytes, the gateway's own comment lines left out.
    pub reply: Digest,
}

/// A call as a provider counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The hash of the bytes of the request that the caller had sent. Unique among calls.
    pub request: Digest,
}

/// A receipt as it can be read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptSeen {
    /// Its id.
    pub id: String,
    /// Its outcome.
    pub outcome: String,
    /// The hash of the request's bytes.
    pub input: Digest,
    /// The hash of the reply's bytes, if any were handed on.
    pub output: Option<Digest>,
    /// What it charges, in the one currency of those that are looked at together.
    pub charged: Amount,
}

/// **R1**: every complete successful reply has exactly one receipt with outcome `ok`, and it is
/// the receipt of those very bytes.
///
/// # Errors
/// The first reply of which that is not so.
pub fn r1(replies: &[ReplySeen], receipts: &[ReceiptSeen]) -> Result<(), Broken> {
    let by_id: BTreeMap<&str, &ReceiptSeen> =
        receipts.iter().map(|receipt| (receipt.id.as_str(), receipt)).collect();
    let broken = |what: String| Err(Broken { id: "R1", what });
    for reply in replies.iter().filter(|reply| reply.complete_ok) {
        let Some(call) = reply.call.as_deref() else {
            return broken(format!("the reply to request {} names no call", reply.request));
        };
        let Some(receipt) = by_id.get(call) else {
            return broken(format!("{call} was answered to its end and has no receipt"));
        };
        if receipt.outcome != "ok" {
            return broken(format!("{call} was answered, its receipt says {}", receipt.outcome));
        }
        if receipt.input != reply.request {
            return broken(format!("{call} has the receipt of another request"));
        }
        if receipt.output != Some(reply.reply) {
            return broken(format!("{call} has the receipt of another reply"));
        }
    }
    Ok(())
}

/// **R2**: every call that a provider counted has exactly one receipt, and no receipt stands twice.
///
/// # Errors
/// The first call or receipt of which that is not so.
pub fn r2(dispatched: &[Dispatched], receipts: &[ReceiptSeen]) -> Result<(), Broken> {
    let broken = |what: String| Err(Broken { id: "R2", what });
    let mut ids = BTreeSet::new();
    let mut by_request: BTreeMap<Digest, u32> = BTreeMap::new();
    for receipt in receipts {
        if !ids.insert(receipt.id.as_str()) {
            return broken(format!("the receipt {} stands twice", receipt.id));
        }
        *by_request.entry(receipt.input).or_default() += 1;
    }
    for call in dispatched {
        match by_request.get(&call.request) {
            Some(1) => {}
            Some(count) => {
                return broken(format!("the request {} has {count} receipts", call.request));
            }
            None => {
                return broken(format!("the request {} was dispatched unrecorded", call.request));
            }
        }
    }
    Ok(())
}

/// **M1**: the entries of a settled call sum to zero in each currency.
///
/// # Errors
/// The first currency in which they do not.
pub fn m1(entries: &[(Currency, Amount)]) -> Result<(), Broken> {
    let mut sums: BTreeMap<Currency, Amount> = BTreeMap::new();
    for (currency, amount) in entries {
        *sums.entry(*currency).or_default() += *amount;
    }
    match sums.iter().find(|(_, sum)| !sum.is_zero()) {
        None => Ok(()),
        Some((currency, sum)) => {
            Err(Broken { id: "M1", what: format!("the entries sum to {sum} {currency}") })
        }
    }
}

/// **M2**: spent + reserved <= budget.
///
/// # Errors
/// By how much they pass it.
pub fn m2(spent: Amount, reserved: Amount, budget: Amount) -> Result<(), Broken> {
    if spent + reserved <= budget {
        return Ok(());
    }
    let what = format!("{spent} spent and {reserved} reserved of a budget of {budget}");
    Err(Broken { id: "M2", what })
}

/// **M2** where no call goes on: nothing is held, and what is spent is the sum of the receipts.
///
/// # Errors
/// What is held, or by how much the sums differ.
pub fn m2_at_rest(spent: Amount, reserved: Amount, charged: Amount) -> Result<(), Broken> {
    let broken = |what: String| Err(Broken { id: "M2", what });
    if !reserved.is_zero() {
        return broken(format!("{reserved} is held, and no call goes on"));
    }
    if spent != charged {
        return broken(format!("{spent} is spent, and the receipts charge {charged}"));
    }
    Ok(())
}

/// **L1**: the newer checkpoint's tree begins with the older one's, as `proof` shows.
///
/// # Errors
/// The older one's size, where it is not so.
pub fn l1(older: &Checkpoint, newer: &Checkpoint, proof: &[Digest]) -> Result<(), Broken> {
    let broken = |what: String| Err(Broken { id: "L1", what });
    let (from, to) = ((older.size, &older.root), (newer.size, &newer.root));
    if older.origin != newer.origin {
        return broken(format!("the log was {} and is {}", older.origin, newer.origin));
    }
    if older.size > newer.size {
        return broken(format!("{} entries were signed, and then {}", older.size, newer.size));
    }
    if !consistency::holds(from, to, proof) {
        return broken(format!(
            "the log of {} entries does not begin with the {} that were signed before",
            newer.size, older.size
        ));
    }
    Ok(())
}

/// Where a receipt stands in the log: as it says itself, or as the log shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafSeen {
    /// The receipt's id.
    pub receipt: String,
    /// The entry's number.
    pub index: u64,
}

/// **L1**: every receipt has exactly one leaf, it stands where the receipt says, and there is no
/// leaf of a receipt that there is not.
///
/// # Errors
/// The first receipt or leaf of which that is not so.
pub fn l1_leaves(receipts: &[LeafSeen], leaves: &[LeafSeen]) -> Result<(), Broken> {
    let broken = |what: String| Err(Broken { id: "L1", what });
    let mut by_id: BTreeMap<&str, u64> = BTreeMap::new();
    for LeafSeen { receipt, index } in leaves {
        if let Some(first) = by_id.insert(receipt, *index) {
            return broken(format!("{receipt} has two leaves, the entries {first} and {index}"));
        }
    }
    for LeafSeen { receipt, index } in receipts {
        match by_id.remove(receipt.as_str()) {
            Some(found) if found == *index => {}
            Some(found) => {
                return broken(format!("{receipt} says it is entry {index} and is {found}"));
            }
            None => return broken(format!("{receipt} has no leaf")),
        }
    }
    match by_id.first_key_value() {
        None => Ok(()),
        Some((receipt, index)) => {
            broken(format!("entry {index} is the leaf of {receipt}, which is no receipt"))
        }
    }
}

/// How a stream ended, as its bytes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamEnds {
    /// Terminators that went out.
    pub terminators: u32,
    /// Error events of ours that went out.
    pub errors: u32,
    /// Bytes that went out after the first of either.
    pub after: u64,
}

/// **F2**: a stream that ended in its terminator ended in no error, the other way round, and
/// nothing came after.
///
/// # Errors
/// What came too often, or too late.
pub fn f2(ends: StreamEnds) -> Result<(), Broken> {
    if ends.terminators + ends.errors <= 1 && ends.after == 0 {
        return Ok(());
    }
    Err(Broken { id: "F2", what: format!("a stream ended more than once: {ends:?}") })
}

#[cfg(test)]
mod tests {
    use weighbridge_proof::merkle::{leaf_hash, node_hash};

    use super::*;

    fn receipt(id: &str, outcome: &str, input: &[u8], output: &[u8]) -> ReceiptSeen {
        ReceiptSeen {
            id: id.to_owned(),
            outcome: outcome.to_owned(),
            input: Digest::of(input),
            output: Some(Digest::of(output)),
            charged: Amount::ZERO,
        }
    }

    fn reply(call: Option<&str>, request: &[u8], reply: &[u8]) -> ReplySeen {
        ReplySeen {
            call: call.map(str::to_owned),
            complete_ok: true,
            request: Digest::of(request),
            reply: Digest::of(reply),
        }
    }

    #[test]
    fn r1_holds_for_the_receipt_of_the_very_bytes_and_no_other() {
        let replies = [reply(Some("a"), b"q", b"r")];
        assert!(r1(&replies, &[receipt("a", "ok", b"q", b"r")]).is_ok());
        for wrong in [
            receipt("b", "ok", b"q", b"r"),
            receipt("a", "interrupted", b"q", b"r"),
            receipt("a", "ok", b"p", b"r"),
            receipt("a", "ok", b"q", b"s"),
        ] {
            assert_eq!(r1(&replies, std::slice::from_ref(&wrong)).unwrap_err().id, "R1");
        }
        assert!(r1(&[reply(None, b"q", b"r")], &[]).is_err());
    }

    #[test]
    fn r2_wants_exactly_one_receipt_per_dispatched_call() {
        let dispatched = [Dispatched { request: Digest::of(b"q") }];
        let once = [receipt("a", "cancelled", b"q", b"")];
        assert!(r2(&dispatched, &once).is_ok());
        assert!(r2(&dispatched, &[]).is_err());
        let twice = [once[0].clone(), receipt("b", "ok", b"q", b"")];
        assert!(r2(&dispatched, &twice).is_err());
        assert!(r2(&[], &[once[0].clone(), once[0].clone()]).is_err());
    }

    #[test]
    fn m1_wants_every_currency_to_come_out_at_nothing() {
        let entry = |currency: &str, amount: &str| {
            (currency.parse::<Currency>().unwrap(), amount.parse::<Amount>().unwrap())
        };
        assert!(m1(&[entry("USD", "-0.5"), entry("USD", "0.5")]).is_ok());
        assert!(m1(&[entry("USD", "-0.5"), entry("EUR", "0.5")]).is_err());
        assert!(m1(&[]).is_ok());
    }

    #[test]
    fn m2_counts_what_is_held_like_what_is_spent() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        assert!(m2(amount("1"), amount("2"), amount("3")).is_ok());
        assert!(m2(amount("1"), amount("2.000000001"), amount("3")).is_err());
    }

    #[test]
    fn at_rest_nothing_is_held_and_the_balance_is_the_sum_of_the_receipts() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        assert!(m2_at_rest(amount("3"), amount("0"), amount("3")).is_ok());
        assert!(m2_at_rest(amount("3"), amount("0.1"), amount("3")).is_err());
        assert!(m2_at_rest(amount("2"), amount("0"), amount("3")).is_err());
    }

    #[test]
    fn l1_wants_every_tree_to_begin_with_the_ones_before() {
        let checkpoint = |size, root| Checkpoint { origin: "a".to_owned(), size, root };
        let [one, two, other] = [b"1", b"2", b"3"].map(|entry| leaf_hash(entry));
        let (older, newer) = (checkpoint(1, one), checkpoint(2, node_hash(&one, &two)));
        assert!(l1(&older, &newer, &[two]).is_ok());
        assert!(l1(&newer, &newer, &[]).is_ok());
        // Another history; a fork of one size; one that shrank; another log.
        assert_eq!(l1(&checkpoint(1, other), &newer, &[two]).unwrap_err().id, "L1");
        assert!(l1(&older, &checkpoint(1, other), &[]).is_err());
        assert!(l1(&newer, &older, &[two]).is_err());
        let elsewhere = Checkpoint { origin: "b".to_owned(), ..newer.clone() };
        assert!(l1(&older, &elsewhere, &[two]).is_err());
    }

    #[test]
    fn l1_wants_one_leaf_per_receipt_where_the_receipt_says() {
        let seen = |receipt: &str, index| LeafSeen { receipt: receipt.to_owned(), index };
        let receipts = [seen("a", 3), seen("b", 5)];
        assert!(l1_leaves(&receipts, &[seen("b", 5), seen("a", 3)]).is_ok());
        for leaves in [
            vec![seen("a", 3)],
            vec![seen("a", 3), seen("b", 5), seen("b", 6)],
            vec![seen("a", 3), seen("b", 6)],
            vec![seen("a", 3), seen("b", 5), seen("c", 6)],
        ] {
            assert_eq!(l1_leaves(&receipts, &leaves).unwrap_err().id, "L1", "{leaves:?}");
        }
        let twice = [seen("a", 3), seen("a", 3)];
        assert!(l1_leaves(&twice, &[seen("a", 3)]).is_err());
    }

    #[test]
    fn f2_allows_one_end_of_one_kind() {
        let ends = |terminators, errors, after| StreamEnds { terminators, errors, after };
        assert!(f2(ends(1, 0, 0)).is_ok());
        assert!(f2(ends(0, 1, 0)).is_ok());
        assert!(f2(ends(1, 1, 0)).is_err());
        assert!(f2(ends(2, 0, 0)).is_err());
        assert!(f2(ends(1, 0, 5)).is_err());
    }
}
