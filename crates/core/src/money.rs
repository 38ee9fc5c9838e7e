//! Money: whole nano-units of a currency. No float ever touches it.

mod amount;
mod currency;

pub use amount::{Amount, NotAnAmount};
pub use currency::{Currency, NotACurrency};

use std::fmt;
use std::str::FromStr;

/// An amount of a currency, as in `0.50 USD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

/// The text is not an amount and a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be an amount and a currency such as \"0.50 USD\"")]
pub struct NotMoney;

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let (amount, currency) = text.trim().split_once(' ').ok_or(NotMoney)?;
        Ok(Self {
            amount: amount.parse().map_err(|_| NotMoney)?,
            currency: currency.trim_start().parse().map_err(|_| NotMoney)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_people_write_it() {
        let half: Money = "0.50 USD".parse().unwrap();
        assert_eq!(half.to_string(), "0.5 USD");
        for wrong in ["", "0.50", "USD", "0.50USD", "0.50 usd", "0.50 USD x", "-1 US"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }
}
