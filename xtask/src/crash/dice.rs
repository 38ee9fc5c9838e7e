//! Chance that can be repeated: not for secrets.

use std::time::Duration;

/// A stream of numbers that a seed determines (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for somebody else.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `end`, which is above nought.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A time from `from` to `to`.
    pub(crate) fn time(&mut self, from: Duration, to: Duration) -> Duration {
        let range = u64::try_from(to.saturating_sub(from).as_micros()).unwrap_or(u64::MAX - 1);
        from + Duration::from_micros(self.below(range + 1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_it_all_and_ranges_hold() {
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        let (from, to) = (Duration::from_millis(3), Duration::from_millis(5));
        for _ in 0..1000 {
            let time = one.time(from, to);
            assert_eq!(time, other.time(from, to));
            assert!(from <= time && time <= to);
            assert_eq!(one.below(10), other.below(10));
        }
        assert_eq!(one.time(to, to), to);
    }
}
