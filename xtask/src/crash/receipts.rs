//! Reading the receipts back, newest first, as an administrator may.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use weighbridge_core::invariant::{LeafSeen, ReceiptSeen};
use weighbridge_core::money::Amount;
use weighbridge_proof::Digest;
use weighbridge_testkit::http::{self, Connection, Request};

/// How many are asked for at a time.
const PAGE: u32 = 500;

/// Receipts as they were read.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    /// What they say.
    pub(crate) seen: Vec<ReceiptSeen>,
    /// Where they say that they stand in the log, those that do.
    pub(crate) leaves: Vec<LeafSeen>,
}

/// Reads every receipt, or those that came after the `known` ones.
pub(crate) async fn read(url: &str, admin_key: &str, known: &HashSet<String>) -> Result<Receipts> {
    let mut connection = Connection::open(url).await.context("the gateway")?;
    let mut path = format!("/gateway/v1/receipts?limit={PAGE}");
    let mut receipts = Receipts::default();
    loop {
        let reply = connection.exchange(&Request::get(&path).bearer(admin_key)).await?;
        if reply.status != 200 {
            bail!("the list of receipts answers {}: {}", reply.status, reply.text());
        }
        let page = reply.json();
        let items = page.get("items").and_then(Value::as_array).context("a list without items")?;
        let mut met_known = false;
        for item in items {
            let receipt = receipt(item).with_context(|| format!("not a receipt: {item}"))?;
            if known.contains(&receipt.id) {
                met_known = true;
            } else {
                receipts.leaves.extend(leaf(item));
                receipts.seen.push(receipt);
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !met_known => {
                path = format!("/gateway/v1/receipts?limit={PAGE}&cursor={next}");
            }
            _ => return Ok(receipts),
        }
    }
}

fn receipt(item: &Value) -> Option<ReceiptSeen> {
    let digest = |part: &str| item.get(part)?.get("sha256")?.as_str()?.parse::<Digest>().ok();
    Some(ReceiptSeen {
        id: item.get("id")?.as_str()?.to_owned(),
        outcome: item.get("outcome")?.as_str()?.to_owned(),
        input: digest("input")?,
        output: digest("output"),
        charged: match item.get("cost")?.get("actual")? {
            Value::Null => Amount::ZERO,
            actual => actual.as_str()?.parse().ok()?,
        },
    })
}

fn leaf(item: &Value) -> Option<LeafSeen> {
    let receipt = item.get("id")?.as_str()?.to_owned();
    Some(LeafSeen { receipt, index: item.get("leaf_index")?.as_u64()? })
}

/// The number in the log of the newest receipt: nothing where there is no receipt, an error where
/// it has no number yet.
pub(crate) async fn newest_index(
    url: &str,
    admin_key: &str,
) -> Result<Result<Option<u64>, NoLeaf>> {
    let request = Request::get("/gateway/v1/receipts?limit=1").bearer(admin_key);
    let reply = http::call(url, &request).await?;
    let page = reply.json();
    let items = page.get("items").and_then(Value::as_array);
    let items = items.with_context(|| format!("a list without items: {}", reply.text()))?;
    Ok(match items.first() {
        None => Ok(None),
        Some(item) => leaf(item).map(|leaf| Some(leaf.index)).ok_or(NoLeaf),
    })
}

/// A receipt has no number in the log yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoLeaf;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_with_and_without_an_output() {
        let hash = Digest::of(b"q").to_string();
        let mut item = serde_json::json!({"id": "rcpt_1", "outcome": "interrupted",
            "input": {"sha256": hash, "bytes": 1}, "output": null, "cost": {"actual": "0.5"}});
        let seen = receipt(&item).unwrap();
        assert_eq!((seen.input, seen.output), (Digest::of(b"q"), None));
        assert_eq!(seen.charged.to_string(), "0.5");
        item["output"] = serde_json::json!({"sha256": hash, "bytes": 1, "complete": true});
        assert_eq!(receipt(&item).unwrap().output, Some(Digest::of(b"q")));
        item["input"] = Value::Null;
        assert_eq!(receipt(&item), None);
        item["leaf_index"] = Value::Null;
        assert_eq!(leaf(&item), None);
        item["leaf_index"] = 7.into();
        assert_eq!(leaf(&item), Some(LeafSeen { receipt: "rcpt_1".to_owned(), index: 7 }));
    }
}
