//! What the system says of a process. Linux only.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};

/// Nanoseconds in a tick, of which Linux counts a hundred a second in what it shows in `/proc`.
const TICK: u64 = 10_000_000;

/// User and system time of a process and of all that it started, so far, in nanoseconds.
pub(crate) fn tree_cpu_nanos(root: u32) -> Result<u64> {
    let mut all = HashMap::new();
    for entry in std::fs::read_dir("/proc").context("only Linux says what a process uses")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has ended meanwhile is not there any more: its parent has its time.
        if let Ok(stat) = read(pid, "stat") {
            all.insert(pid, Stat::parse(&stat)?);
        }
    }
    if !all.contains_key(&root) {
        bail!("the process {root} has ended");
    }
    Ok(ticks(&all, root) * TICK)
}

/// What a process holds in memory now, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    let status = read(pid, "status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
}

/// What `/proc/PID/stat` says, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Its own ticks and those of children that have ended.
    ticks: u64,
}

impl Stat {
    fn parse(text: &str) -> Result<Self> {
        // The name in parentheses may hold anything; the figures come after it.
        let after = text.rsplit_once(')').context("no name in /proc/PID/stat")?.1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let field = |at: usize| fields.get(at).context("/proc/PID/stat is too short");
        let mut ticks = 0;
        for at in 11..=14 {
            ticks += field(at)?.parse::<u64>()?;
        }
        Ok(Self { parent: field(1)?.parse()?, ticks })
    }
}

/// The ticks of `root` and of everything under it.
fn ticks(all: &HashMap<u32, Stat>, root: u32) -> u64 {
    let belongs = |pid: u32| {
        let mut pid = pid;
        // No family is as long as all there are, whatever was read while it changed.
        for _ in 0..=all.len() {
            if pid == root {
                return true;
            }
            let Some(stat) = all.get(&pid) else { return false };
            pid = stat.parent;
        }
        false
    };
    all.iter().filter(|(pid, _)| belongs(**pid)).map(|(_, stat)| stat.ticks).sum()
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{file}");
    std::fs::read_to_string(&path).with_context(|| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_process_and_of_its_ended_children() {
        let text = "7 (a) b) S 3 7 7 0 -1 4194560 1 0 0 0 10 20 3 4 20 0 1 0 9 9 9";
        assert_eq!(Stat::parse(text).unwrap(), Stat { parent: 3, ticks: 37 });
        assert!(Stat::parse("7 (a) S 3").is_err());
    }

    #[test]
    fn a_tree_is_a_process_and_all_that_came_from_it() {
        let all = [(1, 0, 100), (5, 1, 1), (6, 5, 2), (7, 6, 4), (8, 1, 50)];
        let all = all.map(|(pid, parent, ticks)| (pid, Stat { parent, ticks })).into();
        assert_eq!(ticks(&all, 5), 7);
        assert_eq!(ticks(&all, 8), 50);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_time_and_memory() {
        let pid = std::process::id();
        assert!(resident_kib(pid).unwrap() > 100);
        assert!(tree_cpu_nanos(pid).is_ok());
        assert!(tree_cpu_nanos(u32::MAX).is_err());
    }
}
