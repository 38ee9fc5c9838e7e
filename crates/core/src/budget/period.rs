//! How often a budget begins anew.

use std::fmt;
use std::str::FromStr;

use crate::day::Day;

/// How often a budget begins anew. All in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// Never: it is there once.
    #[default]
    Once,
    /// Every day.
    Day,
    /// Every Monday.
    Week,
    /// On the first of every month.
    Month,
}

/// 1970-01-01 was a Thursday: three days after a Monday.
const THURSDAY: i64 = 3;

impl Period {
    /// Every period.
    pub const ALL: [Self; 4] = [Self::Once, Self::Day, Self::Week, Self::Month];

    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the period that `day` lies in.
    pub fn start(self, day: Day) -> Day {
        match self {
            Self::Once => Day::FIRST,
            Self::Day => day,
            Self::Week => day.plus(-(day.number() + THURSDAY).rem_euclid(7)),
            Self::Month => day.plus(1 - i64::from(date(day).day())),
        }
    }

    /// The first day of the period after; nothing where there is none.
    pub fn next(self, day: Day) -> Option<Day> {
        let start = self.start(day);
        match self {
            Self::Once => None,
            Self::Day => Some(start.plus(1)),
            Self::Week => Some(start.plus(7)),
            Self::Month => Some(start.plus(i64::from(date(start).days_in_month()))),
        }
    }
}

fn date(day: Day) -> jiff::civil::Date {
    let moment = jiff::Timestamp::from_microsecond(day.start().micros()).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(moment).date()
}

/// The word is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is `once`, `day`, `week` or `month`")]
pub struct NotAPeriod;

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(NotAPeriod)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, proptest};

    use super::*;

    fn day(text: &str) -> Day {
        Day::of(format!("{text}T12:00:00.000000Z").parse().unwrap())
    }

    #[test]
    fn periods_begin_where_people_think_they_do() {
        let wednesday = day("2026-11-25");
        assert_eq!(Period::Week.start(wednesday), day("2026-11-23"));
        assert_eq!(Period::Month.start(wednesday), day("2026-11-01"));
        assert_eq!(Period::Month.next(wednesday), Some(day("2026-12-01")));
        assert_eq!(Period::Month.next(day("2028-02-29")), Some(day("2028-03-01")));
        assert_eq!(Period::Week.start(day("2026-11-23")), day("2026-11-23"));
        assert_eq!(Period::Once.next(wednesday), None);
    }

    proptest! {
        #[test]
        fn every_day_lies_in_its_period(number in (0i64..80_000).prop_map(Day::from_number)) {
            for period in Period::ALL {
                let start = period.start(number);
                assert!(start <= number);
                assert_eq!(period.start(start), start);
                if let Some(next) = period.next(number) {
                    assert!(number < next);
                    assert_eq!(period.start(next), next);
                    assert_eq!(period.start(next.plus(-1)), start);
                }
            }
        }
    }
}
