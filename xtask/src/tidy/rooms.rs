//! Small rooms: how files are named and how long they are.

use super::tree::Tree;
use super::violation::Violation;

/// Lines above which a file is a defect.
const DEFECT: usize = 800;
/// Lines above which a file is mentioned.
const LONG: usize = 400;
/// Names that say nothing about what is inside.
const EMPTY: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];

/// Finds files and folders with names that say nothing, and `mod.rs`.
pub(crate) fn names(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.with_extension("rs") {
        if file.name() == "mod.rs" {
            found.push(Violation::at(&file.path, 1, "name the file after its folder, beside it"));
        }
        let parts = file.path.trim_end_matches(".rs").split('/');
        if let Some(empty) = parts.into_iter().find(|part| EMPTY.contains(part)) {
            found.push(Violation::at(&file.path, 1, format!("`{empty}` names no noun")));
        }
    }
    found
}

/// Finds files that are far too long.
pub(crate) fn sizes(tree: &Tree) -> Vec<Violation> {
    lengths(tree)
        .into_iter()
        .filter(|(length, _)| *length > DEFECT)
        .map(|(length, path)| {
            Violation::at(path, length, format!("{length} lines; {DEFECT} is the most"))
        })
        .collect()
}

/// The median length and the files that are long, for people to read.
pub(crate) fn summary(tree: &Tree) -> Vec<String> {
    let lengths = lengths(tree);
    let median = lengths.get(lengths.len() / 2).map_or(0, |(length, _)| *length);
    let mut lines = vec![format!("{} Rust files, median {median} lines", lengths.len())];
    for (length, path) in lengths.iter().rev().filter(|(length, _)| *length > LONG) {
        lines.push(format!("warning: {path} has {length} lines; above {LONG} is long"));
    }
    lines
}

/// The Rust files with their lengths, shortest first.
fn lengths(tree: &Tree) -> Vec<(usize, &str)> {
    let mut lengths: Vec<_> = tree
        .with_extension("rs")
        .map(|file| (file.text.lines().count(), file.path.as_str()))
        .collect();
    lengths.sort_unstable();
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found_in_files_and_folders() {
        let tree = Tree::of(&[
            ("a/src/mod.rs", ""),
            ("a/src/helpers.rs", ""),
            ("a/src/common/x.rs", ""),
            ("a/src/commons.rs", ""),
            ("docs/util.md", ""),
        ]);
        let paths: Vec<String> = names(&tree).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["a/src/mod.rs", "a/src/helpers.rs", "a/src/common/x.rs"]);
    }

    #[test]
    fn long_files_are_mentioned_and_very_long_ones_are_defects() {
        let (long, defect) = ("\n".repeat(401), "\n".repeat(801));
        let tree = Tree::of(&[("a.rs", "\n"), ("b.rs", &long), ("c.rs", &defect)]);
        assert_eq!(sizes(&tree).len(), 1);
        assert_eq!(sizes(&tree)[0].path, "c.rs");
        let lines = summary(&tree);
        assert_eq!(lines[0], "3 Rust files, median 401 lines");
        assert_eq!(lines.len(), 3);
    }
}
