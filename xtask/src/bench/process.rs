//! What the system says of a process. Linux only.

use anyhow::{Context, Result, bail};

/// Ticks in a second, which Linux fixes for what it shows in `/proc`.
const TICKS: u64 = 100;

/// User and system time of a process so far, in microseconds.
pub(crate) fn cpu_micros(pid: u32) -> Result<u64> {
    let stat = read(pid, "stat")?;
    // The name in parentheses may hold anything; the figures come after it.
    let after = stat.rsplit_once(')').context("no name in /proc/PID/stat")?.1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("short")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) * 1_000_000 / TICKS)
}

/// What a process holds in memory now, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    let status = read(pid, "status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
}

fn read(pid: u32, file: &str) -> Result<String> {
    if !cfg!(target_os = "linux") {
        bail!("only Linux says what a process uses");
    }
    let path = format!("/proc/{pid}/{file}");
    std::fs::read_to_string(&path).with_context(|| path)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{cpu_micros, resident_kib};

    #[test]
    fn this_process_uses_time_and_memory() {
        let pid = std::process::id();
        assert!(resident_kib(pid).unwrap() > 100);
        assert!(cpu_micros(pid).is_ok());
        assert!(cpu_micros(u32::MAX).is_err());
    }
}
