//! Keys that a call may be made only once with. A key is taken in the commit of the call's intent,
//! so of two calls that come at once only one is dispatched.

use rusqlite::{Connection, OptionalExtension as _, params};
use weighbridge_core::id::{AccountId, CallId};

use crate::error::{Repeated, StoreError};
use crate::open::Store;

/// The longest key, in bytes.
pub const KEY_LIMIT: usize = 255;

/// A key of an account's that a call is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceKey {
    /// Whose.
    pub account: AccountId,
    /// What the caller calls it.
    pub key: String,
}

/// Takes the key for a call, unless another call has it.
pub(crate) fn take(
    connection: &Connection,
    key: &OnceKey,
    call: CallId,
) -> rusqlite::Result<Result<(), Repeated>> {
    let taken = connection
        .prepare_cached(
            "INSERT INTO idempotency (account, key, call) VALUES (?1, ?2, ?3) \
             ON CONFLICT (account, key) DO NOTHING",
        )?
        .execute(params![key.account.to_bytes(), key.key, call.to_bytes()])?;
    if taken > 0 {
        return Ok(Ok(()));
    }
    Ok(find(connection, key)?.map_or(Ok(()), Err))
}

/// Gives the key back: its call was never dispatched.
pub(crate) fn free(connection: &Connection, key: &OnceKey, call: CallId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM idempotency WHERE account = ?1 AND key = ?2 AND call = ?3")?
        .execute(params![key.account.to_bytes(), key.key, call.to_bytes()])?;
    Ok(())
}

fn find(connection: &Connection, key: &OnceKey) -> rusqlite::Result<Option<Repeated>> {
    connection
        .prepare_cached(
            "SELECT call, EXISTS (SELECT 1 FROM intents WHERE id = call) FROM idempotency \
             WHERE account = ?1 AND key = ?2",
        )?
        .query_row(params![key.account.to_bytes(), key.key], |row| {
            Ok(Repeated { call: CallId::from_bytes(row.get(0)?), running: row.get(1)? })
        })
        .optional()
}

impl Store {
    /// The call that was made with this key, if one was.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn repeated(&self, key: OnceKey) -> Result<Option<Repeated>, StoreError> {
        self.read(move |connection| Ok(find(connection, &key)?)).await
    }
}
