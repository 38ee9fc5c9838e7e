//! What the data lies on: the kind of file system, and how long a flush takes there.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::clock::Stopwatch;
use crate::figures::percentile;

/// File systems that lose everything with the power, and flush in no time.
const OF_RAM: [&str; 3] = ["tmpfs", "ramfs", "rootfs"];

/// How many flushes are timed.
const FLUSHES: usize = 200;

/// What is written before each, in bytes: about what a small commit writes.
const APPENDED: usize = 4_096;

/// The kind of file system that `folder` is on.
///
/// Fails where it is memory: nothing that is measured there holds for a disk.
pub(crate) fn kind(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let file = "/proc/self/mountinfo";
    let mounts = std::fs::read_to_string(file).context(file)?;
    let kind = kind_of(&mounts, &folder).context("the system does not say what the data is on")?;
    if OF_RAM.contains(&kind) {
        bail!(
            "{} is in memory ({kind}), where a flush costs nothing: set CARGO_TARGET_DIR to a \
             folder on a disk",
            folder.display()
        );
    }
    Ok(kind.to_owned())
}

/// The kind of the mount that holds `path`: the deepest one, of equal ones the last.
fn kind_of<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mut found = None;
    let mut depth = 0;
    for line in mounts.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let Some(point) = left.split(' ').nth(4).map(unescaped) else { continue };
        let Some(kind) = right.split(' ').next() else { continue };
        let parts = point.components().count();
        if path.starts_with(&point) && parts >= depth {
            (found, depth) = (Some(kind), parts);
        }
    }
    found
}

/// A mount point's path; what would end the field stands there in octal.
fn unescaped(field: &str) -> PathBuf {
    let named = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    let text = named.iter().fold(field.to_owned(), |text, (code, is)| text.replace(code, is));
    PathBuf::from(text)
}

/// How long a flush took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flush {
    /// Half of them were as quick, in nanoseconds.
    pub(crate) p50: u64,
    /// Of a hundred, ninety-nine were.
    pub(crate) p99: u64,
}

impl Flush {
    /// Times flushes of small appends to a file in `folder`.
    pub(crate) fn time(folder: &Path) -> Result<Self> {
        let path = folder.join("flush");
        let timed = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| (0..FLUSHES).map(|_| one_flush(&mut file)).collect());
        let _ = std::fs::remove_file(&path);
        let mut nanos: Vec<u64> = timed.with_context(|| path.display().to_string())?;
        nanos.sort_unstable();
        Ok(Self { p50: percentile(&nanos, 500), p99: percentile(&nanos, 990) })
    }

    /// The quicker of two: a bar that is counted in flushes is not to be lower because somebody
    /// else wrote at that moment.
    pub(crate) fn quicker(self, other: Self) -> Self {
        if other.p50 < self.p50 { other } else { self }
    }
}

fn one_flush(file: &mut File) -> std::io::Result<u64> {
    file.write_all(&[1; APPENDED])?;
    let watch = Stopwatch::start();
    file.sync_data()?;
    Ok(watch.nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/a rw
30 22 0:5 / /run rw,nosuid - tmpfs tmpfs rw,size=1k
31 22 0:6 / /srv rw - xfs /dev/b rw
32 31 0:7 / /srv/two\\040words rw master:1 - btrfs /dev/c rw
33 31 0:8 / /srv/over rw - ext4 /dev/d rw
34 33 0:9 / /srv/over rw - ramfs none rw
";

    #[test]
    fn the_deepest_and_last_mount_holds_a_path() {
        let kind = |path: &str| kind_of(MOUNTS, Path::new(path)).unwrap();
        assert_eq!(kind("/home/a"), "ext4");
        assert_eq!(kind("/run/a"), "tmpfs");
        assert_eq!(kind("/running"), "ext4");
        assert_eq!(kind("/srv/a"), "xfs");
        assert_eq!(kind("/srv/two words/a"), "btrfs");
        assert_eq!(kind("/srv/over/a"), "ramfs");
        assert_eq!(kind_of("", Path::new("/")), None);
    }

    #[test]
    fn flushes_take_time_and_leave_nothing() {
        let scratch = weighbridge_testkit::scratch::ScratchDir::new().unwrap();
        let flush = Flush::time(scratch.path()).unwrap();
        assert!(flush.p50 > 0 && flush.p50 <= flush.p99);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
        let slower = Flush { p50: flush.p50 + 1, p99: 0 };
        assert_eq!(slower.quicker(flush).p50, flush.p50);
        assert_eq!(flush.quicker(slower).p50, flush.p50);
    }
}
