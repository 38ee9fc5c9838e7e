//! Processor time that went by in use.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use weighbridge_core::clock::Monotonic;

use super::cgroup::{self, Groups};
use super::per_mille;

/// What was counted last: shares are of the time since.
#[derive(Debug, Default)]
pub(super) struct Processors {
    machine: Option<Ticks>,
    groups: Vec<Spent>,
}

/// The time of all processors together, in the system's own units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    used: u64,
    all: u64,
}

/// What a group with a limit had used by then, in microseconds.
#[derive(Debug)]
struct Spent {
    folder: PathBuf,
    used: u64,
    at: Monotonic,
}

impl Processors {
    /// The greatest share in use since it was asked last: of the machine's processors, or of what a
    /// group may have.
    pub(super) fn in_use(&mut self, groups: &Groups, now: Monotonic) -> Option<u32> {
        let ticks = read_to_string("/proc/stat").ok().and_then(|said| ticks(&said));
        let machine = ticks.zip(self.machine).and_then(|(ticks, before)| share(before, ticks));
        self.machine = ticks;
        let group = self.of_groups(groups, now);
        machine.max(group)
    }

    fn of_groups(&mut self, groups: &Groups, now: Monotonic) -> Option<u32> {
        let before = std::mem::take(&mut self.groups);
        let mut most = None;
        for folder in groups.folders() {
            let Some((quota, period)) = limit(folder) else { continue };
            let Some(used) = cgroup::member(folder, "cpu.stat", "usage_usec") else { continue };
            if let Some(before) = before.iter().find(|it| it.folder == folder) {
                let micros = now.micros_since(before.at);
                let had = micros.saturating_mul(quota).checked_div(period).unwrap_or_default();
                most = most.max(per_mille(used.saturating_sub(before.used), had));
            }
            self.groups.push(Spent { folder: folder.to_owned(), used, at: now });
        }
        most
    }
}

/// Of `/proc/stat`: its first line is the sum of all processors. Time that waits for a disk is not in
/// use; time that the machine around this one took away is, for nobody here can have it. What guests
/// used is part of the user's own already.
fn ticks(said: &str) -> Option<Ticks> {
    let mut numbers = said.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let mut next = || numbers.next()?.parse::<u64>().ok();
    let (user, nice, system, idle) = (next()?, next()?, next()?, next()?);
    let waits = next().unwrap_or_default();
    let rest: u64 = (0..3).filter_map(|_| next()).sum();
    let used = user + nice + system + rest;
    Some(Ticks { used, all: used + idle + waits })
}

fn share(before: Ticks, now: Ticks) -> Option<u32> {
    // A system's sums may go back a little, where processors come and go.
    per_mille(now.used.saturating_sub(before.used), now.all.saturating_sub(before.all))
}

/// How many microseconds of how many a group may use.
fn limit(folder: &Path) -> Option<(u64, u64)> {
    quota(&read_to_string(folder.join("cpu.max")).ok()?)
}

fn quota(said: &str) -> Option<(u64, u64)> {
    let (quota, period) = said.trim().split_once(' ')?;
    // Without a limit the first word is `max`.
    Some((quota.parse().ok()?, period.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::fs::write;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    const STAT: &str = "cpu  400 100 200 1000 300 10 20 30 350 50\n\
        cpu0 400 100 200 1000 300 10 20 30 350 50\nintr 77 0 1\nctxt 8\n";

    #[test]
    fn idle_time_and_waiting_for_a_disk_are_not_in_use() {
        let before = ticks(STAT).unwrap();
        assert_eq!(before, Ticks { used: 760, all: 2060 });
        let after = ticks("cpu  410 100 210 1030 340 10 20 40 360 50\n").unwrap();
        assert_eq!(share(before, after), Some(300));
        assert_eq!(share(before, before), None);
    }

    #[test]
    fn a_stranger_form_says_nothing() {
        // As kernels before steal, interrupts and waiting were counted.
        assert_eq!(ticks("cpu  1 2 3 4\n"), Some(Ticks { used: 6, all: 10 }));
        for said in ["", "cpu0 1 2 3 4\n", "cpu  1 2 x 4\n", "cpu  1 2\n"] {
            assert_eq!(ticks(said), None, "{said}");
        }
    }

    #[test]
    fn a_group_without_a_limit_has_none() {
        assert_eq!(quota("150000 100000\n"), Some((150_000, 100_000)));
        assert_eq!(quota("max 100000\n"), None);
        assert_eq!(quota(""), None);
    }

    #[test]
    fn a_group_counts_what_it_may_use() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| write(folder.path().join(name), text).unwrap();
        let groups = Groups::under(folder.path(), "0::/\n");
        let mut processors = Processors::default();
        write("cpu.max", "50000 100000\n");
        write("cpu.stat", "usage_usec 7000000\nuser_usec 1\n");
        assert_eq!(processors.of_groups(&groups, Monotonic(0)), None);
        write("cpu.stat", "usage_usec 7450000\nuser_usec 1\n");
        assert_eq!(processors.of_groups(&groups, Monotonic(1_000_000)), Some(900));
        write("cpu.max", "max 100000\n");
        assert_eq!(processors.of_groups(&groups, Monotonic(2_000_000)), None);
    }

    /// Others may be at work too; they only add to it.
    #[cfg(target_os = "linux")]
    #[test]
    fn work_is_seen() {
        let groups = Groups::mine();
        let mut processors = Processors::default();
        processors.in_use(&groups, Monotonic(0));
        let workers = std::thread::available_parallelism().unwrap().get();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            std::thread::sleep(Duration::from_secs(1));
            done.store(true, Ordering::Relaxed);
        });
        let share = processors.in_use(&groups, Monotonic(1_000_000)).unwrap();
        // The workers may have been given some of the processors only.
        let said = read_to_string("/proc/stat").unwrap();
        let all = said.lines().filter(|line| line.starts_with("cpu")).count() - 1;
        let least = 500 * workers / all.max(workers);
        assert!(share as usize >= least, "{share} of {least}");
    }
}
