//! The workspace as the rules see it: its files in memory, and its members.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::members::{self, Member};

/// Longest path of folders that is followed.
const DEPTH: usize = 16;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its text; empty when it is not text.
    pub(crate) text: String,
}

impl File {
    /// Whether its name ends in `.` and this.
    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// The last part of its path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Its lines with their numbers, counted from one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The number of the first line that contains `words`, or one.
    pub(crate) fn line_of(&self, words: &str) -> usize {
        self.lines().find(|(_, line)| line.contains(words)).map_or(1, |(number, _)| number)
    }
}

/// All files and members.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The files, by path.
    pub(crate) files: Vec<File>,
    /// The workspace's crates.
    pub(crate) members: Vec<Member>,
}

impl Tree {
    /// Reads the tree under `root`, without what its `.gitignore` names.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let mut files = Vec::new();
        walk(root, "", &ignored, DEPTH, &mut files)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { files, members: members::read(root)? })
    }

    /// A made-up tree without members.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        Self { files, members: Vec::new() }
    }

    /// The file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or folder is at a path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| {
            file.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The files whose name ends so.
    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.is(extension))
    }
}

fn walk(root: &Path, under: &str, ignored: &str, depth: usize, out: &mut Vec<File>) -> Result<()> {
    let folder = root.join(under);
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if under.is_empty() { name.clone() } else { format!("{under}/{name}") };
        let kind = entry.file_type()?;
        if name == ".git" || is_ignored(ignored, &path, &name) {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            walk(root, &path, ignored, depth - 1, out)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| path.clone())?;
            out.push(File { path, text: String::from_utf8(bytes).unwrap_or_default() });
        }
    }
    Ok(())
}

/// Whether `.gitignore` names this path: `/a/b` from the root, `a` anywhere. Its other forms are
/// not used here.
fn is_ignored(ignored: &str, path: &str, name: &str) -> bool {
    ignored.lines().map(|line| line.trim().trim_end_matches('/')).any(|line| {
        match line.strip_prefix('/') {
            Some(anchored) => anchored == path,
            None => !line.is_empty() && line == name,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_names_are_anchored_or_anywhere() {
        let ignored = "/target\nnode_modules\n__pycache__/\n";
        assert!(is_ignored(ignored, "target", "target"));
        assert!(!is_ignored(ignored, "docs/target", "target"));
        assert!(is_ignored(ignored, "tests/node_modules", "node_modules"));
        assert!(is_ignored(ignored, "tests/__pycache__", "__pycache__"));
        assert!(!is_ignored(ignored, "src", "src"));
    }

    #[test]
    fn a_folder_is_there_when_something_is_in_it() {
        let tree = Tree::of(&[("docs/book/one.md", "")]);
        assert!(tree.has("docs/book"));
        assert!(tree.has("docs/book/one.md"));
        assert!(!tree.has("docs/boo"));
    }
}
