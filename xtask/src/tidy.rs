//! The rules of the house that a compiler does not know.
//!
//! Each rule is a function over the tree with its reason beside it. They run as
//! `cargo xtask tidy` and as an ordinary test of this crate, so that nobody has to remember them.

mod arrows;
mod invariants;
mod links;
mod manifests;
mod map;
mod members;
mod papers;
mod rooms;
mod text;
mod tree;
mod unwanted;
mod violation;

use anyhow::{Result, bail};

use crate::{machine, progress};
use tree::Tree;
use violation::Violation;

/// One rule of the house.
struct Rule {
    /// What it is called in messages.
    name: &'static str,
    /// Why it is one.
    reason: &'static str,
    /// Finds what breaks it.
    check: fn(&Tree) -> Vec<Violation>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "arrows",
        reason: "a crate uses only the crates that ARCHITECTURE.md lets it use",
        check: arrows::check,
    },
    Rule {
        name: "map",
        reason: "the code map is how newcomers find their way, so it is complete and true",
        check: map::check,
    },
    Rule {
        name: "invariants",
        reason: "what the code promises by name is written down where readers look",
        check: invariants::check,
    },
    Rule {
        name: "names",
        reason: "a file is named for the one noun in it, and lies where the noun's path says",
        check: rooms::names,
    },
    Rule {
        name: "sizes",
        reason: "a file over 800 lines holds more than one noun",
        check: rooms::sizes,
    },
    Rule {
        name: "white space",
        reason: "a diff shows what changed and nothing else",
        check: text::check,
    },
    Rule {
        name: "unwanted",
        reason: "unfinished work, tests that never run and names from nowhere stay out",
        check: unwanted::check,
    },
    Rule {
        name: "manifests",
        reason: "every crate has the same lints and licence, and says which versions it takes",
        check: manifests::check,
    },
    Rule {
        name: "papers",
        reason: "the files that readers and tools look for at the root are there",
        check: papers::check,
    },
    Rule { name: "links", reason: "a link in our own pages leads somewhere", check: links::check },
];

/// Checks the workspace's tree and prints what is wrong with it.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&machine::root())?;
    for line in rooms::summary(&tree) {
        progress::line(line);
    }
    let broken = check(&tree);
    if broken.is_empty() {
        progress::line(format_args!("tidy: {} rules hold", RULES.len()));
        return Ok(());
    }
    for line in &broken {
        progress::line(line);
    }
    let count = broken.iter().filter(|line| line.starts_with("  ")).count();
    bail!("tidy: {count} places break a rule of the house")
}

/// What breaks a rule, one line each under the rule's name and reason.
fn check(tree: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    for rule in RULES {
        let mut found = (rule.check)(tree);
        if !found.is_empty() {
            found.sort();
            lines.push(format!("{}: {}", rule.name, rule.reason));
            lines.extend(found.iter().map(|violation| format!("  {violation}")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let tree = Tree::read(&machine::root()).unwrap();
        let broken = check(&tree);
        assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    }

    #[test]
    fn a_broken_rule_is_named_with_its_reason_and_its_place() {
        let tree = Tree::of(&[("crates/a/src/util.rs", "fn a() {} \n")]);
        let lines = check(&tree);
        let rule = lines.iter().position(|line| line.starts_with("white space: ")).unwrap();
        assert!(lines[rule + 1].starts_with("  crates/a/src/util.rs:1: "), "{lines:?}");
    }
}
