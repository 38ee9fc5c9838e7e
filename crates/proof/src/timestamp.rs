//! Moments in time, as receipts write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, in whole microseconds since 1970. Shown as RFC 3339 with six decimals:
/// `2026-11-24T15:00:54.000001Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The last microsecond that the calendar library can write, at the end of the year 9999.
const LAST: i64 = 253_402_207_199_999_999;

impl Timestamp {
    /// The moment `micros` microseconds after 1970 began; what lies before 1970 or beyond
    /// the year 9999 is taken to that edge.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < 0 {
            Self(0)
        } else if micros > LAST {
            Self(LAST)
        } else {
            Self(micros)
        }
    }

    /// Microseconds since 1970 began.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This moment, `micros` microseconds later.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{moment:.6}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not RFC 3339 in UTC with six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is RFC 3339 in UTC with six decimals, such as 2026-11-24T15:00:54.000001Z")]
pub struct NotATimestamp;

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| NotATimestamp)?;
        let parsed = Self::from_micros(moment.as_microsecond());
        // One moment, one text: anything that would be written otherwise is not ours.
        if parsed.to_string() == text { Ok(parsed) } else { Err(NotATimestamp) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for micros in [0, 1, 1_000_000, 1_795_532_454_000_001, LAST] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(Timestamp::from_micros(1_795_532_454_000_001).to_string().len(), 27);
    }

    #[test]
    fn other_spellings_of_a_time_are_refused() {
        for text in ["2026-11-24T15:00:54Z", "2026-11-24T15:00:54.000001+00:00", "now", ""] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp), "{text}");
        }
    }
}
