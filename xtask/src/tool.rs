//! Other people's programs: whether they are here, and running them for a bounded time.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::machine;
use crate::stopwatch::{self, Stopwatch};

/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(25);
/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The cargo that runs us, or the one on the path, at the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(machine::root());
    command
}

/// What a program says about its version, or nothing when it is not here or does not work.
pub(crate) fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stderr(Stdio::null());
    let said = capture(&mut command, Duration::from_secs(60)).ok()?;
    Some(said.trim().to_owned())
}

/// The first number with a point in a version line, as (major, minor): `Python 3.11.7` is (3, 11).
pub(crate) fn major_minor(version: &str) -> Option<(u32, u32)> {
    let digits = version.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let mut parts = digits.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Runs a program that writes where we do, and fails when it does.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let name = name(command);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let status = wait(&mut child, limit).with_context(|| name.clone())?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// Runs a program and returns what it wrote to standard output.
pub(crate) fn capture(command: &mut Command, limit: Duration) -> Result<String> {
    let name = name(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let mut pipe = child.stdout.take().context("a program without standard output")?;
    let reader = thread::spawn(move || {
        let mut said = String::new();
        pipe.read_to_string(&mut said).map(|_| said)
    });
    let status = wait(&mut child, limit).with_context(|| name.clone())?;
    let Ok(said) = reader.join() else { bail!("{name}: its output could not be read") };
    if !status.success() {
        bail!("{name}: {status}");
    }
    said.with_context(|| format!("{name}: its output is not text"))
}

/// Waits for a program, asks it to end when `limit` has passed, and then makes it.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus> {
    let watch = Stopwatch::start();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if watch.elapsed() >= limit {
            stop(child);
            bail!("still running after {}: stopped", stopwatch::words(limit));
        }
        thread::sleep(TICK);
    }
}

/// Ends a program: politely where the system knows how, then by force.
pub(crate) fn stop(child: &mut Child) {
    if cfg!(unix) {
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        let watch = Stopwatch::start();
        while asked.is_ok() && watch.elapsed() < GRACE {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(TICK);
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// A command as somebody would type it, for messages.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(command.get_program()).to_string_lossy()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_say() {
        assert_eq!(major_minor("Python 3.11.7"), Some((3, 11)));
        assert_eq!(major_minor("v20.20.2"), Some((20, 20)));
        assert_eq!(major_minor("none"), None);
    }

    #[test]
    fn a_missing_program_has_no_version() {
        assert_eq!(version("weighbridge-no-such-program", &["--version"]), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_over_its_time_is_stopped_and_named() {
        let watch = Stopwatch::start();
        let error = run(Command::new("sleep").arg("30"), Duration::from_millis(100)).unwrap_err();
        assert!(format!("{error:#}").starts_with("sleep 30: still running after"), "{error:#}");
        assert!(watch.elapsed() < Duration::from_secs(10));
    }
}
