//! Memory that cannot be given to anybody else: what is cached from files, and not in use, can be.

use std::fs::read_to_string;
use std::path::Path;

use super::cgroup::{self, Groups};
use super::per_mille;

/// The greatest share in use: of the machine's memory, or of what a group may have.
pub(super) fn in_use(groups: &Groups) -> Option<u32> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|said| of_machine(&said));
    groups.folders().filter_map(of_group).chain(machine).max()
}

/// Of `/proc/meminfo`.
fn of_machine(said: &str) -> Option<u32> {
    let total = kilobytes(said, "MemTotal:")?;
    let available = kilobytes(said, "MemAvailable:")?;
    per_mille(total.saturating_sub(available), total)
}

fn kilobytes(said: &str, name: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Of a group with a limit.
fn of_group(folder: &Path) -> Option<u32> {
    let limit = cgroup::number(folder, "memory.max")?;
    let current = cgroup::number(folder, "memory.current")?;
    let given_back = cgroup::member(folder, "memory.stat", "inactive_file").unwrap_or_default();
    per_mille(current.saturating_sub(given_back), limit)
}

#[cfg(test)]
mod tests {
    use std::fs::write;

    use super::*;

    #[test]
    fn what_is_cached_is_not_in_use() {
        let said = "MemTotal:       24684084 kB\nMemFree:         1083048 kB\n\
            MemAvailable:   18513063 kB\nBuffers:          196216 kB\n";
        assert_eq!(of_machine(said), Some(250));
        assert_eq!(of_machine("MemTotal:       24684084 kB\nMemFree:         1083048 kB\n"), None);
        assert_eq!(of_machine(""), None);
    }

    #[test]
    fn a_group_counts_what_it_may_have() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(of_group(folder), None);
        write(folder.join("memory.max"), "1000000\n").unwrap();
        write(folder.join("memory.current"), "950000\n").unwrap();
        assert_eq!(of_group(folder), Some(950));
        write(folder.join("memory.stat"), "anon 500000\ninactive_file 200000\n").unwrap();
        assert_eq!(of_group(folder), Some(750));
        write(folder.join("memory.max"), "max\n").unwrap();
        assert_eq!(of_group(folder), None);
    }

    #[test]
    fn the_tightest_limit_counts() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        std::fs::create_dir(root.join("own")).unwrap();
        for (folder, limit) in [(root.to_owned(), "1000"), (root.join("own"), "2000")] {
            write(folder.join("memory.max"), limit).unwrap();
            write(folder.join("memory.current"), "999").unwrap();
        }
        assert!(in_use(&Groups::under(root, "0::/own\n")) >= Some(999));
    }
}
