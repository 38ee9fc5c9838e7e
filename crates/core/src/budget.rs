//! Budgets: what an account may spend, and in which stretch of time.

mod period;
mod purse;

pub use period::{NotAPeriod, Period};
pub use purse::{Below, Purse, Short, Standing, spent_before};

use crate::day::Day;
use crate::money::{Amount, Currency, Money};

/// What an account may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// In every period.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
    /// How often it begins anew.
    pub period: Period,
    /// Beyond the amount, and until it is used up: what was topped up. What one period spends
    /// beyond its amount is gone from the next one's credit.
    pub credit: Amount,
}

impl Budget {
    /// All that may be spent in one period.
    pub fn total(&self) -> Amount {
        self.amount + self.credit
    }

    /// The amount with its currency.
    pub fn money(&self) -> Money {
        Money { amount: self.amount, currency: self.currency }
    }

    /// This budget after a period in which so much was spent.
    #[must_use]
    pub fn after(self, spent: Amount) -> Self {
        let beyond = spent.minus_down_to_zero(self.amount);
        Self { credit: self.credit.minus_down_to_zero(beyond), ..self }
    }

    /// This budget, which had its credit at the start of the period of `since`, in the period of
    /// `today`; `days` is what was spent on each day of that period and later ones, in order.
    #[must_use]
    pub fn carried(
        self,
        since: Day,
        days: impl Iterator<Item = (Day, Amount)>,
        today: Day,
    ) -> Self {
        let mut budget = self;
        let mut period = self.period.start(since);
        let mut spent = Amount::ZERO;
        for (day, amount) in days {
            let of = self.period.start(day);
            if of != period {
                budget = budget.after(spent);
                (period, spent) = (of, Amount::ZERO);
            }
            spent += amount;
        }
        if self.period.start(today) == period { budget } else { budget.after(spent) }
    }
}

#[cfg(test)]
mod tests;
