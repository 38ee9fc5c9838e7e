//! What may not stand in Rust code: unfinished work, tests that never run, names from nowhere.

use super::tree::{File, Tree};
use super::violation::Violation;

/// What is looked for, and what to do instead. Written in two halves, so that this file passes.
const PATTERNS: [(&str, &str); 3] = [
    (concat!("#[ig", "nore"), "a test that does not run tests nothing: mend it or delete it"),
    (concat!("to", "do!("), "unfinished work has an issue, not a panic"),
    (concat!("unimpl", "emented!("), "unfinished work has an issue, not a panic"),
];
/// Imports of everything, which tests of a module may make.
const GLOBS: [&str; 2] = [concat!("use super:", ":*"), concat!("use crate:", ":*")];

/// Finds them.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.with_extension("rs") {
        look(file, &mut found);
    }
    found
}

fn look(file: &File, found: &mut Vec<Violation>) {
    let mut in_tests = file.name() == "tests.rs" || file.path.contains("/tests/");
    for (number, line) in file.lines() {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        in_tests = in_tests || code.starts_with("#[cfg(test)]");
        for (pattern, words) in PATTERNS {
            if code.contains(pattern) {
                found.push(Violation::at(&file.path, number, words));
            }
        }
        let code = code.strip_prefix("pub ").unwrap_or(code);
        if !in_tests && GLOBS.iter().any(|glob| code.starts_with(glob)) {
            found.push(Violation::at(&file.path, number, "name what is imported"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).iter().map(|found| found.line).collect()
    }

    #[test]
    fn unfinished_work_and_idle_tests_are_found() {
        let [(idle, _), (later, _), _] = PATTERNS;
        let text = format!("// {idle}\n{idle} = \"slow\"]\nfn a() {{ {later}) }}\n");
        assert_eq!(lines("a/src/a.rs", &text), [2, 3]);
    }

    #[test]
    fn only_tests_may_import_everything() {
        let [parent, whole] = GLOBS;
        let text = format!("{parent};\n{whole};\n#[cfg(test)]\nmod tests {{\n    {parent};\n}}\n");
        assert_eq!(lines("a/src/a.rs", &text), [1, 2]);
        assert_eq!(lines("a/tests/a.rs", &format!("{parent};\n")), [0; 0]);
    }
}
