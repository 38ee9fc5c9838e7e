//! Speed and size: builds the gateway and the bench in release, and runs the one with the other.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::{compile, tool};

/// What the bench finds the gateway's binary by.
const GATEWAY: &str = "WEIGHBRIDGE_BENCH_GATEWAY";
/// Most time for a bench, the writing of its log included.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench --quick --prefill 20000 --no-write
  cargo xtask bench money --connections 8
  cargo xtask bench help speed")]
pub(crate) struct Args {
    /// What to measure, and how: `speed`, which runs by default, `money`, `memory`, `decide`; `help` says more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "WHAT")]
    words: Vec<OsString>,
}

/// Measures what was asked for.
pub(crate) fn run(args: &Args) -> Result<()> {
    let built = compile::bench()?;
    let mut command = Command::new(built.program("weighbridge-bench")?);
    command.args(&args.words).env(GATEWAY, built.program("weighbridge")?);
    tool::run(&mut command, LIMIT)
}
