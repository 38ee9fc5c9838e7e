//! Suites in Node, each in a folder of its own to which the tests are copied, since Node looks for a
//! package from where the importing file lies.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::install::{self, Place};
use super::{INSTALL, PROVIDERS, Suite, TESTS};
use crate::{machine, progress, tool};

/// The one folder that there may be within the tests.
const CALLERS: &str = "callers";

/// Installs what a suite needs and runs it against this program.
pub(crate) fn run(suite: &Suite, gateway: &Path) -> Result<()> {
    let tests = machine::root().join(suite.tests);
    let place = Place::new(suite.place);
    let manifest = install::text(&tests.join("package.json"))?;
    let lock = install::text(&tests.join("package-lock.json"))?;
    let version = tool::version("node", &["--version"]).unwrap_or_default();
    place.fill(&format!("{version}\n{manifest}{lock}"), || {
        progress::note(format_args!("installing {}", suite.needs));
        fs::write(place.folder.join("package.json"), &manifest)?;
        fs::write(place.folder.join("package-lock.json"), &lock)?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        tool::run(npm.current_dir(&place.folder), INSTALL)
            .with_context(|| format!("{} could not be installed", suite.needs))
    })?;
    let scripts = copy(&tests, &place.folder)?;
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec", "--test-timeout=60000"])
        .args(scripts.iter().filter(|name| name.ends_with(".test.mjs")))
        .current_dir(&place.folder)
        .env("WEIGHBRIDGE_MATRIX", suite.matrix())
        .env("WEIGHBRIDGE_BIN", gateway)
        .env("WEIGHBRIDGE_SDK", machine::root().join(PROVIDERS));
    tool::run(&mut node, TESTS)
}

/// Copies the scripts, takes away those of an earlier run, and returns the names of those that lie
/// in the folder itself, in order.
fn copy(from: &Path, to: &Path) -> Result<Vec<String>> {
    if from.join(CALLERS).is_dir() {
        copy_scripts(&from.join(CALLERS), &to.join(CALLERS))?;
    }
    copy_scripts(from, to)
}

fn copy_scripts(from: &Path, to: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for name in scripts(to)? {
        fs::remove_file(to.join(name))?;
    }
    let names = scripts(from)?;
    for name in &names {
        fs::copy(from.join(name), to.join(name)).with_context(|| name.clone())?;
    }
    Ok(names)
}

/// The names of the scripts in a folder.
fn scripts(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".mjs") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
