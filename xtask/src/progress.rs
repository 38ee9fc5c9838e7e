//! The one place of this crate that writes to the terminal.
//!
//! Results go to standard output, everything said on the way to standard error. A reader that has
//! gone away is no reason to stop, so failures to write are dropped.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::stopwatch::Stopwatch;

/// Longest wait between two lines where nothing can be rewritten.
const QUIET: Duration = Duration::from_secs(15);
/// Columns of a line that is rewritten; a wrapped line could not be.
const COLUMNS: usize = 78;

/// Writes one line of results.
pub(crate) fn line(words: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{words}");
}

/// Writes one line of what is going on.
pub(crate) fn note(words: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}

/// Whether somebody looks at standard error, on a terminal that can go back to a line's start.
pub(crate) fn is_watched() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether colours are wanted.
pub(crate) fn is_coloured() -> bool {
    is_watched() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A line that says how far a job is: rewritten in place on a terminal, repeated now and then
/// elsewhere.
pub(crate) struct Gauge {
    watched: bool,
    shown: usize,
    tenths: usize,
    last: Stopwatch,
}

impl Gauge {
    /// A gauge for standard error as it is.
    pub(crate) fn new() -> Self {
        Self { watched: is_watched(), shown: 0, tenths: 0, last: Stopwatch::start() }
    }

    /// Shows `words`, for a job of which `done` of `total` parts are done.
    pub(crate) fn show(&mut self, done: usize, total: usize, words: &str) {
        if self.watched {
            let words: String = words.chars().take(COLUMNS).collect();
            let width = words.chars().count();
            let blank = self.shown.saturating_sub(width);
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r{words}{:blank$}", "");
            let _ = out.flush();
            self.shown = width;
        } else if self.is_due(done, total, self.last.elapsed()) {
            self.tenths = tenths(done, total);
            self.last = Stopwatch::start();
            note(words);
        }
    }

    /// Whether an unwatched gauge should speak: a tenth further, or quiet for too long.
    fn is_due(&self, done: usize, total: usize, quiet: Duration) -> bool {
        tenths(done, total) > self.tenths || quiet >= QUIET
    }

    /// Writes a line of someone else's, above the gauge.
    pub(crate) fn above(&mut self, words: &str) {
        self.clear();
        note(words);
    }

    /// Takes the rewritten line away.
    pub(crate) fn clear(&mut self) {
        if self.shown > 0 {
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r{:width$}\r", "", width = self.shown);
            let _ = out.flush();
            self.shown = 0;
        }
    }
}

fn tenths(done: usize, total: usize) -> usize {
    (done * 10).checked_div(total).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unwatched_gauge_speaks_at_tenths_and_after_silence() {
        let gauge = Gauge { watched: false, shown: 0, tenths: 3, last: Stopwatch::start() };
        assert!(!gauge.is_due(39, 100, Duration::from_secs(1)));
        assert!(gauge.is_due(40, 100, Duration::from_secs(1)));
        assert!(gauge.is_due(39, 100, QUIET));
        assert!(!gauge.is_due(0, 0, Duration::ZERO));
    }
}
