//! Links from our own pages to our own files.

use super::tree::Tree;
use super::violation::Violation;

/// Finds links to files that are not there.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for page in tree.with_extension("md") {
        let mut in_code = false;
        for (number, line) in page.lines() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for target in targets(line) {
                let there = resolve(&page.path, target).is_none_or(|path| tree.has(&path));
                if !there {
                    let words = format!("`{target}` is not there");
                    found.push(Violation::at(&page.path, number, words));
                }
            }
        }
    }
    found
}

/// The targets of a line's links: `[words](target)`, and `[word]: target` on a line of its own.
fn targets(line: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = line;
    while let Some((_, after)) = rest.split_once("](") {
        let (target, after) = after.split_once(')').unwrap_or((after, ""));
        all.push(target);
        rest = after;
    }
    if let Some((_, target)) = line.strip_prefix('[').and_then(|line| line.split_once("]: ")) {
        all.push(target);
    }
    all.into_iter().filter_map(|target| target.split_whitespace().next()).collect()
}

/// The path from the root that a link on a page leads to; nothing when it leaves the tree.
fn resolve(page: &str, target: &str) -> Option<String> {
    let target = target.trim_matches(['<', '>']);
    let target = target.split('#').next().unwrap_or_default();
    if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/")).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(page: &str) -> Vec<String> {
        let tree = Tree::of(&[("docs/a.md", page), ("README.md", ""), ("docs/b/c.md", "")]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_inside_the_tree_lead_somewhere() {
        let page = "[r](../README.md) [c](b/c.md#part) [b](b/) [w](https://example.com/x)\n\
                    [top](#top)\n[x]: b/c.md\n```\n[no](gone.md)\n```\n";
        assert_eq!(words(page), Vec::<String>::new());
    }

    #[test]
    fn a_link_to_nowhere_is_found_with_its_line() {
        assert_eq!(
            words("a\n[r](README.md) and [x](b/d.md \"title\")\n"),
            ["docs/a.md:2: `README.md` is not there", "docs/a.md:2: `b/d.md` is not there"]
        );
    }
}
