//! The code map of ARCHITECTURE.md against the folders there are.

use std::collections::BTreeSet;

use super::arrows::PAGE;
use super::tree::{File, Tree};
use super::violation::Violation;

/// The heading of the map's section.
const HEADING: &str = "code map";
/// Folders whose paths, wherever the page names them, have to exist.
const KNOWN: [&str; 3] = ["crates/", "examples/", "xtask/"];

/// Finds paths on the page that lead nowhere, and crates that the map leaves out.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(page) = tree.file(PAGE) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, path) in paths(page) {
        if !tree.has(&path) {
            found.push(Violation::at(PAGE, number, format!("`{path}` does not exist")));
        }
    }
    let (line, named) = map(page);
    for member in &tree.members {
        if !named.contains(&member.folder) {
            let words = format!("the code map does not name `{}`", member.folder);
            found.push(Violation::at(PAGE, line, words));
        }
    }
    found
}

/// The paths in backticks that begin with a folder of ours, with their lines.
fn paths(page: &File) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (number, line) in page.lines() {
        for path in quoted(line) {
            let is_pattern = path.contains(['*', '<', '{', ' ']);
            if KNOWN.iter().any(|folder| path.starts_with(folder)) && !is_pattern {
                all.push((number, path.trim_end_matches('/').to_owned()));
            }
        }
    }
    all
}

/// The line of the map's heading, and what stands in backticks under it.
fn map(page: &File) -> (usize, BTreeSet<String>) {
    let mut start = 0;
    let mut named = BTreeSet::new();
    for (number, line) in page.lines() {
        if line.starts_with("## ") {
            if start > 0 {
                break;
            }
            if line.to_lowercase().contains(HEADING) {
                start = number;
            }
        } else if start > 0 {
            named.extend(quoted(line).map(|path| path.trim_end_matches('/').to_owned()));
        }
    }
    (start.max(1), named)
}

/// What a line has between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::super::members::Member;
    use super::*;

    fn tree(page: &str, members: &[&str]) -> Tree {
        let mut tree = Tree::of(&[(PAGE, page), ("crates/core/src/lib.rs", "")]);
        tree.members = members
            .iter()
            .map(|folder| Member {
                package: String::new(),
                folder: (*folder).to_owned(),
                needs: Vec::new(),
            })
            .collect();
        tree
    }

    #[test]
    fn a_complete_and_true_map_passes() {
        let page = "# A\n## Code map\n- `crates/core/`: rules, `crates/core/src/lib.rs`\n## B\n";
        assert_eq!(check(&tree(page, &["crates/core"])), []);
    }

    #[test]
    fn a_crate_outside_the_map_and_a_path_to_nowhere_are_found() {
        let page = "## Code map\n`crates/gone`\n## Later\n`crates/core`\n";
        let found: Vec<String> =
            check(&tree(page, &["crates/core"])).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "ARCHITECTURE.md:2: `crates/gone` does not exist",
                "ARCHITECTURE.md:1: the code map does not name `crates/core`",
            ]
        );
    }
}
