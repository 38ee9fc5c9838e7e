//! A Python program that serves beside the gateway until its standard input closes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{machine, tool};

/// How long one may take until it says where it is.
const START: Duration = Duration::from_secs(20);
/// How long one may take to end.
const END: Duration = Duration::from_secs(5);

/// One of them. It ends with its owner.
#[derive(Debug)]
pub(crate) struct Companion {
    child: Child,
    input: Option<ChildStdin>,
    /// The first line it said.
    pub(crate) said: String,
}

impl Companion {
    /// Starts `tests/clients/SCRIPT` and waits for its first line.
    pub(crate) fn start(script: &str, arguments: &[&Path]) -> Result<Self> {
        let mut command = Command::new("python3");
        command.arg("-B").arg(machine::root().join("tests/clients").join(script)).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {script}"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("a program without standard output")?;
        let mut companion = Self { child, input, said: String::new() };
        let (sender, first) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // Nobody may wait for it any more.
            let _ = BufReader::new(output).read_line(&mut line).map(|_| sender.send(line));
        });
        let said = first.recv_timeout(START).with_context(|| format!("{script} did not start"))?;
        companion.said = said.trim().to_owned();
        ensure!(!companion.said.is_empty(), "{script} ended before it was ready");
        Ok(companion)
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.input = None;
        // It is killed where it does not end.
        let _ = tool::wait(&mut self.child, END);
    }
}
