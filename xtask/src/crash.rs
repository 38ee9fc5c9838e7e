//! Kills under load, power cuts and broken disks: whether the receipts hold.
//!
//! The gateway runs on a disk that keeps exactly what was flushed. After each kill everything else
//! is thrown away before the next start, and the invariants of `weighbridge_core::invariant` are
//! checked against what callers and provider saw, and against every checkpoint of the log that
//! somebody got.

mod caller;
mod clerk;
mod comments;
pub(crate) mod dice;
mod failed_sync;
mod full_disk;
mod history;
mod judge;
mod kills;
mod ledger;
mod load;
mod outsider;
mod plan;
mod receipts;
mod restored;
mod site;
mod span;
mod tally;
mod tree;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::compile::{self, Profile};
use crate::progress;
use dice::Dice;
use site::Site;
use span::Span;

/// What `cargo xtask crash` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask crash
  cargo xtask crash --rounds 5
  cargo xtask crash --short
  cargo xtask crash --weaken
  cargo xtask crash --full-disk
  cargo xtask crash --failed-sync
  cargo xtask crash --restored")]
pub(crate) struct Args {
    /// How many times the gateway is killed.
    #[arg(long, value_name = "N", default_value_t = 200)]
    rounds: usize,
    /// Lower the sync of the write-ahead log. The losses must be found, or this fails.
    #[arg(long, conflicts_with_all = ["full_disk", "failed_sync", "restored"])]
    weaken: bool,
    /// A little of everything, for `cargo xtask test`.
    #[arg(long, conflicts_with_all = ["weaken", "full_disk", "failed_sync", "restored"])]
    short: bool,
    /// Fill the disk under load, and make room again.
    #[arg(long, conflicts_with_all = ["failed_sync", "restored"])]
    full_disk: bool,
    /// Let a flush fail under load.
    #[arg(long, conflicts_with = "restored")]
    failed_sync: bool,
    /// Put an older database back beside the log's newer files.
    #[arg(long)]
    restored: bool,
    /// The gateway to run, instead of building one in release.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// How long the load runs before each kill, picked at random from this range.
    #[arg(long, value_name = "FROM-TO", default_value = "0.4-1.0")]
    seconds_per_round: Span,
    /// What chance is made from, to repeat the same choices.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Kills { rounds: usize, span: Span, weaken: bool },
    FullDisk,
    FailedSync,
    Restored,
}

/// Kills in each of the two parts of the short form.
const SHORT_ROUNDS: usize = 5;

/// Runs the scenario that was asked for.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.short {
        if let Some(reason) = short(args.binary.as_deref(), args.seed)? {
            progress::line(format_args!("skipped: {reason}"));
        }
        return Ok(());
    }
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => compile::gateway(Profile::Release)?.program("weighbridge")?.to_owned(),
    };
    let Args { rounds, seconds_per_round: span, weaken, .. } = *args;
    let scenario = if args.full_disk {
        Scenario::FullDisk
    } else if args.failed_sync {
        Scenario::FailedSync
    } else if args.restored {
        Scenario::Restored
    } else {
        Scenario::Kills { rounds, span, weaken }
    };
    play(&binary, &[scenario], args.seed)
}

/// A little of every scenario, with a gateway built for development unless there is one.
/// `Ok(Some(reason))` says why it cannot be done here.
pub(crate) fn short(binary: Option<&Path>, seed: Option<u64>) -> Result<Option<String>> {
    if !cfg!(target_os = "linux") {
        return Ok(Some("the flush shim needs Linux".to_owned()));
    }
    let binary = match binary {
        Some(binary) => binary.to_owned(),
        None => compile::gateway(Profile::Dev)?.program("weighbridge")?.to_owned(),
    };
    let kills = |weaken| Scenario::Kills { rounds: SHORT_ROUNDS, span: Span::SHORT, weaken };
    let scenarios =
        [kills(false), kills(true), Scenario::FullDisk, Scenario::FailedSync, Scenario::Restored];
    play(&binary, &scenarios, seed)?;
    Ok(None)
}

/// Plays scenarios one after another, each at a site of its own.
fn play(binary: &Path, scenarios: &[Scenario], seed: Option<u64>) -> Result<()> {
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    progress::note(format_args!("crash: seed {seed}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")?;
    let mut dice = Dice::new(seed);
    scenarios.iter().try_for_each(|scenario| {
        runtime.block_on(async {
            let site = Site::build(binary).await?;
            let ended = scenario.play(&site, dice.fork()).await;
            if ended.is_err() {
                progress::note(format_args!("the data is left in {}", site.keep().display()));
            }
            ended
        })
    })
}

impl Scenario {
    async fn play(self, site: &Site, dice: Dice) -> Result<()> {
        match self {
            Self::Kills { rounds, span, weaken } => {
                kills::run(site, dice, rounds, span, weaken).await
            }
            Self::FullDisk => full_disk::run(site, dice).await,
            Self::FailedSync => failed_sync::run(site, dice).await,
            Self::Restored => restored::run(site, dice).await,
        }
    }
}
