//! How far a build is.

use std::collections::BTreeSet;
use std::time::Duration;

use super::message::Event;
use crate::stopwatch;

/// What is done of a build, and what it is busy with.
#[derive(Debug)]
pub(crate) struct Tally {
    total: usize,
    done: BTreeSet<String>,
    open: Vec<String>,
    busy: Option<String>,
}

impl Tally {
    /// The tally of a build of `total` packages.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: BTreeSet::new(), open: Vec::new(), busy: None }
    }

    /// Takes an event in.
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Started(package) => {
                self.busy = None;
                self.open.push(package);
            }
            Event::Finished(package) => {
                self.busy = None;
                self.open.retain(|other| name(other) != name(&package));
                self.done.insert(package);
            }
            Event::Busy(words) => self.busy = Some(words),
            Event::Program { .. } | Event::Words(_) => {}
        }
    }

    /// How many packages are done.
    pub(crate) fn done(&self) -> usize {
        self.done.len().min(self.total)
    }

    /// How many there are.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// `building 87/140  rusqlite ... 42 s`, naming the package that has been open for longest.
    pub(crate) fn words(&self, elapsed: Duration) -> String {
        let what = match (&self.busy, self.open.first()) {
            (Some(busy), _) => busy.as_str(),
            (None, Some(package)) => name(package),
            (None, None) => "cargo",
        };
        let (done, total) = (self.done(), self.total);
        format!("building {done}/{total}  {what} ... {}", stopwatch::words(elapsed))
    }
}

/// The name of `name@version`.
fn name(package: &str) -> &str {
    package.split('@').next().unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_open_for_longest_is_named() {
        let mut tally = Tally::new(140);
        tally.take(Event::Started("libc@0.2.1".to_owned()));
        tally.take(Event::Started("rusqlite@0.43.0".to_owned()));
        tally.take(Event::Finished("libc@0.2.1".to_owned()));
        tally.take(Event::Finished("libc@0.2.1".to_owned()));
        assert_eq!(tally.done(), 1);
        assert_eq!(tally.words(Duration::from_secs(42)), "building 1/140  rusqlite ... 42 s");
    }

    #[test]
    fn waiting_is_said_until_something_happens() {
        let mut tally = Tally::new(2);
        tally.take(Event::Busy("blocking waiting for file lock".to_owned()));
        assert!(tally.words(Duration::ZERO).contains("waiting for file lock"));
        tally.take(Event::Started("a@1.0.0".to_owned()));
        assert_eq!(tally.words(Duration::ZERO), "building 0/2  a ... 0.0 s");
    }

    #[test]
    fn more_packages_than_counted_do_not_pass_the_total() {
        let mut tally = Tally::new(1);
        tally.take(Event::Finished("a@1.0.0".to_owned()));
        tally.take(Event::Finished("b@1.0.0".to_owned()));
        assert_eq!(tally.done(), 1);
    }
}
