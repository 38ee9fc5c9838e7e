//! The one place of this crate that writes to the terminal.
//!
//! Results go to standard output, everything said on the way to standard error. A reader that has
//! gone away is no reason to stop, so failures to write are dropped.

use std::fmt::Display;
use std::io::Write;

/// Writes one line of results.
pub(crate) fn line(words: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{words}");
}

/// Writes one line of what is going on.
pub(crate) fn note(words: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}
