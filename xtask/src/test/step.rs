//! The list of checks.

use anyhow::Result;

use super::steps;
use crate::crash;
use crate::sdk;
use crate::tidy;

/// One check: `Ok(Some(reason))` says why it could not be made here.
pub(crate) struct Step {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it checks.
    pub(crate) about: &'static str,
    /// Makes the check.
    pub(crate) run: fn() -> Result<Option<String>>,
}

impl Step {
    /// Whether this name, or this first word of a name, means the step.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// All of them: quick ones first, so that a slip is said early.
pub(crate) const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the formatter would change nothing", run: steps::fmt },
    Step { name: "tidy", about: "the rules of the house hold", run: || tidy::run().map(|()| None) },
    Step { name: "clippy", about: "the lints have nothing to say", run: steps::clippy },
    Step { name: "doc", about: "the documentation builds, its links lead on", run: steps::doc },
    Step { name: "test", about: "unit, property and integration tests", run: steps::test },
    Step { name: "doctest", about: "the examples in the documentation", run: steps::doctest },
    Step { name: "sdk-python", about: "the official Python SDKs call it", run: sdk::python },
    Step { name: "sdk-node", about: "the official Node SDKs call it", run: sdk::node },
    Step {
        name: "sdk-python-clients",
        about: "LangChain, LlamaIndex, Continue and Open WebUI call it",
        run: sdk::python_clients,
    },
    Step { name: "sdk-node-clients", about: "Vercel's ai calls it", run: sdk::node_clients },
    Step {
        name: "crash",
        about: "kills, power cuts, a full and a failing disk",
        run: || crash::short(None, None),
    },
    Step { name: "quickstart", about: "the newcomer's first minute", run: steps::quickstart },
];
