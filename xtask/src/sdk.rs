//! The official SDKs against the real program: the proof that callers need to change nothing.
//!
//! The SDKs come from their own registries, at pinned versions, into the target folder. The
//! providers behind the gateway are scripted ones, written in each language's standard library;
//! those of every flavor are Python's, for the others too.

mod install;
mod node;
mod python;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::compile::{self, Profile};
use crate::{machine, progress, tool};

/// Most time for an installation.
const INSTALL: Duration = Duration::from_secs(10 * 60);
/// Most time for one SDK's tests.
const TESTS: Duration = Duration::from_secs(5 * 60);

/// What `cargo xtask sdk` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask sdk
  cargo xtask sdk python")]
pub(crate) struct Args {
    /// Which SDK; all of them when none is named.
    language: Option<Language>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Language {
    Python,
    Node,
}

/// Runs one SDK's tests, or all.
pub(crate) fn run(args: &Args) -> Result<()> {
    let jobs: &[fn() -> Result<Option<String>>] = match args.language {
        Some(Language::Python) => &[python],
        Some(Language::Node) => &[node],
        None => &[python, node],
    };
    for job in jobs {
        if let Some(reason) = job()? {
            progress::line(format_args!("skipped: {reason}"));
        }
    }
    Ok(())
}

/// The Python SDKs' tests, or why they cannot be run here.
pub(crate) fn python() -> Result<Option<String>> {
    need_python().map_or_else(missing, |()| with_gateway(python::run))
}

/// The Node SDKs' tests, or why they cannot be run here.
pub(crate) fn node() -> Result<Option<String>> {
    need("node", (20, 0))
        .and_then(|()| need("npm", (9, 0)))
        .and_then(|()| need_python())
        .map_or_else(missing, |()| with_gateway(node::run))
}

/// Builds the gateway and runs tests with it.
fn with_gateway(tests: fn(&Path) -> Result<()>) -> Result<Option<String>> {
    let built = compile::gateway(Profile::Dev)?;
    tests(built.program("weighbridge")?)?;
    Ok(None)
}

/// A missing tool is a reason to skip at somebody's desk, and a failure in CI.
fn missing(reason: String) -> Result<Option<String>> {
    if machine::is_ci() {
        bail!("{reason}, and CI is set");
    }
    Ok(Some(reason))
}

/// Whether there is a Python that the scripted providers run in; if not, what to say.
fn need_python() -> Result<(), String> {
    need("python3", (3, 11))
}

/// Whether a program is here and recent enough; if not, what to say.
fn need(program: &str, oldest: (u32, u32)) -> Result<(), String> {
    let (major, minor) = oldest;
    let Some(version) = tool::version(program, &["--version"]) else {
        return Err(format!("{program} is not here ({major}.{minor} or later is needed)"));
    };
    match tool::major_minor(&version) {
        Some(found) if found >= oldest => Ok(()),
        _ => Err(format!("{program} is {version}; {major}.{minor} or later is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::need;

    #[test]
    fn a_missing_tool_is_said_with_the_version_that_is_needed() {
        let words = need("weighbridge-no-such-program", (3, 11)).unwrap_err();
        assert_eq!(words, "weighbridge-no-such-program is not here (3.11 or later is needed)");
    }
}
