//! Suites in Python, each in a virtual environment of its own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::install::{self, Place};
use super::{INSTALL, Suite, TESTS};
use crate::{machine, progress, tool};

/// Installs what a suite needs and runs it against this program.
pub(crate) fn run(suite: &Suite, gateway: &Path) -> Result<()> {
    let tests = machine::root().join(suite.tests);
    let list = tests.join("requirements.txt");
    let place = Place::new(suite.place);
    let python = place.folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let version = tool::version("python3", &["--version"]).unwrap_or_default();
    place.fill(&format!("{version}\n{}", install::text(&list)?), || {
        progress::note(format_args!("installing {}", suite.needs));
        let mut venv = Command::new("python3");
        tool::run(venv.args(["-m", "venv"]).arg(&place.folder), INSTALL)?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        tool::run(pip.arg("--requirement").arg(&list), INSTALL)
            .with_context(|| format!("{} could not be installed", suite.needs))
    })?;
    let mut pytest = Command::new(&python);
    pytest
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
        .arg(&tests)
        .current_dir(&tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("WEIGHBRIDGE_MATRIX", suite.matrix())
        .env("WEIGHBRIDGE_BIN", gateway);
    tool::run(&mut pytest, TESTS)
}
