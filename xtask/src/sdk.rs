//! The official SDKs, and what people build on them, against the real program: the proof that
//! callers need to change nothing.
//!
//! They come from their own registries, at pinned versions, into the target folder. The providers
//! behind the gateway are scripted ones, written in a language's standard library; those of every
//! flavor are Python's, for the others too.

pub(crate) mod install;
mod node;
mod python;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::compile::{self, Profile};
use crate::{machine, progress, tool};

/// Most time for an installation.
const INSTALL: Duration = Duration::from_secs(10 * 60);
/// Most time for one suite's tests.
const TESTS: Duration = Duration::from_secs(5 * 60);
/// The folder that the scripted providers of every flavor lie in.
const PROVIDERS: &str = "tests/sdk";

/// A folder of tests, and what has to be installed for them.
pub(crate) struct Suite {
    /// The folder, from the workspace's root.
    pub(crate) tests: &'static str,
    /// The name of the place of what is installed.
    pub(crate) place: &'static str,
    /// What that is, for people.
    pub(crate) needs: &'static str,
}

impl Suite {
    /// The file that a suite with a matrix leaves its results in.
    pub(crate) fn matrix(&self) -> PathBuf {
        machine::target().join("sdk").join(format!("matrix-{}.json", self.place))
    }
}

pub(crate) const PYTHON: Suite =
    Suite { tests: "tests/sdk/python", place: "venv", needs: "the Python SDKs" };
pub(crate) const NODE: Suite =
    Suite { tests: "tests/sdk/node", place: "node", needs: "the Node SDKs" };
const PYTHON_CLIENTS: Suite = Suite {
    tests: "tests/clients/python",
    place: "venv-clients",
    needs: "LangChain and LlamaIndex",
};
const NODE_CLIENTS: Suite =
    Suite { tests: "tests/clients/node", place: "node-clients", needs: "Vercel's ai" };

/// What `cargo xtask sdk` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask sdk
  cargo xtask sdk python
  cargo xtask sdk node-clients")]
pub(crate) struct Args {
    /// Which suite; all of them when none is named.
    suite: Option<Named>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Named {
    Python,
    Node,
    PythonClients,
    NodeClients,
}

/// Runs one suite, or all.
pub(crate) fn run(args: &Args) -> Result<()> {
    let jobs: &[fn() -> Result<Option<String>>] = match args.suite {
        Some(Named::Python) => &[python],
        Some(Named::Node) => &[node],
        Some(Named::PythonClients) => &[python_clients],
        Some(Named::NodeClients) => &[node_clients],
        None => &[python, node, python_clients, node_clients],
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
    need_python().map_or_else(missing, |()| with_gateway(&PYTHON, python::run))
}

/// The Node SDKs' tests, or why they cannot be run here.
pub(crate) fn node() -> Result<Option<String>> {
    need_node()
        .and_then(|()| need_python())
        .map_or_else(missing, |()| with_gateway(&NODE, node::run))
}

/// The tests of what is built on the Python SDKs, or why they cannot be run here.
pub(crate) fn python_clients() -> Result<Option<String>> {
    need_python().map_or_else(missing, |()| with_gateway(&PYTHON_CLIENTS, python::run))
}

/// The tests of what is built for Node, or why they cannot be run here.
pub(crate) fn node_clients() -> Result<Option<String>> {
    need_node()
        .and_then(|()| need_python())
        .map_or_else(missing, |()| with_gateway(&NODE_CLIENTS, node::run))
}

/// Builds the gateway and runs a suite with it.
fn with_gateway(suite: &Suite, tests: fn(&Suite, &Path) -> Result<()>) -> Result<Option<String>> {
    let built = compile::gateway(Profile::Dev)?;
    tests(suite, built.program("weighbridge")?)?;
    Ok(None)
}

/// Whether there is a Python that the scripted providers run in; if not, what to say.
pub(crate) fn need_python() -> Result<(), String> {
    need("python3", (3, 11))
}

/// Whether Node and npm are here and recent enough; if not, what to say.
pub(crate) fn need_node() -> Result<(), String> {
    need("node", (20, 0)).and_then(|()| need("npm", (9, 0)))
}

/// A missing tool is a reason to skip at somebody's desk, and a failure in CI.
fn missing(reason: String) -> Result<Option<String>> {
    if machine::is_ci() {
        bail!("{reason}, and CI is set");
    }
    Ok(Some(reason))
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
