//! The first minute: build, start, see one real call go through.

use std::process::Command;

use anyhow::Result;

use crate::compile::{self, Profile};

/// What `cargo xtask quickstart` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask quickstart
  cargo xtask quickstart --once
  cargo xtask quickstart --listen 127.0.0.1:9000")]
pub(crate) struct Args {
    /// Passed on to `weighbridge quickstart`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    rest: Vec<String>,
}

/// Builds in release and runs `weighbridge quickstart`.
pub(crate) fn run(args: &Args) -> Result<()> {
    let built = compile::gateway(Profile::Release)?;
    let mut command = Command::new(built.program("weighbridge")?);
    command.arg("quickstart").args(&args.rest);
    become_it(&mut command)
}

/// Becomes the program, so that signals and the exit code are its own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    Err(anyhow::Error::new(command.exec()).context("cannot start the gateway"))
}

/// Runs the program and ends with its exit code.
#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    use anyhow::Context;

    let status = command.status().context("cannot start the gateway")?;
    std::process::exit(status.code().unwrap_or(1));
}
