//! The clock of this program, read here and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

/// Something that tells the time.
pub(crate) type Clock = fn() -> u64;

/// Seconds since 1970; zero on a machine whose clock stands before that.
#[expect(clippy::disallowed_methods, reason = "every other place gets the clock as an argument")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
