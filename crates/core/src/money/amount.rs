//! Amounts.

use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nano-units in one unit.
const NANOS: i128 = 1_000_000_000;

/// Digits after the point.
const DECIMALS: usize = 9;

/// The most digits before the point that are read: far beyond any budget, and so far below the
/// largest number that no sum of what was read can overflow.
const WHOLE_DIGITS: usize = 16;

/// Whole nano-units of some currency. Shown without exponent or trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The most that one call can cost: 10^15 units. Costs stop here, so that thousands of them
    /// still add up in the 64 bits that a database has for units.
    pub const MAX: Self = Self(1_000_000_000_000_000 * NANOS);

    /// This many nano-units.
    pub const fn from_nanos(nanos: i128) -> Self {
        Self(nanos)
    }

    /// The nano-units.
    pub const fn nanos(self) -> i128 {
        self.0
    }

    /// Whole units and the nano-units beyond them, both with the sign of the amount: how sums are
    /// kept where only 64 bits are at hand.
    pub fn split(self) -> (i64, i64) {
        let kept = |part: i128| i64::try_from(part).unwrap_or(i64::MAX);
        (kept(self.0 / NANOS), kept(self.0 % NANOS))
    }

    /// The amount of these units and nano-units.
    pub fn join(units: i64, nanos: i64) -> Self {
        Self(i128::from(units) * NANOS + i128::from(nanos))
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The difference, or nothing where that would be less.
    #[must_use]
    pub fn minus_down_to_zero(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let size = self.0.unsigned_abs();
        let (units, nanos) = (size / NANOS.unsigned_abs(), size % NANOS.unsigned_abs());
        // Divisions of 128 bits are slow, and most amounts have fewer.
        match u64::try_from(units) {
            Ok(units) => write!(f, "{units}")?,
            Err(_) => write!(f, "{units}")?,
        }
        let (mut nanos, mut width) = (u32::try_from(nanos).unwrap_or(0), DECIMALS);
        if nanos == 0 {
            return Ok(());
        }
        while nanos.is_multiple_of(10) {
            (nanos, width) = (nanos / 10, width - 1);
        }
        write!(f, ".{nanos:0width$}")
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an amount is a decimal number in quotes such as \"5\" or \"0.00009\", with at most 9 digits \
     after the point"
)]
pub struct NotAnAmount;

impl FromStr for Amount {
    type Err = NotAnAmount;

    /// Reads `5`, `0.00009`, `-1.5`: no exponent, no sign but a minus, no spaces.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (sign, size) = match text.strip_prefix('-') {
            Some(size) => (-1, size),
            None => (1, text),
        };
        let (units, decimals) = match size.split_once('.') {
            Some((units, decimals)) if !decimals.is_empty() => (units, decimals),
            Some(_) => return Err(NotAnAmount),
            None => (size, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = (1..=WHOLE_DIGITS).contains(&units.len()) && decimals.len() <= DECIMALS;
        if !fits || !digits(units) || !digits(decimals) {
            return Err(NotAnAmount);
        }
        let units: i128 = units.parse().map_err(|_| NotAnAmount)?;
        let nanos: i128 = format!("{decimals:0<9}").parse().map_err(|_| NotAnAmount)?;
        Ok(Self(sign * (units * NANOS + nanos)))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn amounts_are_shown_without_exponent_or_trailing_zeros() {
        for (nanos, text) in [
            (0, "0"),
            (5_000_000_000, "5"),
            (90_000, "0.00009"),
            (1, "0.000000001"),
            (-1_500_000_000, "-1.5"),
            (10_000_000_000, "10"),
        ] {
            assert_eq!(Amount(nanos).to_string(), text);
            assert_eq!(text.parse(), Ok(Amount(nanos)));
        }
    }

    #[test]
    fn what_is_no_plain_decimal_number_is_refused() {
        for wrong in
            ["", "-", ".", "1.", ".5", "1e3", "+1", " 1", "1 ", "1,5", "0.0000000001", "0x1", "--1"]
        {
            assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
        }
        assert!("9".repeat(WHOLE_DIGITS).parse::<Amount>().is_ok());
        assert!("9".repeat(WHOLE_DIGITS + 1).parse::<Amount>().is_err());
    }

    proptest! {
        #[test]
        fn an_amount_reads_back(nanos in any::<i64>()) {
            let amount = Amount(i128::from(nanos));
            assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn splitting_and_joining_lose_nothing(nanos in any::<i64>()) {
            let amount = Amount(i128::from(nanos));
            let (units, rest) = amount.split();
            assert_eq!(Amount::join(units, rest), amount);
        }
    }
}
