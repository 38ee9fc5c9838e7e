//! Days in UTC: what spending is kept by.

use weighbridge_proof::Timestamp;

/// Microseconds in a day.
const MICROS: i64 = 86_400_000_000;

/// A day in UTC, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The first day there is.
    pub const FIRST: Self = Self(0);

    /// The day with this number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// How many days after 1970-01-01.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The day of a moment.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.micros().div_euclid(MICROS))
    }

    /// Its first moment.
    pub const fn start(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS))
    }

    /// The day `days` later.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_ends_before_the_next() {
        let day = Day::of("2026-11-25T00:00:00.000000Z".parse().unwrap());
        assert_eq!(day, Day::of("2026-11-25T23:59:59.999999Z".parse().unwrap()));
        assert_eq!(day.start().to_string(), "2026-11-25T00:00:00.000000Z");
        assert_eq!(day.plus(1).start().to_string(), "2026-11-26T00:00:00.000000Z");
    }
}
