//! An account's money as it is used: what is spent, what is held, what is free.

use std::collections::BTreeMap;

use weighbridge_proof::Timestamp;

use crate::budget::Budget;
use crate::day::Day;
use crate::invariant;
use crate::money::{Amount, Currency};

/// One account's money. Everything that is held was reserved for a call that goes on; nothing is
/// held or spent beyond the budget (invariant M2).
///
/// A budget is changed in two steps, around its commit: [`Purse::propose`], from where on both the
/// old and the new one bind, then [`Purse::accept`] or [`Purse::withdraw`]. So M2 holds for
/// whichever of them is in the database when the process ends.
#[derive(Debug, Clone)]
pub struct Purse {
    limit: Option<Limit>,
    /// What was proposed and is not accepted yet; a limit of nothing lifts the budget.
    proposed: Option<Option<Limit>>,
    coins: BTreeMap<Currency, Coins>,
}

/// A budget in its present period.
#[derive(Debug, Clone, Copy)]
struct Limit {
    budget: Budget,
    /// The first day of the period.
    period: Day,
    /// What was spent in the budget's currency before that day.
    before: Amount,
}

#[derive(Debug, Clone, Copy, Default)]
struct Coins {
    spent: Amount,
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
#[error(
    "{spent} {currency} are spent (ever, where the budget never begins anew) and {reserved} \
     {currency} are held by calls in flight"
)]
pub struct Below {
    /// Spent.
    pub spent: Amount,
    /// Held.
    pub reserved: Amount,
    /// Of what.
    pub currency: Currency,
}

/// What was spent on the days before `day`, in one currency.
pub fn spent_before(day: Day, currency: Currency, days: &[(Currency, Day, Amount)]) -> Amount {
    let earlier = days.iter().filter(|(of, on, _)| *of == currency && *on < day);
    earlier.map(|(_, _, amount)| *amount).sum()
}

impl Purse {
    /// The purse that the books make: nothing is held of it. `budget` has its credit as of the
    /// start of the period of its day; `days` is what was spent on each day, in order.
    pub fn from_books(
        budget: Option<(Budget, Day)>,
        days: &[(Currency, Day, Amount)],
        now: Timestamp,
    ) -> Self {
        let mut coins: BTreeMap<Currency, Coins> = BTreeMap::new();
        for (currency, _, amount) in days {
            coins.entry(*currency).or_default().spent += *amount;
        }
        let today = Day::of(now);
        let limit = budget.map(|(budget, since)| {
            let of_period = days
                .iter()
                .filter(|(currency, day, _)| *currency == budget.currency && *day >= since)
                .map(|(_, day, amount)| (*day, *amount));
            let budget = budget.carried(since, of_period, today);
            Limit::new(budget, spent_before(budget.period.start(today), budget.currency, days), now)
        });
        Self { limit, proposed: None, coins }
    }

    /// The budget, as it is `now`.
    pub fn budget(&mut self, now: Timestamp) -> Option<Budget> {
        self.roll(now);
        self.limit.map(|limit| limit.budget)
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
        if let Some(other) = self.limits().find(|limit| limit.budget.currency != currency) {
            return Err(Short::Currency(other.budget.currency));
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
        self.release(currency, held);
        self.coins.entry(currency).or_default().spent += charged.min(held);
        self.check();
    }

    /// Ends a call that costs nothing.
    pub fn release(&mut self, currency: Currency, held: Amount) {
        let coins = self.coins.entry(currency).or_default();
        coins.reserved = coins.reserved.minus_down_to_zero(held);
        coins.calls = coins.calls.saturating_sub(1);
    }

    /// The first step of another budget, or none: from here on it binds beside the present one.
    /// `before` is what was spent in its currency before the period that `now` lies in.
    ///
    /// # Errors
    /// [`Below`] where more is spent and held already; nothing is changed then.
    pub fn propose(
        &mut self,
        budget: Option<Budget>,
        before: Amount,
        now: Timestamp,
    ) -> Result<(), Below> {
        let Some(budget) = budget else {
            self.proposed = Some(None);
            return Ok(());
        };
        let limit = Limit::new(budget, before, now);
        let coins = self.coins.entry(budget.currency).or_default();
        let (spent, reserved) = (coins.spent.minus_down_to_zero(before), coins.reserved);
        if spent + reserved > budget.total() {
            return Err(Below { spent, reserved, currency: budget.currency });
        }
        self.proposed = Some(Some(limit));
        Ok(())
    }

    /// The proposed budget is committed: it is the budget now.
    pub fn accept(&mut self) {
        if let Some(proposed) = self.proposed.take() {
            self.limit = proposed;
        }
        self.check();
    }

    /// The proposed budget was not committed.
    pub fn withdraw(&mut self) {
        self.proposed = None;
    }

    /// How the account stands in its budget's currency, and in every other it has used.
    pub fn standings(&mut self, now: Timestamp) -> Vec<Standing> {
        self.roll(now);
        let of_budget = self.limit.map(|limit| limit.budget.currency);
        let others = self.coins.keys().copied().filter(|currency| Some(*currency) != of_budget);
        of_budget.into_iter().chain(others).map(|currency| self.standing_in(currency)).collect()
    }

    fn standing_in(&self, currency: Currency) -> Standing {
        let coins = self.coins.get(&currency).copied().unwrap_or_default();
        let limit = self.limit.filter(|limit| limit.budget.currency == currency);
        Standing {
            budget: limit.map(|limit| limit.budget),
            currency,
            spent: coins.spent - limit.map(|limit| limit.before).unwrap_or_default(),
            reserved: coins.reserved,
            calls: coins.calls,
            resets_at: limit
                .and_then(|limit| limit.budget.period.next(limit.period))
                .map(Day::start),
        }
    }

    /// What is free; nothing where nothing bounds it.
    fn free(&self, currency: Currency) -> Option<Amount> {
        let coins = self.coins.get(&currency).copied().unwrap_or_default();
        let of = self.limits().filter(|limit| limit.budget.currency == currency);
        of.map(|limit| {
            let spent = coins.spent - limit.before;
            limit.budget.total().minus_down_to_zero(spent + coins.reserved)
        })
        .min()
    }

    /// Every budget that binds now.
    fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.limit.iter().chain(self.proposed.iter().flatten())
    }

    /// Goes on to the period that `now` lies in. What calls hold they go on holding.
    fn roll(&mut self, now: Timestamp) {
        let limits = self.limit.iter_mut().chain(self.proposed.iter_mut().flatten());
        for limit in limits {
            let period = limit.budget.period.start(Day::of(now));
            if period > limit.period {
                let coins = self.coins.entry(limit.budget.currency).or_default();
                limit.budget = limit.budget.after(coins.spent - limit.before);
                limit.before = coins.spent;
                limit.period = period;
            }
        }
    }

    /// Invariant M2.
    fn check(&self) {
        if cfg!(debug_assertions) {
            for Limit { budget, before, .. } in self.limits() {
                let coins = self.coins.get(&budget.currency).copied().unwrap_or_default();
                let held = invariant::m2(coins.spent - *before, coins.reserved, budget.total());
                debug_assert!(held.is_ok(), "{held:?}");
            }
        }
    }
}

impl Limit {
    fn new(budget: Budget, before: Amount, now: Timestamp) -> Self {
        Self { budget, period: budget.period.start(Day::of(now)), before }
    }
}
