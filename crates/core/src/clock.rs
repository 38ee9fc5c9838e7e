//! Where time comes from: a trait, so that only start-up knows a real clock.

use weighbridge_proof::Timestamp;

/// Microseconds on a clock that never goes back. Only differences mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub u64);

impl Monotonic {
    /// Microseconds from `earlier` until this moment.
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A moment on both clocks: the wall's, which receipts name, and the one durations come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall-clock time, UTC.
    pub wall: Timestamp,
    /// The same moment on the clock that never goes back.
    pub steady: Monotonic,
}

/// A source of time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;
}
