//! What every crate's manifest says.

use super::tree::{File, Tree};
use super::violation::Violation;

/// Finds manifests without the workspace's lints and licence, and dependencies of any version.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in &tree.members {
        let path = member.manifest();
        let Some(manifest) = tree.file(&path) else { continue };
        if !has(manifest, "[lints]", "workspace = true") {
            let words = "`[lints]` with `workspace = true` is missing";
            found.push(Violation::at(&path, manifest.line_of("[lints]"), words));
        }
        if !has(manifest, "[package]", "license.workspace = true") {
            let words = "`license.workspace = true` is missing";
            found.push(Violation::at(&path, manifest.line_of("[package]"), words));
        }
        for need in member.needs.iter().filter(|need| need.folder.is_none()) {
            if need.versions == "*" {
                let words = format!("`{}` may have any version: name one", need.package);
                found.push(Violation::at(&path, manifest.line_of(&need.package), words));
            }
        }
    }
    found
}

/// Whether a section of a manifest has this line.
fn has(manifest: &File, section: &str, wanted: &str) -> bool {
    manifest
        .text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line == wanted)
}

#[cfg(test)]
mod tests {
    use super::super::members::{Member, Need};
    use super::*;

    fn words(manifest: &str, versions: &str) -> Vec<String> {
        let mut tree = Tree::of(&[("crates/a/Cargo.toml", manifest)]);
        let package = "serde".to_owned();
        let versions = versions.to_owned();
        tree.members = vec![Member {
            package: "weighbridge-a".to_owned(),
            folder: "crates/a".to_owned(),
            needs: vec![Need { package, folder: None, for_tests: false, versions }],
        }];
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_manifest_like_the_others_passes() {
        let manifest = "[package]\nlicense.workspace = true\n\n[lints]\nworkspace = true\n";
        assert_eq!(words(manifest, "^1"), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_named() {
        let manifest = "[package]\nlicense = \"MIT\"\n[dependencies]\nserde = \"*\"\n";
        assert_eq!(
            words(manifest, "*"),
            [
                "crates/a/Cargo.toml:1: `[lints]` with `workspace = true` is missing",
                "crates/a/Cargo.toml:1: `license.workspace = true` is missing",
                "crates/a/Cargo.toml:4: `serde` may have any version: name one",
            ]
        );
    }
}
