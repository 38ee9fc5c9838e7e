//! Which crate may use which: the table in ARCHITECTURE.md against what the manifests say.

mod table;

use super::members::{Member, Need, room};
use super::tree::Tree;
use super::violation::Violation;
use table::{Allowed, Table};

/// The page with the table.
pub(crate) const PAGE: &str = "ARCHITECTURE.md";

/// Finds dependencies that the table does not allow, and crates it does not know.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(page) = tree.file(PAGE) else { return Vec::new() };
    let (table, mut found) = Table::read(page);
    for member in &tree.members {
        match table.get(member.room()) {
            Some(allowed) => found.extend(edges(tree, &table, member, allowed)),
            None => found.push(Violation::at(
                PAGE,
                table.line(),
                format!("the table has no row for `{}` ({})", member.room(), member.folder),
            )),
        }
    }
    found
}

fn edges(tree: &Tree, table: &Table, member: &Member, allowed: &Allowed) -> Vec<Violation> {
    member
        .needs
        .iter()
        .filter(|need| !need.for_tests)
        .filter_map(|need| {
            let words = objection(table, member, allowed, need)?;
            let manifest = member.manifest();
            let line = tree.file(&manifest).map_or(1, |file| file.line_of(&need.package));
            Some(Violation::at(&manifest, line, words))
        })
        .collect()
}

/// Why a crate may not use another, if it may not.
fn objection(table: &Table, member: &Member, allowed: &Allowed, need: &Need) -> Option<String> {
    let (from, to) = (member.room(), room(need.folder.as_deref()?));
    let only_for_tests = table.get(to).is_some_and(|allowed| allowed.only_for_tests);
    if only_for_tests && !allowed.anything {
        return Some(format!("`{to}` is for tests only: make it a dev-dependency of `{from}`"));
    }
    if allowed.anything || allowed.names.contains(to) {
        return None;
    }
    Some(format!("`{from}` may not depend on `{to}`: {PAGE} has no such arrow"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "\
| crate | may depend on |
|---|---|
| weighbridge | server |
| server | core |
| core | nothing of ours |
| testkit | anything; used only as a dev-dependency |
| xtask | anything |
| examples | nothing of ours but core; shipped beside `weighbridge` |
";

    fn member(folder: &str, needs: &[(&str, bool)]) -> Member {
        let needs = needs
            .iter()
            .map(|(folder, for_tests)| Need {
                package: format!("weighbridge-{}", room(folder)),
                folder: Some((*folder).to_owned()),
                for_tests: *for_tests,
                versions: "*".to_owned(),
            })
            .collect();
        Member { package: String::new(), folder: folder.to_owned(), needs }
    }

    fn check_members(members: Vec<Member>) -> Vec<String> {
        let manifest = "[dependencies]\nweighbridge-server = {}\n";
        let mut tree = Tree::of(&[(PAGE, ROWS), ("crates/core/Cargo.toml", manifest)]);
        tree.members = members;
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn allowed_arrows_and_tests_of_any_kind_pass() {
        let members = vec![
            member("crates/server", &[("crates/core", false), ("crates/testkit", true)]),
            member("crates/core", &[("crates/server", true)]),
            member("crates/testkit", &[("crates/server", false)]),
            member("xtask", &[("crates/testkit", false)]),
            member("examples/engines/summary", &[("crates/core", false)]),
        ];
        assert_eq!(check_members(members), Vec::<String>::new());
    }

    #[test]
    fn another_arrow_is_named_with_its_line() {
        let found = check_members(vec![member("crates/core", &[("crates/server", false)])]);
        assert_eq!(
            found,
            ["crates/core/Cargo.toml:2: `core` may not depend on `server`: \
              ARCHITECTURE.md has no such arrow"]
        );
    }

    #[test]
    fn a_crate_for_tests_stays_out_of_what_ships() {
        let found = check_members(vec![member("crates/server", &[("crates/testkit", false)])]);
        assert!(found[0].contains("for tests only"), "{found:?}");
    }

    #[test]
    fn a_crate_without_a_row_is_named() {
        let found = check_members(vec![member("crates/chain", &[])]);
        assert!(found[0].contains("no row for `chain`"), "{found:?}");
    }
}
