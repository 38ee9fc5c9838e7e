//! The invariants of the code against the page that lists them.

use std::collections::BTreeSet;

use super::arrows::PAGE;
use super::tree::{File, Tree};
use super::violation::Violation;

/// Where the code lists them.
const LIST: &str = "crates/core/src/invariant";

/// Finds invariants that the code has and the page does not name in bold, like **R1**.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let page = tree.file(PAGE).map_or("", |page| page.text.as_str());
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in tree.with_extension("rs").filter(|file| is_list(file)) {
        for (number, line) in file.lines() {
            let Some(id) = id(line) else { continue };
            if seen.insert(id) && !page.contains(&format!("**{id}**")) {
                let words = format!("{PAGE} does not name the invariant **{id}**");
                found.push(Violation::at(&file.path, number, words));
            }
        }
    }
    found
}

fn is_list(file: &File) -> bool {
    file.path.strip_prefix(LIST).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The id in a line like `id: "R1",`.
fn id(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("id: \"")?;
    let (id, _) = rest.split_once('"')?;
    let is_id = id.starts_with(|letter: char| letter.is_ascii_uppercase())
        && id.ends_with(|letter: char| letter.is_ascii_digit());
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invariant_that_the_page_leaves_out_is_found() {
        let list = "    Invariant { id: \"R1\", words: \"\" },\n    Invariant { id: \"F2\" },\n";
        let tree = Tree::of(&[(PAGE, "- **R1** said.\n"), ("crates/core/src/invariant.rs", list)]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["crates/core/src/invariant.rs:2: \
              ARCHITECTURE.md does not name the invariant **F2**"]
        );
    }

    #[test]
    fn other_files_and_other_ids_do_not_matter() {
        let line = "Thing { id: \"Q1\" }\n";
        let tree = Tree::of(&[(PAGE, ""), ("crates/core/src/id.rs", line)]);
        assert_eq!(check(&tree), []);
        assert_eq!(id("id: \"acct_1\""), None);
    }
}
