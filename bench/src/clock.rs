//! Real time and real randomness, for the store's own API.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use weighbridge_core::clock::{Clock, Moment, Monotonic};
use weighbridge_core::entropy::{Entropy, NoEntropy};
use weighbridge_proof::Timestamp;

/// A running stopwatch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time, and only here")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since it was started.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The same in nanoseconds.
    pub(crate) fn nanos(self) -> u64 {
        u64::try_from(self.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The system's clocks.
#[derive(Debug)]
pub(crate) struct SystemClock(Stopwatch);

impl SystemClock {
    /// Begins counting.
    pub(crate) fn start() -> Self {
        Self(Stopwatch::start())
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "receipts and results bear the real date")]
    fn now(&self) -> Moment {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        let steady = Monotonic(self.0.nanos() / 1_000);
        Moment { wall: Timestamp::from_micros(wall), steady }
    }
}

/// The system's random bytes.
#[derive(Debug)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(bytes).map_err(|_| NoEntropy)
    }
}
