//! Several callers at a time, and somebody who watches the desk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::caller::{Call, Caller};
use super::site::Site;
use super::watcher::{Sight, Watcher};
use crate::crash::dice::Dice;
use crate::stopwatch::Stopwatch;

/// How many callers there are; every other one asks for streams.
const CALLERS: u64 = 6;
/// How long an answer is, in tokens.
const SHORTEST: u64 = 32;
const LONGEST: u64 = 400;
/// The longest pause between two calls of one caller.
const PAUSE: Duration = Duration::from_millis(40);
/// How long the callers may take to come to an end.
const END: Duration = Duration::from_secs(60);

/// A load that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Load {
    clock: Stopwatch,
    stop: Arc<AtomicBool>,
    callers: JoinSet<Vec<Call>>,
    /// Who sees how the desk is.
    pub(crate) watcher: Watcher,
}

impl Load {
    /// Starts one.
    pub(crate) fn start(site: &Site, mut dice: Dice) -> Self {
        let clock = Stopwatch::start();
        let stop = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU64::new(1));
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let caller = Caller::new(site.url(), site.key(), clock);
            let (stop, next) = (Arc::clone(&stop), Arc::clone(&next));
            callers.spawn(keep_calling(caller, number % 2 == 0, stop, next, dice.fork()));
        }
        let watcher = Watcher::start(site, clock);
        Self { clock, stop, callers, watcher }
    }

    /// The time since it began.
    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Lets every caller finish its call. Gives the calls, and how the desk was seen to be.
    pub(crate) async fn stop(mut self) -> Result<(Vec<Call>, Vec<Sight>)> {
        self.stop.store(true, Ordering::Relaxed);
        let mut calls = Vec::new();
        while let Some(done) = timeout(END, self.callers.join_next())
            .await
            .context("callers do not come to an end: a reply hangs")?
        {
            calls.extend(done.context("a caller failed")?);
        }
        calls.sort_by_key(|call| call.number);
        Ok((calls, self.watcher.stop().await?))
    }
}

async fn keep_calling(
    mut caller: Caller,
    stream: bool,
    stop: Arc<AtomicBool>,
    next: Arc<AtomicU64>,
    mut dice: Dice,
) -> Vec<Call> {
    let mut calls = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        sleep(dice.time(Duration::ZERO, PAUSE)).await;
        let limit = SHORTEST + dice.below(LONGEST - SHORTEST);
        calls.push(caller.call(next.fetch_add(1, Ordering::Relaxed), stream, limit).await);
    }
    calls
}
