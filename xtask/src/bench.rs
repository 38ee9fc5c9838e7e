//! Speed and size, always as ratios or differences within one run.
//!
//! What is measured is the CPU time of the gateway's process per call: it holds still on a machine
//! that does other things too. The load and the provider are in this process and do not count.

mod load;
mod memory;
mod money;
mod process;
mod stand;

use anyhow::{Context, Result};

use crate::compile::{self, Profile};

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench money
  cargo xtask bench money --connections 8
  cargo xtask bench memory --calls 100000")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What prices and budgets add to the CPU time of a call, against the same program without
    Money(money::Args),
    /// What the gateway holds in memory: idle, and after many calls
    Memory(memory::Args),
}

/// Measures what was asked for, with a gateway built in release.
pub(crate) fn run(args: &Args) -> Result<()> {
    let built = compile::gateway(Profile::Release)?;
    let binary = built.program("weighbridge")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(async {
        match &args.what {
            What::Money(args) => money::run(binary, args).await,
            What::Memory(args) => memory::run(binary, args).await,
        }
    })
}
