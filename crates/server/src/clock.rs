//! The real clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use weighbridge_core::clock::{Clock, Moment, Monotonic};
use weighbridge_proof::Timestamp;

/// The system's clocks.
#[derive(Debug)]
pub(crate) struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Moment {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
        let steady = u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX);
        Moment { wall: Timestamp::from_micros(wall), steady: Monotonic(steady) }
    }
}
