//! A real server of a model is killed and started again under load, and halted: callers see no failure
//! that a healthy provider could have prevented.
//!
//! Two servers of llama.cpp serve the same small model, a desk that fails and a spare. Scripted providers
//! fail as somebody thought that servers do; these fail as they do.

mod answer;
mod caller;
mod engine;
mod gguf;
mod install;
mod judge;
mod load;
mod model;
mod ninja;
mod outage;
mod receipt;
mod site;
mod summary;
mod watcher;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{sleep, timeout};

use crate::compile::{self, Profile};
use crate::crash::dice::Dice;
use crate::stopwatch::{self, Stopwatch};
use crate::{machine, progress, sdk};
use judge::Case;
use load::Load;
use outage::{Kind, Outage};
use receipt::Receipt;
use site::Site;

/// What happens to the desk, one after the other.
const OUTAGES: [Kind; 3] = [Kind::Killed, Kind::Halted, Kind::Killed];
/// How long the load runs before each, and after the last.
const CALM: Duration = Duration::from_secs(6);
/// Most time for all of it.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// How many faults are told.
const TOLD: usize = 10;

/// What `cargo xtask test-engines` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test-engines
  cargo xtask test-engines --seed 7

The first run builds llama.cpp's server, which takes minutes; it stays in target/engines.")]
pub(crate) struct Args {
    /// The gateway to run, instead of building one.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// The llama-server to run, instead of building one.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// What chance is made from, to repeat the same choices.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

/// Builds what is needed, lets the desk fail under load, and judges what callers saw.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Err(reason) = tools() {
        if machine::is_ci() {
            bail!("{reason}, and CI is set");
        }
        progress::line(format_args!("skipped: {reason}"));
        return Ok(());
    }
    let server = match &args.server {
        Some(server) => server.clone(),
        None => install::server()?,
    };
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => compile::gateway(Profile::Dev)?.program("weighbridge")?.to_owned(),
    };
    let seed = args.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    progress::note(format_args!("engines: seed {seed}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(play(&binary, &server, Dice::new(seed)))
}

/// Whether everything is here that the server is built with.
fn tools() -> Result<(), String> {
    if !cfg!(unix) {
        return Err("a server is halted by signals, which only Unix has".to_owned());
    }
    sdk::need_python()
}

async fn play(binary: &Path, server: &Path, dice: Dice) -> Result<()> {
    let watch = Stopwatch::start();
    let mut site = Site::build(binary, server).await?;
    let played = timeout(LIMIT, happen(&mut site, dice)).await;
    let played = played.unwrap_or_else(|_| bail!("not over in {}", stopwatch::words(LIMIT)));
    let faults = match played {
        Ok(case) => {
            summary::lines(&case).into_iter().for_each(progress::line);
            case.faults()
        }
        Err(error) => vec![format!("{error:#}")],
    };
    if faults.is_empty() {
        let time = stopwatch::words(watch.elapsed());
        progress::line(format_args!("engines: every rule held, the books add up, {time}"));
        return Ok(());
    }
    faults.iter().take(TOLD).for_each(progress::line);
    let said = site.said();
    let folder = site.keep();
    std::fs::write(folder.join("gateway.log"), said)?;
    bail!("{} faults; logs and data are left in {}", faults.len(), folder.display())
}

/// Lets everything happen, and gathers what was seen of it.
async fn happen(site: &mut Site, dice: Dice) -> Result<Case> {
    let load = Load::start(site, dice);
    sleep(CALM).await;
    let mut outages = Vec::new();
    for kind in OUTAGES {
        let outage = Outage::happen(kind, site, &load).await?;
        let (from, to) = (outage.from.as_secs(), outage.to.as_secs());
        progress::note(format_args!("the desk was {} from {from} s to {to} s", kind.word()));
        outages.push(outage);
        sleep(CALM).await;
    }
    let (calls, sights) = load.stop().await?;
    let read = |item| Receipt::read(item).map(|receipt| (receipt.id.clone(), receipt));
    let receipts = site.receipts().await?.iter().map(read).collect::<Result<_>>()?;
    site.close().await?;
    Ok(Case { calls, receipts, outages, sights })
}
