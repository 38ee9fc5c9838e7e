//! Speed, size, and whether the books are right under load: what `cargo xtask bench` runs.
//!
//! Figures are CPU time per call and ratios within one run: they hold still on a machine that does
//! other things too. The load and the mock provider are in this process and do not count; whatever
//! is measured is a process of its own.

mod bars;
mod child;
mod clock;
mod conditions;
mod decide;
mod disk;
mod figures;
mod load;
mod log;
mod machine;
mod memory;
mod mock;
mod money;
mod nginx;
mod peer;
mod prefill;
mod process;
mod progress;
mod proof;
mod proxy;
mod report;
mod speed;
mod stand;
mod wire;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;

/// The gateway's own, so that the bare proxy stands on the same ground.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure speed and size, as ratios and differences within one run.
#[derive(Parser)]
#[command(
    name = "cargo xtask bench",
    bin_name = "cargo xtask bench",
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  cargo xtask bench
  cargo xtask bench --quick --prefill 20000 --no-write
  cargo xtask bench money --connections 8
  cargo xtask bench memory --calls 100000
  cargo xtask bench decide --candidates 100"
)]
struct Cli {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    speed: speed::Args,
}

#[derive(clap::Subcommand)]
enum What {
    /// CPU time, latency, streams, memory and proofs, beside a bare proxy (what runs by default)
    Speed(speed::Args),
    /// What prices and budgets add to the CPU time of a call, against the same program without
    Money(money::Args),
    /// What it costs to decide where a call runs
    Decide(decide::Args),
    /// What the gateway holds in memory: idle, and after many calls
    Memory(memory::Args),
    /// The bare proxy that is the floor; ends with its standard input
    #[command(hide = true)]
    Proxy(proxy::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::note(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        match cli.what.unwrap_or(What::Speed(cli.speed)) {
            What::Speed(args) => unless_stopped(Box::pin(speed::run(&args))).await,
            What::Money(args) => unless_stopped(Box::pin(money::run(&args))).await,
            What::Decide(args) => {
                decide::run(&args);
                Ok(())
            }
            What::Memory(args) => unless_stopped(Box::pin(memory::run(&args))).await,
            // Ends as any program does.
            What::Proxy(args) => proxy::run(args).await,
        }
    })
}

/// Measures until it is done, or told to stop: then whatever was started ends with what is dropped.
async fn unless_stopped(measured: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::select! {
        done = measured => done,
        told = told_to_stop() => told.and_then(|()| bail!("stopped")),
    }
}

async fn told_to_stop() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("no signals")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed.context("no signals"),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Cli, What};

    #[test]
    fn speed_is_what_runs_when_nothing_is_named() {
        Cli::command().debug_assert();
        let bare = Cli::try_parse_from(["bench", "--quick"]).unwrap();
        assert!(bare.what.is_none() && bare.speed.quick);
        let named = Cli::try_parse_from(["bench", "speed", "--quick"]).unwrap();
        assert!(matches!(named.what, Some(What::Speed(args)) if args.quick));
    }
}
