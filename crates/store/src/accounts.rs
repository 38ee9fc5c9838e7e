//! Accounts.

use rusqlite::{OptionalExtension as _, Row, params};
use weighbridge_core::account::Account;
use weighbridge_core::act::{Deed, Stamp};
use weighbridge_core::budget::Budget;
use weighbridge_core::day::Day;
use weighbridge_core::id::AccountId;

use crate::acts;
use crate::error::StoreError;
use crate::open::Store;
use crate::page::{PAGE_LIMIT, Page};
use crate::spending::write_budget;

const COLUMNS: &str = "id, name, level";

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: AccountId::from_bytes(row.get(0)?), name: row.get(1)?, level: row.get(2)? })
}

impl Store {
    /// Adds an account, with a budget where it has one.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] when there are as many as there may be.
    pub async fn add_account(
        &self,
        account: Account,
        budget: Option<(Budget, Day)>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let limit = self.account_limit();
        self.change(Box::new(move |connection| {
            let there: i64 =
                connection.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))?;
            if usize::try_from(there).unwrap_or(usize::MAX) >= limit {
                return Ok(Err(StoreError::TooMany("accounts", limit)));
            }
            connection.execute(
                "INSERT INTO accounts (id, name, level, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![account.id.to_bytes(), account.name, account.level, stamp.at.micros()],
            )?;
            write_budget(connection, account.id, budget)?;
            let deed = Deed::CreateAccount {
                account: account.id,
                name: &account.name,
                level: &account.level,
                budget: budget.map(|(budget, _)| budget),
            };
            acts::record(connection, &stamp, &deed)?;
            Ok(Ok(()))
        }))
        .await
    }

    /// Gives an account another name, another level, or both.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none of that id.
    pub async fn change_account(
        &self,
        id: AccountId,
        name: Option<String>,
        level: Option<String>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let answer = self
            .change(Box::new(move |connection| {
                let changed = connection.execute(
                    "UPDATE accounts SET name = coalesce(?2, name), level = coalesce(?3, level) \
                     WHERE id = ?1",
                    params![id.to_bytes(), name, level],
                )?;
                if changed == 0 {
                    return Ok(Err(StoreError::Missing("account")));
                }
                let (name, level) = (name.as_deref(), level.as_deref());
                let deed = Deed::ChangeAccount { account: id, name, level };
                acts::record(connection, &stamp, &deed)?;
                Ok(Ok(()))
            }))
            .await;
        self.keyring().forget_all();
        answer
    }

    /// The levels that accounts have.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn levels_in_use(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let levels = connection
                .prepare("SELECT DISTINCT level FROM accounts ORDER BY level")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(levels)
        })
        .await
    }

    /// One account.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM accounts WHERE id = ?1"))?
                .query_row([id.to_bytes()], read_account)
                .optional()?)
        })
        .await
    }

    /// Accounts, the oldest first, from after `after` on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn accounts(
        &self,
        limit: u32,
        after: Option<AccountId>,
    ) -> Result<Page<Account>, StoreError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.read(move |connection| {
            let after = after.map_or([0; 16], AccountId::to_bytes);
            let read = connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2"
                ))?
                .query_map(params![after, limit + 1], read_account)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(Page::cut(read, limit, |account| account.id.to_string()))
        })
        .await
    }
}
