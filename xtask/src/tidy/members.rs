//! The workspace's crates, as cargo describes them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::tool;

/// How long cargo may take to read a few manifests.
const LIMIT: Duration = Duration::from_secs(120);

/// One crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The package's name.
    pub(crate) package: String,
    /// Its folder, from the root.
    pub(crate) folder: String,
    /// Its dependencies on crates of ours and on others.
    pub(crate) needs: Vec<Need>,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// The package's name.
    pub(crate) package: String,
    /// Its folder from the root, when it is one of ours.
    pub(crate) folder: Option<String>,
    /// Whether only tests need it.
    pub(crate) for_tests: bool,
    /// The versions it may have.
    pub(crate) versions: String,
}

impl Member {
    /// Its manifest's path.
    pub(crate) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    /// The name that ARCHITECTURE.md's table has for it.
    pub(crate) fn room(&self) -> &str {
        room(&self.folder)
    }
}

/// The table's name for a folder: the crate's own under `crates/`, the first folder elsewhere.
pub(crate) fn room(folder: &str) -> &str {
    let inner = folder.strip_prefix("crates/").unwrap_or(folder);
    inner.split('/').next().unwrap_or(inner)
}

/// Asks cargo for the members of the workspace at `root`.
pub(crate) fn read(root: &Path) -> Result<Vec<Member>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1"]);
    let said = tool::capture(&mut command, LIMIT)?;
    parse(&serde_json::from_str(&said)?)
}

/// Reads what `cargo metadata --no-deps` says.
pub(crate) fn parse(metadata: &Value) -> Result<Vec<Member>> {
    let root = text(metadata, "workspace_root").context("metadata without a root")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    packages.iter().map(|package| member(package, root)).collect()
}

fn member(package: &Value, root: &str) -> Result<Member> {
    let name = text(package, "name").context("a package without a name")?.to_owned();
    let manifest = text(package, "manifest_path").context("a package without a manifest")?;
    let folder = manifest.strip_suffix("Cargo.toml").unwrap_or(manifest);
    let needs = package.get("dependencies").and_then(Value::as_array);
    Ok(Member {
        folder: from_root(folder, root),
        needs: needs.into_iter().flatten().map(|need| self::need(need, root)).collect(),
        package: name,
    })
}

fn need(need: &Value, root: &str) -> Need {
    Need {
        package: text(need, "name").unwrap_or_default().to_owned(),
        folder: text(need, "path").map(|path| from_root(path, root)),
        for_tests: text(need, "kind") == Some("dev"),
        versions: text(need, "req").unwrap_or_default().to_owned(),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn from_root(path: &str, root: &str) -> String {
    path.strip_prefix(root).unwrap_or(path).replace('\\', "/").trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_from_the_root_and_rooms_are_their_names() {
        let metadata = serde_json::json!({"workspace_root": "/w", "packages": [{
        "name": "weighbridge-store", "manifest_path": "/w/crates/store/Cargo.toml",
        "dependencies": [
            {"name": "weighbridge-core", "path": "/w/crates/core", "kind": null, "req": "*"},
            {"name": "tempfile", "kind": "dev", "req": "^3"},
        ]}]});
        let members = parse(&metadata).unwrap();
        assert_eq!(members[0].folder, "crates/store");
        assert_eq!(members[0].room(), "store");
        assert_eq!(members[0].manifest(), "crates/store/Cargo.toml");
        assert_eq!(members[0].needs[0].folder.as_deref(), Some("crates/core"));
        assert!(members[0].needs[1].for_tests);
        assert_eq!(room("examples/engines/summary"), "examples");
        assert_eq!(room("xtask"), "xtask");
    }
}
