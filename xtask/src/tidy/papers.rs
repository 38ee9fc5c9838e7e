//! The files at the root that people and tools look for.

use super::tree::Tree;
use super::violation::Violation;

/// Their names.
const PAPERS: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

/// Finds those that are missing or empty.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    PAPERS
        .iter()
        .filter(|name| tree.file(name).is_none_or(|file| file.text.trim().is_empty()))
        .map(|name| Violation::at(name, 1, "missing or empty"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_empty_papers_are_found() {
        let mut files: Vec<(&str, &str)> = PAPERS.iter().map(|name| (*name, "text\n")).collect();
        assert_eq!(check(&Tree::of(&files)), []);
        files[3].1 = "\n";
        files.pop();
        let found: Vec<String> = check(&Tree::of(&files)).into_iter().map(|it| it.path).collect();
        assert_eq!(found, ["LICENSE", "rustfmt.toml"]);
    }
}
