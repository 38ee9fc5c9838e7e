//! The control groups that this process is in (version 2). A container or a service gets a part of its
//! machine by them, and what is left of that part is all that it has.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// Where groups are, on every system that has only those of version 2.
const ROOT: &str = "/sys/fs/cgroup";

/// The groups' folders, the own one first and then those around it: each may have a limit.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<PathBuf>);

impl Groups {
    /// Those of this process; none where the system has no groups of that version.
    pub(super) fn mine() -> Self {
        let said = read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::under(Path::new(ROOT), &said)
    }

    pub(super) fn under(root: &Path, said: &str) -> Self {
        let Some(own) = own(said) else { return Self::default() };
        let own = root.join(own);
        Self(own.ancestors().take_while(|it| it.starts_with(root)).map(Path::to_owned).collect())
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

/// The own group in `/proc/self/cgroup`, without the slash before it. Lines of version 1 have other numbers.
fn own(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.strip_prefix("0::/"))
}

/// A file with one number. One that says `max` has none.
pub(super) fn number(folder: &Path, file: &str) -> Option<u64> {
    read_to_string(folder.join(file)).ok()?.trim().parse().ok()
}

/// The number behind a name, in a file with one of each to a line.
pub(super) fn member(folder: &Path, file: &str, name: &str) -> Option<u64> {
    find(&read_to_string(folder.join(file)).ok()?, name)
}

fn find(said: &str, name: &str) -> Option<u64> {
    let behind = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
    said.lines().find_map(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(said: &str) -> Vec<String> {
        let groups = Groups::under(Path::new("/g"), said);
        groups.folders().map(|it| it.display().to_string()).collect()
    }

    #[test]
    fn a_process_is_in_its_group_and_all_around_it() {
        let service = "0::/system.slice/weighbridge.service\n";
        assert_eq!(
            folders(service),
            ["/g/system.slice/weighbridge.service", "/g/system.slice", "/g"]
        );
        // In a container its own group is the root of what it sees.
        assert_eq!(folders("9:name=systemd:/\n4:memory:/a/b\n0::/\n"), ["/g/"]);
        assert_eq!(folders("4:memory:/a/b\n"), [""; 0]);
    }

    #[test]
    fn members_are_found_by_their_whole_name() {
        let said = "anon 1\ninactive_file_pages 2\ninactive_file 4096\n";
        assert_eq!(find(said, "inactive_file"), Some(4096));
        assert_eq!(find(said, "file"), None);
    }
}
