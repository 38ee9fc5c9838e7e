//! White space: none at line ends, one newline at the end, no tabs in Rust.

use super::tree::{File, Tree};
use super::violation::Violation;

/// What is written by people, and read by them.
const WRITTEN: [&str; 10] = ["rs", "sql", "toml", "md", "py", "mjs", "js", "ts", "yml", "txt"];
/// Samples whose bytes are what they are.
const SAMPLES: [&str; 2] = ["fixtures/", "testdata/"];

/// Finds white space that no reader sees.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        let is_sample = SAMPLES.iter().any(|folder| file.path.starts_with(folder));
        if !is_sample && WRITTEN.iter().any(|extension| file.is(extension)) {
            look(file, &mut found);
        }
    }
    found
}

fn look(file: &File, found: &mut Vec<Violation>) {
    for (number, line) in file.text.split('\n').enumerate().map(|(at, line)| (at + 1, line)) {
        if line.ends_with('\r') {
            found.push(Violation::at(&file.path, number, "carriage return at the line's end"));
        } else if line.trim_end() != line {
            found.push(Violation::at(&file.path, number, "white space at the line's end"));
        }
        if file.is("rs") && line.contains('\t') {
            found.push(Violation::at(&file.path, number, "a tab; four spaces are meant"));
        }
    }
    let lines = file.text.split('\n').count();
    if file.text.ends_with("\n\n") {
        found.push(Violation::at(&file.path, lines - 1, "empty lines at the end"));
    } else if !file.text.is_empty() && !file.text.ends_with('\n') {
        found.push(Violation::at(&file.path, lines, "no newline at the end"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_kind_of_stray_white_space_is_found() {
        assert_eq!(words("a.rs", "fn a() {}\n"), Vec::<String>::new());
        assert_eq!(words("a.rs", "a \nb\n"), ["a.rs:1: white space at the line's end"]);
        assert_eq!(words("a.md", "a\r\n"), ["a.md:1: carriage return at the line's end"]);
        assert_eq!(words("a.rs", "\tb\n"), ["a.rs:1: a tab; four spaces are meant"]);
        assert_eq!(words("a.py", "b\n\n"), ["a.py:2: empty lines at the end"]);
        assert_eq!(words("a.toml", "b"), ["a.toml:1: no newline at the end"]);
    }

    #[test]
    fn samples_and_other_files_keep_their_bytes() {
        assert_eq!(words("testdata/v1/a.txt", "a  "), Vec::<String>::new());
        assert_eq!(words("a.bin", "a  "), Vec::<String>::new());
    }
}
