//! What is measured beside the others: a process, and where the load finds it.

use anyhow::{Context as _, Result};

use crate::load::{self, Load, Tally, Target};
use crate::{figures, process, progress};

/// See the module's words.
pub(crate) struct Peer {
    /// Its column in the tables.
    pub(crate) name: &'static str,
    pid: u32,
    target: Target,
    /// Whether it speaks other dialects than the mock's.
    converts: bool,
    /// CPU time up to the last look.
    cpu_nanos: u64,
    /// Replies of status 200 that were seen to their end, since it began.
    pub(crate) complete: u64,
    /// Replies of status 200 that broke off.
    pub(crate) broken: u64,
}

/// What one round of load came to.
pub(crate) struct Round {
    /// CPU time of the peer, in nanoseconds for each call.
    pub(crate) cpu_per_call: u64,
    /// What the load saw.
    pub(crate) tally: Tally,
}

impl Peer {
    /// A peer that nobody has called yet.
    pub(crate) fn new(name: &'static str, pid: u32, target: Target) -> Self {
        Self { name, pid, target, converts: false, cpu_nanos: 0, complete: 0, broken: 0 }
    }

    /// One that speaks other dialects than the mock's.
    pub(crate) fn converting(self) -> Self {
        Self { converts: true, ..self }
    }

    /// Puts load on it.
    pub(crate) async fn round(&mut self, load: Load) -> Result<Round> {
        let load = Load { converted: load.converted && self.converts, ..load };
        let tally = load::run(&self.target, load).await?;
        self.complete += tally.complete;
        self.broken += tally.broken;
        let used = self.used()?;
        Ok(Round { cpu_per_call: used.checked_div(load.calls).unwrap_or(0), tally })
    }

    /// CPU time since this was last asked, in nanoseconds. What a peer does in the turns of others,
    /// because of its own, counts with its next one.
    fn used(&mut self) -> Result<u64> {
        let now = process::tree_cpu_nanos(self.pid)?;
        Ok(now.saturating_sub(std::mem::replace(&mut self.cpu_nanos, now)))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
}

/// Puts the same load on every peer, round after round, turn about, so that whatever else the
/// machine does falls on all of them. What came of it, by peer.
pub(crate) async fn turn_about(
    peers: &mut [Peer],
    load: Load,
    rounds: usize,
    what: &str,
) -> Result<Vec<Vec<Round>>> {
    let mut all: Vec<Vec<Round>> = peers.iter().map(|_| Vec::new()).collect();
    for peer in &mut *peers {
        // What was done before does not count.
        peer.used()?;
    }
    for round in 1..=rounds {
        let mut words = Vec::new();
        for turn in 0..peers.len() {
            let at = if round % 2 == 0 { peers.len() - 1 - turn } else { turn };
            let done = Box::pin(peers[at].round(load)).await.context(peers[at].name)?;
            words.push(format!("{} {}", peers[at].name, figures::micros(done.cpu_per_call)));
            all[at].push(done);
        }
        progress::note(format_args!("{what}, round {round} of {rounds}: {}", words.join(", ")));
    }
    Ok(all)
}

/// The median of what a call cost, in nanoseconds of CPU time.
pub(crate) fn cpu_per_call(rounds: &[Round]) -> u64 {
    figures::median(rounds.iter().map(|round| round.cpu_per_call).collect())
}
