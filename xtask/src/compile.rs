//! Building with cargo, with a display that says how far it is.

mod message;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::progress::{self, Gauge};
use crate::stopwatch::{self, Stopwatch};
use crate::tool;
use message::Event;
use tally::Tally;

/// The longest build there is.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// How often the display is brought up to date.
const TICK: Duration = Duration::from_millis(250);

/// Which of cargo's profiles to build in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run.
    Release,
}

/// The programs a build made, by name.
#[derive(Debug, Default)]
pub(crate) struct Built(BTreeMap<String, PathBuf>);

impl Built {
    /// Where the program `name` lies.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        let path = self.0.get(name).with_context(|| format!("the build made no `{name}`"))?;
        Ok(path)
    }
}

/// Builds the gateway and the engine that ships beside it, in one go.
pub(crate) fn gateway(profile: Profile) -> Result<Built> {
    build(&["weighbridge", "weighbridge-summary"], profile)
}

/// Builds the gateway and what measures it, quick to run, in one go.
pub(crate) fn bench() -> Result<Built> {
    build(&["weighbridge", "weighbridge-bench"], Profile::Release)
}

fn build(packages: &[&str], profile: Profile) -> Result<Built> {
    let watch = Stopwatch::start();
    let mut tally = Tally::new(count(packages)?);
    let mut command = tool::cargo();
    command.args(["build", "--bins", "--message-format=json-render-diagnostics"]);
    command.args(["--color", if progress::is_coloured() { "always" } else { "never" }]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start cargo")?;

    let (sender, events) = mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        read(pipe, sender.clone(), message::from_json);
    }
    if let Some(pipe) = child.stderr.take() {
        read(pipe, sender, message::from_words);
    }
    let mut gauge = Gauge::new();
    let mut built = Built::default();
    let mut shown = Stopwatch::start();
    loop {
        match events.recv_timeout(TICK) {
            Ok(Event::Words(words)) => {
                // A message has many lines: the gauge does not speak between them.
                gauge.above(&words);
                shown = Stopwatch::start();
            }
            Ok(Event::Program { name, path }) => drop(built.0.insert(name, path)),
            Ok(event) => tally.take(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if shown.elapsed() >= TICK {
            gauge.show(tally.done(), tally.total(), &tally.words(watch.elapsed()));
            shown = Stopwatch::start();
        }
        if watch.elapsed() > LIMIT {
            tool::stop(&mut child);
            bail!("still building after {}: stopped", stopwatch::words(LIMIT));
        }
    }
    gauge.clear();
    let status = tool::wait(&mut child, LIMIT)?;
    if !status.success() {
        bail!("the build failed ({status}); the compiler's words are above");
    }
    progress::note(format_args!("built in {}", stopwatch::words(watch.elapsed())));
    Ok(built)
}

/// Reads a pipe to its end on a thread of its own, turning lines into events.
fn read(pipe: impl Read + Send + 'static, sender: Sender<Event>, parse: fn(&str) -> Vec<Event>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { return };
            for event in parse(&String::from_utf8_lossy(&line)) {
                if sender.send(event).is_err() {
                    return;
                }
            }
        }
    });
}

/// How many packages a build of these has to go through.
fn count(packages: &[&str]) -> Result<usize> {
    let mut command = tool::cargo();
    command.args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    command.args(["--color", "never"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let tree = tool::capture(&mut command, LIMIT).context("cannot count what is to be built")?;
    let names: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)").trim_end_matches(" (proc-macro)"))
        .filter(|line| !line.is_empty())
        .collect();
    Ok(names.len())
}
