//! How long a reply takes to begin.

use crate::clock::Monotonic;

use super::SECOND;

/// How much one exchange counts: one part of so many.
const WEIGHT: u64 = 8;

/// After so long it is no more known how it is now.
const STALE: u64 = 20 * SECOND;

/// An exponentially weighted average, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Latency {
    micros: u64,
    at: Option<Monotonic>,
}

impl Latency {
    /// A reply began after so long.
    pub(super) fn take(&mut self, micros: u64, now: Monotonic) {
        self.micros = if self.is_stale(now) {
            micros
        } else {
            self.micros.saturating_mul(WEIGHT - 1).saturating_add(micros) / WEIGHT
        };
        self.at = Some(now);
    }

    /// What it was when it was last seen, if it ever was.
    pub(super) fn last(&self) -> Option<u64> {
        self.at.map(|_| self.micros)
    }

    /// Whether nobody has seen it for long.
    pub(super) fn is_stale(&self, now: Monotonic) -> bool {
        self.at.is_none_or(|at| now.micros_since(at) > STALE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_follows_and_begins_anew_when_it_is_old() {
        let mut latency = Latency::default();
        assert_eq!(latency.last(), None);
        latency.take(100_000, Monotonic(0));
        latency.take(900_000, Monotonic(0));
        assert_eq!(latency.last(), Some(200_000));
        assert!(!latency.is_stale(Monotonic(20 * SECOND)));
        latency.take(50_000, Monotonic(21 * SECOND));
        assert_eq!(latency.last(), Some(50_000));
    }
}
