//! A range of times, as it stands on a command line.

use std::str::FromStr;
use std::time::Duration;

/// From one time to another, in seconds: `0.4-1.0`, or `2` for always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The shortest.
    pub(crate) from: Duration,
    /// The longest.
    pub(crate) to: Duration,
}

impl Span {
    /// For when there is little time.
    pub(crate) const SHORT: Self =
        Self { from: Duration::from_millis(300), to: Duration::from_millis(600) };
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        let time = |text: &str| {
            let seconds = text.trim().parse().ok();
            seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        };
        match (time(from), time(to)) {
            (Some(from), Some(to)) if from <= to => Ok(Self { from, to }),
            _ => Err("should be two times in seconds, like 0.4-1.0".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_times_are_read() {
        let (from, to) = (Duration::from_millis(400), Duration::from_secs(1));
        assert_eq!("0.4-1.0".parse(), Ok(Span { from, to }));
        assert_eq!("1".parse(), Ok(Span { from: to, to }));
        for wrong in ["", "-1", "2-1", "a-b", "1-"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
