//! Where things lie on this machine, and how many files a process may have open.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// What `cargo xtask bench` says the gateway's binary by.
pub(crate) const GATEWAY: &str = "WEIGHBRIDGE_BENCH_GATEWAY";

/// Files that a process has to have open at least: two connections for each of a thousand streams,
/// and what was open before.
const OPEN_FILES: u64 = 4_096;

/// Programs that do a like job, and would be measured if anybody had set them up.
const LIKE: [&str; 4] = ["litellm", "envoy", "haproxy", "traefik"];

/// The gateway's binary.
pub(crate) fn gateway() -> Result<PathBuf> {
    let said = std::env::var_os(GATEWAY).map(PathBuf::from);
    said.with_context(|| {
        format!("no gateway to measure: run `cargo xtask bench`, or say its binary in {GATEWAY}")
    })
}

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let mut here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.pop();
    here
}

/// What this program may write to, and find again at its next run.
pub(crate) fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join("bench")
}

/// A path as somebody at the workspace's root would write it.
pub(crate) fn shown(path: &std::path::Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Lets this process, and those that it starts, have as many files open as the system allows, and
/// says how many that is.
pub(crate) fn raise_open_files() -> Result<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("the limit of open files cannot be raised")?;
    let files = limit.current.unwrap_or(u64::MAX);
    ensure!(files >= OPEN_FILES, "{files} open files are too few: `ulimit -Hn {OPEN_FILES}` first");
    Ok(files)
}

/// Which programs like ours this machine has, in words: only nginx is measured.
pub(crate) fn others() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let is_here = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
    let here: Vec<&str> = LIKE.into_iter().filter(|name| is_here(name)).collect();
    match here.as_slice() {
        [] => format!("none installed of {}", LIKE.join(", ")),
        here => format!("{} installed, and not measured", here.join(", ")),
    }
}
