//! What a person at the command line sees.

use std::fmt::Display;
use std::io::Write as _;

/// One line on standard output. When nobody reads it any more, that is no failure.
pub(crate) fn say(words: impl Display) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads = writeln!(out, "{words}").and_then(|()| out.flush()).is_err();
}

/// One line on standard error.
pub(crate) fn complain(words: impl Display) {
    let mut out = std::io::stderr().lock();
    let _nobody_reads = writeln!(out, "{words}").is_err();
}
