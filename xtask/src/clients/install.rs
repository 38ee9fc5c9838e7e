//! The agents, from npm, at the versions that the lock file names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::sdk::install::Place;
pub(crate) use crate::sdk::install::text;
use crate::{machine, progress, tool};

/// Most time for an installation.
const INSTALL: Duration = Duration::from_secs(10 * 60);

/// The folder of everything that is kept here.
pub(crate) fn folder() -> PathBuf {
    machine::target().join("clients")
}

/// The folder of the packages.
pub(crate) fn modules() -> PathBuf {
    folder().join("npm").join("node_modules")
}

/// Installs the agents, unless they are there already. No script of theirs is run: what they fetch
/// beside npm they would fetch unpinned.
pub(crate) fn agents() -> Result<()> {
    let list = machine::root().join("tests/clients/agents");
    let place = Place::at(folder().join("npm"));
    let read = |name: &str| text(&list.join(name));
    let (manifest, lock) = (read("package.json")?, read("package-lock.json")?);
    let version = tool::version("node", &["--version"]).unwrap_or_default();
    place.fill(&format!("{version}\n{manifest}{lock}"), || {
        progress::note("installing Claude Code and Codex");
        write(&place.folder, "package.json", &manifest)?;
        write(&place.folder, "package-lock.json", &lock)?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        tool::run(npm.current_dir(&place.folder), INSTALL)
            .context("the agents could not be installed")
    })
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    fs::write(folder.join(name), text).with_context(|| name.to_owned())
}
