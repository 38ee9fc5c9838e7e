//! How many of the last exchanges failed.

use crate::clock::Monotonic;

use super::SECOND;

/// How much one exchange counts: one part of so many.
const WEIGHT: u32 = 8;

/// After so long without an exchange half of it is forgotten: whoever is not asked cannot do better.
const HALF_LIFE: u64 = 10 * SECOND;

/// All of them.
pub(super) const ALL: u32 = 1000;

/// An exponentially weighted average, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate {
    thousandths: u32,
    at: Option<Monotonic>,
    samples: u32,
}

impl Rate {
    /// One more exchange.
    pub(super) fn take(&mut self, failed: bool, now: Monotonic) {
        let before = self.at(now);
        let target = if failed { ALL } else { 0 };
        self.thousandths = (before * (WEIGHT - 1) + target) / WEIGHT;
        self.at = Some(now);
        self.samples = self.samples.saturating_add(1);
    }

    /// How many of a thousand failed, as far as that still counts.
    pub(super) fn at(&self, now: Monotonic) -> u32 {
        let age = self.at.map_or(0, |at| now.micros_since(at));
        let halvings = u32::try_from(age / HALF_LIFE).unwrap_or(u32::MAX);
        self.thousandths.checked_shr(halvings).unwrap_or(0)
    }

    /// How many exchanges it knows of.
    pub(super) fn samples(&self) -> u32 {
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_follows_what_happens_and_forgets() {
        let mut rate = Rate::default();
        let now = Monotonic(0);
        for _ in 0..40 {
            rate.take(true, now);
        }
        assert!(rate.at(now) > 950, "{}", rate.at(now));
        for _ in 0..6 {
            rate.take(false, now);
        }
        assert!(rate.at(now) < 500, "{}", rate.at(now));
        assert_eq!(rate.at(Monotonic(400 * SECOND)), 0);
    }
}
