//! The checks that are somebody else's program.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::compile::{self, Profile};
use crate::{machine, progress, tool};

/// Most time for what only reads.
const SHORT: Duration = Duration::from_secs(5 * 60);
/// Most time for what builds.
const LONG: Duration = Duration::from_secs(60 * 60);
/// Most time for one start of the gateway with one call.
const ONCE: Duration = Duration::from_secs(60);

/// The formatter.
pub(crate) fn fmt() -> Result<Option<String>> {
    cargo(&["fmt", "--all", "--check"], SHORT)
}

/// The lints.
pub(crate) fn clippy() -> Result<Option<String>> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], LONG)
}

/// The documentation.
pub(crate) fn doc() -> Result<Option<String>> {
    let mut command = tool::cargo();
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    tool::run(&mut command, LONG)?;
    Ok(None)
}

/// The tests, by nextest where it is installed.
pub(crate) fn test() -> Result<Option<String>> {
    if has_nextest() {
        return cargo(&["nextest", "run", "--workspace", "--no-fail-fast"], LONG);
    }
    progress::note("cargo-nextest is not here: cargo's own runner does it");
    cargo(&["test", "--workspace", "--no-fail-fast"], LONG)
}

/// The examples in the documentation, which nextest leaves out.
pub(crate) fn doctest() -> Result<Option<String>> {
    if !has_nextest() {
        return Ok(Some("the step before ran them".to_owned()));
    }
    cargo(&["test", "--workspace", "--doc"], LONG)
}

/// `weighbridge quickstart --once`, in a folder of its own.
pub(crate) fn quickstart() -> Result<Option<String>> {
    let built = compile::gateway(Profile::Dev)?;
    let name = format!("quickstart-{}", std::process::id());
    let scratch = machine::target().join("xtask").join(name);
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    let mut command = Command::new(built.program("weighbridge")?);
    command.args(["quickstart", "--once", "--listen", "127.0.0.1:0", "--data"]).arg(&scratch);
    let done = tool::run(&mut command, ONCE);
    if done.is_ok() {
        fs::remove_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    }
    done.with_context(|| format!("its data is kept in {}", scratch.display()))?;
    Ok(None)
}

fn cargo(arguments: &[&str], limit: Duration) -> Result<Option<String>> {
    tool::run(tool::cargo().args(arguments), limit)?;
    Ok(None)
}

fn has_nextest() -> bool {
    tool::capture(tool::cargo().args(["nextest", "--version"]), SHORT).is_ok()
}
