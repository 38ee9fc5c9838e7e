//! Many callers at a time, an administrator, and somebody who watches the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use weighbridge_proof::checkpoint::Checkpoint;

use super::caller::{Call, Caller};
use super::clerk::Clerk;
use super::dice::Dice;
use super::outsider::Outsider;
use super::plan::Plan;
use super::site::Site;

/// The wait before another try where no connection stands.
const RETRY: Duration = Duration::from_millis(5);
/// How long callers may take to come to an end.
const END: Duration = Duration::from_secs(60);

/// A load that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Load {
    callers: JoinSet<Vec<Call>>,
    shared: Arc<Shared>,
    clerk: Clerk,
    outsider: Option<Outsider>,
}

/// What a load saw.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The calls that were made.
    pub(crate) calls: Vec<Call>,
    /// Every checkpoint of the log, in the order of sight.
    pub(crate) checkpoints: Vec<Checkpoint>,
}

/// What the callers of one load share.
#[derive(Debug)]
struct Shared {
    round: usize,
    next: AtomicU64,
    stop: AtomicBool,
}

impl Load {
    /// Starts from 16 to 32 callers against the gateway at `url`.
    pub(crate) fn start(site: &Site, url: &str, round: usize, dice: &mut Dice) -> Self {
        let outsider = Some(site.outsider(url));
        Self { outsider, ..Self::unwatched(site, url, round, dice) }
    }

    /// As [`start`](Self::start), against a gateway whose log is not signed any more.
    pub(crate) fn unwatched(site: &Site, url: &str, round: usize, dice: &mut Dice) -> Self {
        let shared =
            Arc::new(Shared { round, next: AtomicU64::new(1), stop: AtomicBool::new(false) });
        let mut callers = JoinSet::new();
        for _ in 0..16 + dice.below(17) {
            let caller = Caller::new(url, site.key());
            callers.spawn(keep_calling(caller, Arc::clone(&shared), dice.fork()));
        }
        Self { callers, shared, clerk: site.clerk(url), outsider: None }
    }

    /// Waits until the log has a checkpoint that nobody had seen.
    pub(crate) async fn newer_checkpoint(&mut self) -> Result<()> {
        match &mut self.outsider {
            Some(outsider) => outsider.newer().await,
            None => Ok(()),
        }
    }

    /// Lets every caller finish its call, and gathers what was made and seen.
    pub(crate) async fn stop(mut self) -> Result<Loaded> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut calls = Vec::new();
        while let Some(done) = timeout(END, self.callers.join_next())
            .await
            .context("callers do not come to an end: a reply hangs")?
        {
            calls.extend(done.context("a caller failed")?);
        }
        self.clerk.stop().await?;
        let checkpoints = match self.outsider {
            Some(outsider) => outsider.stop().await?,
            None => Vec::new(),
        };
        Ok(Loaded { calls, checkpoints })
    }
}

async fn keep_calling(mut caller: Caller, shared: Arc<Shared>, mut dice: Dice) -> Vec<Call> {
    let mut calls = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let plan = Plan::pick(format!("m-{}-{number}", shared.round), &mut dice);
        sleep(plan.pause).await;
        match caller.call(&plan).await {
            Some(call) => calls.push(call),
            None => sleep(RETRY).await,
        }
    }
    calls
}
