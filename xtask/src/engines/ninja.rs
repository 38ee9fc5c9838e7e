//! A build by ninja, with a display that says how far it is.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::progress::Gauge;
use crate::stopwatch::{self, Stopwatch};
use crate::{progress, tool};

/// The longest build there is.
const LIMIT: Duration = Duration::from_secs(45 * 60);
/// How often the limit is looked at.
const TICK: Duration = Duration::from_millis(250);
/// How many lines are shown of a build that failed.
const LAST: usize = 40;

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let watch = Stopwatch::start();
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot start ninja")?;
    let output = child.stdout.take().context("a program without standard output")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).try_for_each(|it| sender.send(it))
    });
    let mut gauge = Gauge::new();
    let mut last = VecDeque::new();
    loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                if let Some((done, total)) = steps(&line) {
                    let time = stopwatch::words(watch.elapsed());
                    let words = format!("building llama-server: {done} of {total} steps, {time}");
                    gauge.show(done, total, &words);
                }
                last.push_back(line);
                if last.len() > LAST {
                    last.pop_front();
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if watch.elapsed() > LIMIT {
            tool::stop(&mut child);
            bail!("still building after {}: stopped", stopwatch::words(LIMIT));
        }
    }
    gauge.clear();
    let status = tool::wait(&mut child, LIMIT)?;
    if !status.success() {
        last.iter().for_each(progress::note);
        bail!("the build failed ({status}); its last words are above");
    }
    Ok(())
}

/// How many steps are done, of how many: `[3/206] Building ...`.
fn steps(line: &str) -> Option<(usize, usize)> {
    let (done, total) = line.strip_prefix('[')?.split_once(']')?.0.split_once('/')?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn steps_are_read_from_what_ninja_says() {
        assert_eq!(steps("[3/206] Building CXX object a.cpp.o"), Some((3, 206)));
        assert_eq!(steps("a.cpp:1:1: warning: [x/y] is odd"), None);
    }
}
