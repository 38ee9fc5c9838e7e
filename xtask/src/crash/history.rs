//! Every checkpoint that was seen of one data directory, for as long as it lives: what the log may
//! never take back.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::time::sleep;
use weighbridge_core::invariant::LeafSeen;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_testkit::gateway::Gateway;

use super::dice::Dice;
use super::judge::growth::Growth;
use super::judge::leaves::Leaves;
use super::ledger::{self, Answer};
use super::site::Site;
use super::tree::Tree;
use crate::stopwatch::{self, Stopwatch};

/// How many of the newest are always looked at, and how many of the others by chance.
const NEWEST: usize = 8;
const SAMPLE: u64 = 8;
/// How long the log may take to have what was recorded: many times what it should.
const CAUGHT_UP: Duration = Duration::from_secs(20);
/// How often that is looked at.
const TICK: Duration = Duration::from_millis(10);

/// See the module's words.
#[derive(Debug, Default)]
pub(crate) struct History {
    seen: Vec<Checkpoint>,
    proofs: usize,
    leaves: u64,
}

impl History {
    /// Adds what was seen, in the order of sight.
    pub(crate) fn remember(&mut self, seen: Vec<Checkpoint>) {
        for checkpoint in seen {
            if !self.seen.contains(&checkpoint) {
                self.seen.push(checkpoint);
            }
        }
    }

    /// Waits until the gateway, which serves no calls, has everything that it recorded in its log,
    /// or says that it signs nothing. Says which.
    pub(crate) async fn settled(&self, site: &Site, gateway: &Gateway) -> Result<Answer> {
        // Acts come first in a pass: what was numbered before the end, and not for good, would
        // have to get another number now.
        site.act(gateway).await?;
        let watch = Stopwatch::start();
        let mut ledger = site.ledger(gateway).await?;
        let mut last = String::new();
        while watch.elapsed() < CAUGHT_UP {
            let newest = site.newest_index(gateway).await?;
            match (newest, ledger.checkpoint().await?) {
                (_, refused @ Answer::Refused(_)) => return Ok(refused),
                (Ok(index), Answer::Signed(checkpoint))
                    if index.is_none_or(|index| index < checkpoint.size) =>
                {
                    return Ok(Answer::Signed(checkpoint));
                }
                (newest, answer) => last = format!("newest receipt {newest:?}, log {answer:?}"),
            }
            sleep(TICK).await;
        }
        bail!("L1 broken: no leaf after {}: {last}", stopwatch::words(CAUGHT_UP))
    }

    /// As [`settled`](Self::settled), where there is no reason to sign nothing.
    pub(crate) async fn caught_up(&self, site: &Site, gateway: &Gateway) -> Result<Checkpoint> {
        Ok(self.settled(site, gateway).await?.signed()?)
    }

    /// Whether the log has grown out of the checkpoints that were seen: the last ones, and others
    /// as chance has it; without dice all of them.
    pub(crate) async fn grew(
        &mut self,
        site: &Site,
        gateway: &Gateway,
        newest: &Checkpoint,
        dice: Option<&mut Dice>,
    ) -> Result<()> {
        let mut ledger = site.ledger(gateway).await?;
        let mut tree = Tree::new(&mut ledger, newest.size);
        let mut growth = Growth { newest: newest.clone(), before: Vec::new() };
        for older in self.pick(dice) {
            let proof = match older.size {
                // There is no proof for it: it will be found.
                size if size > newest.size => Vec::new(),
                size => tree.consistency(size).await?,
            };
            growth.before.push((older, proof));
        }
        growth.judge()?;
        self.proofs += growth.before.len();
        self.remember(vec![newest.clone()]);
        Ok(())
    }

    fn pick(&self, dice: Option<&mut Dice>) -> Vec<Checkpoint> {
        let Some(dice) = dice else { return self.seen.clone() };
        let (others, newest) = self.seen.split_at(self.seen.len().saturating_sub(NEWEST));
        let mut picked = newest.to_vec();
        if !others.is_empty() {
            let by_chance = (0..SAMPLE).filter_map(|_| {
                let at = usize::try_from(dice.below(others.len() as u64)).ok()?;
                others.get(at).cloned()
            });
            picked.extend(by_chance);
        }
        picked
    }

    /// Whether all the log's entries are what was signed, and have each of `receipts`, which are
    /// all that there are, exactly once.
    pub(crate) async fn is_whole(
        &mut self,
        site: &Site,
        gateway: &Gateway,
        signed: &Checkpoint,
        receipts: &[LeafSeen],
    ) -> Result<()> {
        let mut ledger = site.ledger(gateway).await?;
        let mut leaves = Leaves::default();
        for number in 0..ledger::bundles(signed.size) {
            for entry in ledger.entries(number, signed.size).await? {
                leaves.add(&entry)?;
            }
        }
        leaves.judge(signed, receipts)?;
        self.leaves += leaves.count();
        Ok(())
    }

    /// Everything at once, at the end of a scenario.
    pub(crate) async fn check(
        &mut self,
        site: &Site,
        gateway: &Gateway,
        newest: &Checkpoint,
        receipts: &[LeafSeen],
    ) -> Result<()> {
        self.grew(site, gateway, newest, None).await?;
        self.is_whole(site, gateway, newest, receipts).await?;
        ensure!(self.proofs > 0, "too few checkpoints were seen to tell anything: {self}");
        Ok(())
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} checkpoints seen, {} consistency proofs checked, {} leaves compared",
            self.seen.len(),
            self.proofs,
            self.leaves
        )
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_proof::Digest;

    use super::*;

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: "a".to_owned(), size, root: Digest::of(&size.to_be_bytes()) }
    }

    #[test]
    fn the_newest_are_always_looked_at_and_others_by_chance() {
        let mut history = History::default();
        history.remember((1..=100).chain(90..=100).map(checkpoint).collect());
        assert_eq!(history.seen.len(), 100);
        let mut dice = Dice::new(1);
        let picked = history.pick(Some(&mut dice));
        assert_eq!(picked.len(), 16);
        assert!((93..=100).all(|size| picked.contains(&checkpoint(size))));
        assert_ne!(picked, history.pick(Some(&mut dice)));
        assert_eq!(history.pick(None).len(), 100);
        let mut few = History::default();
        few.remember(vec![checkpoint(1)]);
        assert_eq!(few.pick(Some(&mut dice)), [checkpoint(1)]);
    }

    #[test]
    fn two_states_of_one_size_are_two() {
        let mut history = History::default();
        let other = Checkpoint { root: Digest::of(b"x"), ..checkpoint(5) };
        history.remember(vec![checkpoint(5), other]);
        assert_eq!(history.seen.len(), 2);
    }
}
