//! What accounts may spend, and what they have spent.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weighbridge_core::act::{Deed, Stamp};
use weighbridge_core::budget::Budget;
use weighbridge_core::call::Ending;
use weighbridge_core::day::Day;
use weighbridge_core::id::AccountId;
use weighbridge_core::money::{Amount, Currency};
use weighbridge_proof::Timestamp;

use crate::acts;
use crate::error::StoreError;
use crate::open::Store;

/// What a receipt charges an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// Of what.
    pub currency: Currency,
    /// When the call was finished.
    pub day: Day,
    /// How much.
    pub amount: Amount,
}

impl Spend {
    /// What the call that ended so is charged; nothing where it has no price.
    pub fn of(ending: &Ending) -> Option<Self> {
        let charge = ending.cost.charge?;
        Some(Self {
            currency: charge.held.currency,
            day: Day::of(ending.finished_at),
            amount: charge.actual,
        })
    }
}

/// An account's money as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spending {
    /// The budget, with its credit as of the start of the period of that day.
    pub budget: Option<(Budget, Day)>,
    /// What was spent on each day, in order, by currency.
    pub days: Vec<(Currency, Day, Amount)>,
}

/// What a group of receipts charges, summed up so that each account's row is touched once.
#[derive(Debug, Default)]
pub(crate) struct Charges(Vec<(AccountId, Spend)>);

impl Charges {
    pub(crate) fn add(&mut self, account: AccountId, spend: &Spend) {
        if spend.amount.is_zero() {
            return;
        }
        let same = |(other, sum): &&mut (AccountId, Spend)| {
            *other == account && sum.currency == spend.currency && sum.day == spend.day
        };
        match self.0.iter_mut().find(same) {
            Some((_, sum)) => sum.amount += spend.amount,
            None => self.0.push((account, *spend)),
        }
    }

    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        for (account, spend) in &self.0 {
            let (units, nanos) = spend.amount.split();
            connection
                .prepare_cached(
                    "INSERT INTO spending (account, currency, day, units, nanos) \
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, currency, day) DO UPDATE \
                     SET units = units + excluded.units, nanos = nanos + excluded.nanos",
                )?
                .execute(params![
                    account.to_bytes(),
                    spend.currency.as_str(),
                    spend.day.number(),
                    units,
                    nanos,
                ])?;
        }
        Ok(())
    }
}

impl Store {
    /// An account's budget and what it has spent.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn spending(&self, account: AccountId) -> Result<Spending, StoreError> {
        self.read(move |connection| {
            let budget = connection
                .prepare_cached(
                    "SELECT amount, currency, period, credit, since FROM budgets \
                     WHERE account = ?1",
                )?
                .query_row([account.to_bytes()], read_budget)
                .optional()?;
            let days = connection
                .prepare_cached(
                    "SELECT currency, day, units, nanos FROM spending WHERE account = ?1 \
                     ORDER BY currency, day",
                )?
                .query_map([account.to_bytes()], |row| {
                    let amount = Amount::join(row.get(2)?, row.get(3)?);
                    Ok((parsed(row, 0)?, Day::from_number(row.get(1)?), amount))
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Spending { budget, days })
        })
        .await
    }

    /// Gives an account a budget, with its credit as of the start of the period of the day, or
    /// takes it away.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account.
    pub async fn set_budget(
        &self,
        account: AccountId,
        budget: Option<(Budget, Day)>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        self.change(Box::new(move |connection| {
            let exists = connection
                .prepare_cached("SELECT 1 FROM accounts WHERE id = ?1")?
                .exists([account.to_bytes()])?;
            if !exists {
                return Ok(Err(StoreError::Missing("account")));
            }
            write_budget(connection, account, budget)?;
            let deed = Deed::ChangeBudget { account, budget: budget.map(|(budget, _)| budget) };
            acts::record(connection, &stamp, &deed)?;
            Ok(Ok(()))
        }))
        .await
    }

    /// When the account's latest calls began, the oldest first: at most `limit` of them, and none
    /// from before `since`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn recent_calls(
        &self,
        account: AccountId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT received_at, finished_at FROM receipts WHERE account = ?1 \
                 ORDER BY seq DESC",
            )?;
            let mut rows = statement.query([account.to_bytes()])?;
            let mut recent = Vec::new();
            while let Some(row) = rows.next()? {
                let (received, finished): (i64, i64) = (row.get(0)?, row.get(1)?);
                // Receipts come in the order in which their calls ended; what began earlier did too.
                if finished < since.micros() || recent.len() >= limit {
                    break;
                }
                if received >= since.micros() {
                    recent.push(Timestamp::from_micros(received));
                }
            }
            recent.sort_unstable();
            Ok(recent)
        })
        .await
    }
}

pub(crate) fn write_budget(
    connection: &Connection,
    account: AccountId,
    budget: Option<(Budget, Day)>,
) -> rusqlite::Result<()> {
    let Some((budget, since)) = budget else {
        connection.execute("DELETE FROM budgets WHERE account = ?1", [account.to_bytes()])?;
        return Ok(());
    };
    connection.execute(
        "INSERT OR REPLACE INTO budgets (account, amount, currency, period, credit, since) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            account.to_bytes(),
            budget.amount.to_string(),
            budget.currency.as_str(),
            budget.period.as_str(),
            budget.credit.to_string(),
            since.number(),
        ],
    )?;
    Ok(())
}

fn read_budget(row: &Row<'_>) -> rusqlite::Result<(Budget, Day)> {
    let budget = Budget {
        amount: parsed(row, 0)?,
        currency: parsed(row, 1)?,
        period: parsed(row, 2)?,
        credit: parsed(row, 3)?,
    };
    Ok((budget, Day::from_number(row.get(4)?)))
}

/// A column whose text is a `T`.
pub(crate) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}
