//! How long the proof of a receipt takes.

use anyhow::{Context, Result, ensure};
use weighbridge_core::entropy::{self, Entropy};

use crate::clock::{Stopwatch, SystemEntropy};
use crate::figures::percentile;
use crate::stand::Stand;

/// What a build without proofs calls them.
const MISSING: &str = "not_available";

/// Times of proofs, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proofs {
    /// How many there were.
    pub(crate) count: usize,
    /// Half of them were as quick.
    pub(crate) p50: u64,
    /// Of a hundred, ninety-nine were.
    pub(crate) p99: u64,
}

/// Asks for the proofs of `count` receipts, chosen blindly among these, over one connection.
/// Nothing where this build has none.
pub(crate) async fn time(stand: &Stand, ids: &[String], count: usize) -> Result<Option<Proofs>> {
    let mut connection = stand.connect().await?;
    let mut nanos = Vec::with_capacity(count);
    for _ in 0..count {
        let id = choose(ids).context("no receipt to prove")?;
        let request = stand.get(&format!("/gateway/v1/receipts/{id}/proof"));
        let watch = Stopwatch::start();
        let reply = connection.exchange(&request).await?;
        nanos.push(watch.nanos());
        if reply.status == 404 && reply.text().contains(MISSING) {
            return Ok(None);
        }
        ensure!(reply.status == 200, "the proof of {id}: {} {}", reply.status, reply.text());
    }
    nanos.sort_unstable();
    let (p50, p99) = (percentile(&nanos, 500), percentile(&nanos, 990));
    Ok(Some(Proofs { count, p50, p99 }))
}

fn choose(ids: &[String]) -> Option<&String> {
    let source: &dyn Entropy = &SystemEntropy;
    let random = u64::from_le_bytes(entropy::fresh(source).ok()?);
    let count = u64::try_from(ids.len()).ok()?;
    ids.get(usize::try_from(random.checked_rem(count)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn one_of_those_there_are_is_chosen() {
        let ids = ["a".to_owned(), "b".to_owned()];
        assert!((0..20).all(|_| choose(&ids).is_some_and(|id| ids.contains(id))));
        assert_eq!(choose(&[]), None);
    }
}
