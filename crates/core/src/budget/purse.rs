//! An account's money as it is used: what is spent, what is held, what is free.

use std::collections::BTreeMap;

use weighbridge_proof::Timestamp;

use crate::budget::Budget;
use crate::day::Day;
use crate::invariant;
use crate::money::{Amount, Currency};

/// What an account has spent in one currency, as the receipts say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Ever.
    pub total: Amount,
    /// Of that, before the budget's present period.
    pub before: Amount,
}

/// One account's money. Everything that is held was reserved for a call that goes on; nothing is
/// held or spent beyond the budget (invariant M2).
#[derive(Debug, Clone)]
pub struct Purse {
    budget: Option<Budget>,
    /// The first day of the budget's present period.
    period: Day,
    coins: BTreeMap<Currency, Coins>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Coins {
    spent: Spent,
    reserved: Amount,
    calls: u64,
}

/// Not enough is free for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Short {
    /// The budget is in another currency.
    Currency(Currency),
    /// What is needed is more than is free.
    Free {
        /// How the account stands.
        standing: Box<Standing>,
        /// What is free now.
        free: Amount,
    },
}

/// How an account stands in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The budget, if there is one.
    pub budget: Option<Budget>,
    /// Which currency the rest is in.
    pub currency: Currency,
    /// Spent: in the present period where there is a budget in this currency, else ever.
    pub spent: Amount,
    /// Held for calls that go on.
    pub reserved: Amount,
    /// How many calls that is for.
    pub calls: u64,
    /// When the budget begins anew.
    pub resets_at: Option<Timestamp>,
}

/// A budget cannot be less than what is spent and held already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{spent} {currency} are spent and {reserved} {currency} are held by calls in flight")]
pub struct Below {
    /// Spent.
    pub spent: Amount,
    /// Held.
    pub reserved: Amount,
    /// Of what.
    pub currency: Currency,
}

impl Purse {
    /// A purse that nothing is held of. `spent` counts what is spent before the period that `now`
    /// lies in.
    pub fn new(budget: Option<Budget>, spent: &[(Currency, Spent)], now: Timestamp) -> Self {
        let coins = spent
            .iter()
            .map(|(currency, spent)| (*currency, Coins { spent: *spent, ..Coins::default() }));
        let period = budget.map_or(Day::FIRST, |budget| budget.period.start(Day::of(now)));
        Self { budget, period, coins: coins.collect() }
    }

    /// The budget, as it is `now`.
    pub fn budget(&mut self, now: Timestamp) -> Option<Budget> {
        self.roll(now);
        self.budget
    }

    /// Holds `amount` for a call.
    ///
    /// # Errors
    /// [`Short`] where the budget does not allow it; nothing is held then.
    pub fn reserve(
        &mut self,
        currency: Currency,
        amount: Amount,
        now: Timestamp,
    ) -> Result<(), Short> {
        self.roll(now);
        if let Some(budget) = self.budget
            && budget.currency != currency
        {
            return Err(Short::Currency(budget.currency));
        }
        let free = self.free(currency);
        if free.is_some_and(|free| amount > free) {
            let standing = Box::new(self.standing_in(currency));
            return Err(Short::Free { standing, free: free.unwrap_or_default() });
        }
        let coins = self.coins.entry(currency).or_default();
        coins.reserved += amount;
        coins.calls += 1;
        self.check();
        Ok(())
    }

    /// Holds up to `amount` more for a call that goes on, and says how much.
    pub fn extend(&mut self, currency: Currency, amount: Amount, now: Timestamp) -> Amount {
        self.roll(now);
        let granted = match self.free(currency) {
            Some(free) => amount.min(free),
            None => amount,
        };
        self.coins.entry(currency).or_default().reserved += granted;
        self.check();
        granted
    }

    /// Ends a call for which `held` was held: `charged` of it, never more, is spent, and the rest
    /// is free again.
    pub fn settle(&mut self, currency: Currency, held: Amount, charged: Amount, now: Timestamp) {
        debug_assert!(charged <= held, "M2: {charged} charged of {held} held");
        self.roll(now);
        let coins = self.coins.entry(currency).or_default();
        coins.reserved = coins.reserved.minus_down_to_zero(held);
        coins.calls = coins.calls.saturating_sub(1);
        coins.spent.total += charged.min(held);
        self.check();
    }

    /// Puts another budget in the place of this one. `before` is what was spent in its currency
    /// before the period that `now` lies in.
    ///
    /// # Errors
    /// [`Below`] where more is spent and held already; nothing is changed then.
    pub fn set_budget(
        &mut self,
        budget: Option<Budget>,
        before: Amount,
        now: Timestamp,
    ) -> Result<(), Below> {
        if let Some(new) = budget {
            let coins = self.coins.entry(new.currency).or_default();
            let spent = coins.spent.total.minus_down_to_zero(before);
            if spent + coins.reserved > new.total() {
                let reserved = coins.reserved;
                return Err(Below { spent, reserved, currency: new.currency });
            }
            coins.spent.before = before;
            self.period = new.period.start(Day::of(now));
        }
        self.budget = budget;
        self.check();
        Ok(())
    }

    /// How the account stands in its budget's currency, and in every other it has used.
    pub fn standings(&mut self, now: Timestamp) -> Vec<Standing> {
        self.roll(now);
        let of_budget = self.budget.map(|budget| budget.currency);
        let others = self.coins.keys().copied().filter(|currency| Some(*currency) != of_budget);
        of_budget.into_iter().chain(others).map(|currency| self.standing_in(currency)).collect()
    }

    fn standing_in(&self, currency: Currency) -> Standing {
        let coins = self.coins.get(&currency).copied().unwrap_or_default();
        let budget = self.budget.filter(|budget| budget.currency == currency);
        let resets = budget.and_then(|budget| budget.period.next(self.period));
        Standing {
            budget,
            currency,
            spent: self.spent_in(currency),
            reserved: coins.reserved,
            calls: coins.calls,
            resets_at: resets.map(Day::start),
        }
    }

    /// What is free; nothing where nothing bounds it.
    fn free(&self, currency: Currency) -> Option<Amount> {
        let budget = self.budget.filter(|budget| budget.currency == currency)?;
        let reserved = self.coins.get(&currency).map(|coins| coins.reserved).unwrap_or_default();
        Some(budget.total().minus_down_to_zero(self.spent_in(currency) + reserved))
    }

    fn spent_in(&self, currency: Currency) -> Amount {
        let spent = self.coins.get(&currency).map(|coins| coins.spent).unwrap_or_default();
        match self.budget {
            Some(budget) if budget.currency == currency => spent.total - spent.before,
            _ => spent.total,
        }
    }

    /// Goes on to the period that `now` lies in. What calls hold they go on holding.
    fn roll(&mut self, now: Timestamp) {
        let Some(budget) = &mut self.budget else { return };
        let period = budget.period.start(Day::of(now));
        if period <= self.period {
            return;
        }
        let coins = self.coins.entry(budget.currency).or_default();
        *budget = budget.after(coins.spent.total - coins.spent.before);
        coins.spent.before = coins.spent.total;
        self.period = period;
    }

    /// Invariant M2.
    fn check(&self) {
        if cfg!(debug_assertions)
            && let Some(budget) = self.budget
        {
            let standing = self.standing_in(budget.currency);
            let held = invariant::m2(standing.spent, standing.reserved, budget.total());
            debug_assert!(held.is_ok(), "{held:?}");
        }
    }
}
