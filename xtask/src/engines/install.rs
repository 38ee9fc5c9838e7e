//! llama.cpp's server, out of the sources that the Python package `llama-cpp-python` carries.
//!
//! Package registries have no program of it, so it is built here, once per list of versions. What the
//! server can do without (pages for browsers, TLS, many threads) is left out.

use std::ffi::OsString;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::ninja;
use crate::sdk::install::{self, Place};
use crate::stopwatch::{self, Stopwatch};
use crate::{machine, progress, tool};

/// Most time for what is fetched.
const FETCH: Duration = Duration::from_secs(10 * 60);
/// Most time for what only reads or unpacks.
const SHORT: Duration = Duration::from_secs(2 * 60);

/// The program that is built.
const SERVER: &str = "llama-server";

/// What it is built like. It has to answer, not to be fast: optimising takes longer than all calls.
const OPTIONS: [&str; 12] = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_CCACHE=OFF",
    "-DGGML_OPENMP=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
];

/// Builds the server, unless it is there already, and says where it lies.
pub(crate) fn server() -> Result<PathBuf> {
    let lists = machine::root().join("tests/engines");
    let (tools, sources) = (lists.join("requirements.txt"), lists.join("sources.txt"));
    let place = Place::at(machine::target().join("engines"));
    let server = place.folder.join(SERVER);
    let version = tool::version("python3", &["--version"]).unwrap_or_default();
    let list = format!(
        "{version}\n{}{}{}",
        install::text(&tools)?,
        install::text(&sources)?,
        OPTIONS.join("\n")
    );
    place.fill(&list, || {
        let watch = Stopwatch::start();
        progress::note("fetching llama.cpp's sources and what they are built with");
        let bin = tools_in(&place.folder.join("venv"), &tools)?;
        let unpacked = fetch(&place.folder, &bin, &sources)?;
        build(&place.folder, &bin, &unpacked)?;
        let time = stopwatch::words(watch.elapsed());
        progress::note(format_args!(
            "{SERVER} is built, in {time}; it stays in {}",
            shown(&server)
        ));
        Ok(())
    })?;
    Ok(server)
}

/// A virtual environment with the tools, and the folder of its programs.
fn tools_in(venv: &Path, list: &Path) -> Result<PathBuf> {
    tool::run(Command::new("python3").args(["-m", "venv"]).arg(venv), FETCH)?;
    let bin = venv.join("bin");
    let mut pip = pip(&bin);
    tool::run(pip.args(["install", "--quiet", "--requirement"]).arg(list), FETCH)
        .context("the tools could not be installed")?;
    Ok(bin)
}

/// Fetches the sources, as the list has their hash, and unpacks them.
fn fetch(folder: &Path, bin: &Path, list: &Path) -> Result<PathBuf> {
    let package = folder.join("package");
    let mut pip = pip(bin);
    pip.args(["download", "--quiet", "--no-deps", "--no-binary=:all:", "--no-build-isolation"]);
    pip.arg("--require-hashes").arg("--requirement").arg(list).arg("--dest").arg(&package);
    tool::run(pip.env("PATH", path(bin)?), FETCH).context("the sources could not be fetched")?;
    let archive = only(&package)?;
    let unpacked = folder.join("sources");
    fs::create_dir_all(&unpacked)?;
    let mut unpack = Command::new(bin.join("python"));
    unpack.args(["-m", "tarfile", "--extract"]).arg(archive).arg(&unpacked);
    tool::run(&mut unpack, SHORT).context("the sources could not be unpacked")?;
    Ok(only(&unpacked)?.join("vendor/llama.cpp"))
}

/// Builds the server and takes away all that it was built from.
fn build(folder: &Path, bin: &Path, sources: &Path) -> Result<()> {
    let built = folder.join("build");
    let mut cmake = Command::new(bin.join("cmake"));
    cmake.arg("-S").arg(sources).arg("-B").arg(&built).args(["-G", "Ninja", "--log-level=WARNING"]);
    cmake.args(OPTIONS).env("PATH", path(bin)?);
    tool::run(&mut cmake, SHORT).context("the build could not be set up")?;
    let mut command = Command::new(bin.join("ninja"));
    let jobs = thread::available_parallelism().map_or(1, NonZero::get);
    command.arg("-C").arg(&built).args(["-j", &jobs.to_string()]).arg(SERVER);
    ninja::run(&mut command)?;
    let server = built.join("bin").join(SERVER);
    fs::copy(&server, folder.join(SERVER)).with_context(|| shown(&server))?;
    for rest in ["build", "sources", "package", "venv"] {
        fs::remove_dir_all(folder.join(rest)).with_context(|| rest.to_owned())?;
    }
    Ok(())
}

fn pip(bin: &Path) -> Command {
    let mut pip = Command::new(bin.join("python"));
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    pip
}

/// Where programs are looked for: among the tools first.
fn path(bin: &Path) -> Result<OsString> {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&usual));
    Ok(std::env::join_paths(folders)?)
}

/// The one thing in a folder.
fn only(folder: &Path) -> Result<PathBuf> {
    let mut found = fs::read_dir(folder).with_context(|| shown(folder))?;
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one?.path()),
        _ => bail!("{} was to have one thing in it", shown(folder)),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
