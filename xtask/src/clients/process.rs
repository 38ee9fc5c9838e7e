//! Running an agent to its end, within a time, with what it says in files.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::tool;

/// Most time for one turn.
const TURN: Duration = Duration::from_secs(60);

/// Runs it in `folder`, with its output and errors in the files `stdout` and `stderr` there.
pub(crate) fn run(command: &mut Command, folder: &Path) -> Result<ExitStatus> {
    let file = |name: &str| File::create(folder.join(name)).with_context(|| name.to_owned());
    command.stdin(Stdio::null()).stdout(file("stdout")?).stderr(file("stderr")?);
    lead_a_group(command);
    let mut child = command.spawn().context("cannot start the agent")?;
    let ended = tool::wait(&mut child, TURN);
    // An agent starts others, which would outlive it.
    end_group(child.id());
    ended
}

#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(not(unix))]
fn lead_a_group(_: &mut Command) {}

/// Kills what is left of a group, if anything is.
fn end_group(leader: u32) {
    let group = format!("-{leader}");
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
}
