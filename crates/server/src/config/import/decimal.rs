//! Decimal numbers by their text, exactly.

use weighbridge_core::money::Amount;

/// The most digits of a number; more than any price has.
const DIGITS: usize = 30;

/// The most that an exponent may say, in either direction.
const EXPONENT: i32 = 60;

/// `digits` times ten to the power of `exponent`; never less than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Reads `5`, `0.00000015`, `1.5e-07`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text);
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let decimals = decimals.trim_end_matches('0');
        let digits = format!("{whole}{decimals}");
        let digits = digits.trim_start_matches('0');
        let written = !whole.is_empty() || number.contains(|it: char| it.is_ascii_digit());
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !written || !plain || digits.len() > DIGITS || exponent.abs() > EXPONENT {
            return None;
        }
        let digits = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let exponent = exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?;
        Some(Self { digits, exponent }.short())
    }

    /// Without zeros at the end of the digits.
    fn short(mut self) -> Self {
        if self.digits == 0 {
            return Self { digits: 0, exponent: 0 };
        }
        while self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.exponent += 1;
        }
        self
    }

    /// The whole number that this times ten to the power of `power` is, if it is one.
    pub(super) fn whole(self, power: i32) -> Option<u64> {
        let factor = u32::try_from(self.exponent.checked_add(power)?).ok()?;
        let factor = 10_u128.checked_pow(factor)?;
        u64::try_from(self.digits.checked_mul(factor)?).ok()
    }

    /// This times ten to the power of `power` as an amount of money, where that is exact.
    pub(super) fn amount(self, power: i32) -> Option<Amount> {
        let exponent = self.exponent.checked_add(power)?;
        let digits = self.digits.to_string();
        let text = match usize::try_from(exponent) {
            Ok(zeros) => format!("{digits}{}", "0".repeat(zeros)),
            Err(_) => {
                let decimals = usize::try_from(exponent.unsigned_abs()).ok()?;
                let padded = format!("{digits:0>width$}", width = decimals + 1);
                let (whole, decimals) = padded.split_at_checked(padded.len() - decimals)?;
                format!("{whole}.{decimals}")
            }
        };
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn per_million(text: &str) -> Option<String> {
        Some(Decimal::read(text)?.amount(6)?.to_string())
    }

    #[test]
    fn costs_of_a_token_become_those_of_a_million_exactly() {
        for (written, meant) in [
            ("0.00000015", "0.15"),
            ("1.5e-07", "0.15"),
            ("1.50E-7", "0.15"),
            ("0.000003", "3"),
            ("3e-06", "3"),
            ("+.0000006", "0.6"),
            ("0", "0"),
            ("0.0", "0"),
            ("1", "1000000"),
            ("12.5e-6", "12.5"),
            ("0.000000000000001", "0.000000001"),
            ("2.8e-07", "0.28"),
        ] {
            assert_eq!(per_million(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        for wrong in [
            "",
            ".",
            "-1e-6",
            "1e",
            "e5",
            "1.2.3",
            "free",
            "0x1",
            "1_000",
            "nan",
            "inf",
            "1e-99",
            "1e99",
            "1e-16",
            "1.23456789012345678901234567890123e-6",
        ] {
            assert_eq!(per_million(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whole_numbers_are_told_from_others() {
        let whole = |text: &str, power| Decimal::read(text).and_then(|it| it.whole(power));
        assert_eq!(whole("600", 3), Some(600_000));
        assert_eq!(whole("600.0", 0), Some(600));
        assert_eq!(whole("0.5", 3), Some(500));
        assert_eq!(whole("0.5", 0), None);
        assert_eq!(whole("1e6", 0), Some(1_000_000));
        assert_eq!(whole("1e50", 0), None);
    }
}
