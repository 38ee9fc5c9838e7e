//! One account as it is used: its windows, its purse, its open quotes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use weighbridge_core::act::Stamp;
use weighbridge_core::budget::{Below, Budget, Period, Purse, Standing, spent_before};
use weighbridge_core::clock::Moment;
use weighbridge_core::day::Day;
use weighbridge_core::id::AccountId;
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::quote::Quotes;
use weighbridge_core::window::{Allowance, Full, Pace, Window};
use weighbridge_proof::Timestamp;
use weighbridge_store::{Store, StoreError};

use crate::order::Lines;

/// See the module's words.
#[derive(Debug)]
pub struct LiveAccount {
    id: AccountId,
    sync: Mutex<Window>,
    view: Mutex<Window>,
    purse: Mutex<Purse>,
    quotes: Mutex<Quotes>,
    lines: Lines,
    /// Held while its budget is being changed.
    changing: tokio::sync::Mutex<()>,
}

/// What to make of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetChange {
    /// Another one, which keeps the credit where the currency stays what it is.
    Set {
        /// In every period.
        amount: Amount,
        /// Of what; of the same as before where nothing is said.
        currency: Option<Currency>,
        /// How often it begins anew; as before where nothing is said.
        period: Option<Period>,
        /// More to spend, once.
        top_up: Amount,
    },
    /// More to spend, once.
    TopUp(Amount),
    /// No budget: nothing bounds what is spent.
    Remove,
}

/// A budget was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// It would be less than what is spent and held.
    #[error("a budget cannot be less than what is used of it: {0}")]
    Below(Below),
    /// There is none to top up.
    #[error("the account has no budget that could be topped up; give it one with an amount")]
    NoBudget,
    /// It is not said of what it is.
    #[error("a budget needs a currency, such as \"USD\"")]
    NoCurrency,
    /// It was not committed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LiveAccount {
    /// Reads an account from the books. `pace` is how many calls it may make: those it made just
    /// before this process began count too.
    pub(crate) async fn load(
        store: &Store,
        id: AccountId,
        pace: Pace,
        now: Moment,
    ) -> Result<Self, StoreError> {
        let spending = store.spending(id).await?;
        let window = i64::try_from(pace.window.as_micros()).unwrap_or(i64::MAX);
        let since = Timestamp::from_micros(now.wall.micros().saturating_sub(window));
        let recent = store.recent_calls(id, since, pace.requests).await?;
        let ago = recent.iter().map(|at| {
            let micros = now.wall.micros().saturating_sub(at.micros());
            std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0))
        });
        Ok(Self {
            id,
            sync: Mutex::new(Window::remembered(now.steady, ago)),
            view: Mutex::default(),
            purse: Mutex::new(Purse::from_books(spending.budget, &spending.days, now.wall)),
            quotes: Mutex::default(),
            lines: Lines::default(),
            changing: tokio::sync::Mutex::default(),
        })
    }

    /// Whose it is.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// Lets a call in, or not.
    ///
    /// # Errors
    /// [`Full`] when the level allows no more now.
    pub fn admit_call(&self, pace: Pace, now: Moment) -> Result<Allowance, Full> {
        lock(&self.sync).admit(pace, now.steady)
    }

    /// Lets a read of the native API in, or not.
    ///
    /// # Errors
    /// [`Full`] when the level allows no more now.
    pub fn admit_view(&self, pace: Pace, now: Moment) -> Result<Allowance, Full> {
        lock(&self.view).admit(pace, now.steady)
    }

    /// How it stands, in its budget's currency first.
    pub fn standings(&self, now: Timestamp) -> Vec<Standing> {
        self.purse().standings(now)
    }

    /// Changes the budget: first so that old and new both bind, then in the database, then for
    /// good. Nothing is left of it when it was not committed. It goes on to its end even when
    /// nobody waits for it any more.
    ///
    /// # Errors
    /// [`NotChanged`], and the budget is what it was.
    pub async fn change_budget(
        self: &Arc<Self>,
        store: &Store,
        change: BudgetChange,
        stamp: Stamp,
    ) -> Result<(), NotChanged> {
        let (account, store) = (Arc::clone(self), store.clone());
        let changing = tokio::spawn(async move { account.change(&store, change, stamp).await });
        changing.await.unwrap_or_else(|error| {
            tracing::error!(%error, account = %self.id, "a budget could not be changed");
            Err(StoreError::Unavailable.into())
        })
    }

    async fn change(
        &self,
        store: &Store,
        change: BudgetChange,
        stamp: Stamp,
    ) -> Result<(), NotChanged> {
        let now = stamp.at;
        let _one_at_a_time = self.changing.lock().await;
        let old = self.purse().budget(now);
        let new = change.applied(old)?;
        let before = match new {
            None => Amount::ZERO,
            Some(budget) => {
                let start = budget.period.start(Day::of(now));
                spent_before(start, budget.currency, &store.spending(self.id).await?.days)
            }
        };
        self.purse().propose(new, before, now).map_err(NotChanged::Below)?;
        let kept = new.map(|budget| (budget, budget.period.start(Day::of(now))));
        match store.set_budget(self.id, kept, stamp).await {
            Ok(()) => {
                self.purse().accept();
                Ok(())
            }
            Err(error) => {
                self.purse().withdraw();
                Err(error.into())
            }
        }
    }

    pub(crate) fn purse(&self) -> MutexGuard<'_, Purse> {
        lock(&self.purse)
    }

    /// Its calls, in the order in which they came.
    pub(crate) fn lines(&self) -> &Lines {
        &self.lines
    }

    pub(crate) fn quotes(&self) -> MutexGuard<'_, Quotes> {
        lock(&self.quotes)
    }
}

impl BudgetChange {
    /// The budget that this makes of an old one.
    ///
    /// # Errors
    /// [`NotChanged::NoBudget`] where there is none to top up, [`NotChanged::NoCurrency`].
    pub fn applied(self, old: Option<Budget>) -> Result<Option<Budget>, NotChanged> {
        match self {
            Self::Remove => Ok(None),
            Self::TopUp(more) => {
                let old = old.ok_or(NotChanged::NoBudget)?;
                Ok(Some(Budget { credit: old.credit + more, ..old }))
            }
            Self::Set { amount, currency, period, top_up } => {
                let currency = currency.or(old.map(|old| old.currency));
                let currency = currency.ok_or(NotChanged::NoCurrency)?;
                let period = period.or(old.map(|old| old.period)).unwrap_or_default();
                let same = old.filter(|old| old.currency == currency);
                let credit = same.map(|old| old.credit).unwrap_or_default() + top_up;
                Ok(Some(Budget { amount, currency, period, credit }))
            }
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
