//! The table of allowed arrows, as ARCHITECTURE.md has it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::File;
use super::super::violation::Violation;

/// How the table begins.
const HEADER: [&str; 2] = ["crate", "may depend on"];

/// What one crate may depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// Everything there is.
    pub(crate) anything: bool,
    /// These.
    pub(crate) names: BTreeSet<String>,
    /// The crate itself is only for others' tests.
    pub(crate) only_for_tests: bool,
}

/// The rows, by crate.
#[derive(Debug, Default)]
pub(crate) struct Table {
    line: usize,
    rows: BTreeMap<String, Allowed>,
}

impl Table {
    /// Reads the table from a page, and says what is wrong with it.
    pub(crate) fn read(page: &File) -> (Self, Vec<Violation>) {
        let mut table = Self::default();
        let mut found = Vec::new();
        let mut mentioned = Vec::new();
        for (number, line) in page.lines() {
            let Some(cells) = cells(line) else {
                if table.line > 0 {
                    break;
                }
                continue;
            };
            if table.line == 0 {
                if cells == HEADER {
                    table.line = number;
                }
                continue;
            }
            if cells.iter().all(|cell| cell.trim_matches([':', '-']).is_empty()) {
                continue;
            }
            let [crates, allowed] = cells.as_slice() else {
                found.push(Violation::at(&page.path, number, "a row has two cells"));
                continue;
            };
            let allowed = parse(allowed);
            mentioned.extend(allowed.names.iter().map(|name| (number, name.clone())));
            for name in names(crates) {
                if table.rows.insert(name.clone(), allowed.clone()).is_some() {
                    let words = format!("`{name}` has a row already");
                    found.push(Violation::at(&page.path, number, words));
                }
            }
        }
        if table.line == 0 {
            let words = format!("there is no table `| {} | {} |`", HEADER[0], HEADER[1]);
            return (table, vec![Violation::at(&page.path, 1, words)]);
        }
        for (number, name) in mentioned {
            if !table.rows.contains_key(&name) {
                let words = format!("`{name}` is in no row's first cell");
                found.push(Violation::at(&page.path, number, words));
            }
        }
        (table, found)
    }

    /// What a crate may depend on.
    pub(crate) fn get(&self, name: &str) -> Option<&Allowed> {
        self.rows.get(name)
    }

    /// The line of its header.
    pub(crate) fn line(&self) -> usize {
        self.line.max(1)
    }
}

/// The cells of a table's row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// `chain, core` as names.
fn names(cell: &str) -> impl Iterator<Item = String> {
    cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()).filter(|it| !it.is_empty())
}

/// Reads a second cell; what follows a semicolon is for people, but for one sentence.
fn parse(cell: &str) -> Allowed {
    let (what, remark) = cell.split_once(';').unwrap_or((cell, ""));
    let what = what.trim();
    let only_for_tests = remark.contains("only as a dev-dependency");
    let listed = match what.strip_prefix("nothing of ours") {
        Some(rest) => rest.trim().strip_prefix("but ").unwrap_or_default(),
        None if what == "anything" => "",
        None => what,
    };
    Allowed { anything: what == "anything", names: names(listed).collect(), only_for_tests }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Table, Vec<String>) {
        let file = File { path: "A.md".to_owned(), text: text.to_owned() };
        let (table, found) = Table::read(&file);
        (table, found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_wording_is_understood() {
        let only = |names: &[&str]| Allowed {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Allowed::default()
        };
        assert_eq!(parse("server, `core`"), only(&["server", "core"]));
        assert_eq!(parse("nothing of ours"), only(&[]));
        assert_eq!(parse("nothing of ours but endpoint; they ship"), only(&["endpoint"]));
        assert_eq!(parse("anything"), Allowed { anything: true, ..only(&[]) });
        let testkit = parse("anything; used only as a dev-dependency");
        assert!(testkit.anything && testkit.only_for_tests);
    }

    #[test]
    fn rows_may_share_an_answer() {
        let (table, found) = read(
            "# A\n\n| crate | may depend on |\n|---|---|\n| chain, core | proof |\n| proof | nothing of ours |\n\ntext\n",
        );
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(table.get("chain"), table.get("core"));
        assert_eq!(table.get("text"), None);
        assert_eq!(table.line(), 3);
    }

    #[test]
    fn a_misspelt_or_repeated_name_is_found() {
        let (_, found) =
            read("| crate | may depend on |\n|---|---|\n| a | prof |\n| a | anything |\n");
        assert_eq!(
            found,
            ["A.md:4: `a` has a row already", "A.md:3: `prof` is in no row's first cell"]
        );
        assert_eq!(read("nothing\n").1, ["A.md:1: there is no table `| crate | may depend on |`"]);
    }
}
