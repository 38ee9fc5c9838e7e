//! Points in time within a sound.

use std::fmt;

/// The latest point that is believed, in milliseconds: a thousand hours.
const LAST: u64 = 3_600_000_000;

/// Milliseconds from the start of a sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// Of seconds as a JSON number has them: `3.5`. What is finer than a thousandth is cut off.
    pub(super) fn of_seconds(number: &str) -> Option<Self> {
        let seconds: f64 = number.parse().ok()?;
        // Through the digits of an exact notation, so that 0.29 is 290 and not 289.
        let plain = if number.contains(['e', 'E']) { seconds.to_string() } else { number.into() };
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
        Self::of(whole.parse().ok()?, thousandths.parse().ok()?)
    }

    /// Of a clock's time: `00:01:02.500`, with a comma or a point.
    pub(super) fn of_clock(clock: &str) -> Option<Self> {
        let (clock, fraction) = clock.trim().split_once(['.', ',']).unwrap_or((clock.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
        let mut seconds = 0_u64;
        let mut parts = 0;
        for part in clock.split(':') {
            let part = part.parse::<u64>().ok().filter(|_| digits(part))?;
            seconds = seconds.checked_mul(60)?.checked_add(part)?;
            parts += 1;
        }
        if !(2..=3).contains(&parts) || !digits(fraction) {
            return None;
        }
        Self::of(seconds, thousandths.parse().ok()?)
    }

    fn of(seconds: u64, thousandths: u64) -> Option<Self> {
        let millis = seconds.checked_mul(1000)?.checked_add(thousandths)?;
        (millis <= LAST).then_some(Self(millis))
    }

    /// As a JSON number of seconds.
    pub(super) fn seconds(self) -> String {
        let Self(millis) = self;
        let number = format!("{}.{:03}", millis / 1000, millis % 1000);
        let short = number.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    }

    /// As a clock's time, with `between` before the thousandths.
    pub(super) fn clock(self, between: char) -> Clock {
        Clock { time: self, between }
    }
}

/// A clock's time.
pub(super) struct Clock {
    time: Millis,
    between: char,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Millis(millis) = self.time;
        let (seconds, rest) = (millis / 1000, millis % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}{}{rest:03}", self.between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_by_their_digits() {
        for (number, millis, again) in [
            ("0", Some(0), "0.0"),
            ("0.29", Some(290), "0.29"),
            ("3.5", Some(3500), "3.5"),
            ("8.470000267028809", Some(8470), "8.47"),
            ("1e1", Some(10_000), "10.0"),
            ("1.5E-2", Some(15), "0.015"),
            ("-1", None, ""),
            ("1e300", None, ""),
            ("\"1\"", None, ""),
        ] {
            let time = Millis::of_seconds(number);
            assert_eq!(time, millis.map(Millis), "{number}");
            assert_eq!(time.map_or(String::new(), Millis::seconds), again);
        }
    }

    #[test]
    fn clocks_are_read_with_a_comma_or_a_point() {
        for (clock, millis) in [
            ("00:00:03.500", Some(3500)),
            ("00:00:03,5", Some(3500)),
            ("01:01", Some(61_000)),
            ("100:00:00.000", Some(360_000_000)),
            ("3.500", None),
            ("1:2:3:4", None),
            ("00:00:-1", None),
            ("00:00:+1", None),
            ("00:00:01.x", None),
            ("99999999999999999999:00:00", None),
        ] {
            assert_eq!(Millis::of_clock(clock), millis.map(Millis), "{clock}");
        }
        assert_eq!(Millis(3_723_045).clock(',').to_string(), "01:02:03,045");
    }
}
