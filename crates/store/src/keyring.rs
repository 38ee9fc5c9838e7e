//! Keys: adding, listing, revoking, and finding whose key a caller sent.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use weighbridge_core::account::{Account, OPERATOR};
use weighbridge_core::act::{Deed, Stamp};
use weighbridge_core::credential::{Fingerprint, Key, KeyPolicy, Kind, Principal};
use weighbridge_core::id::{AccountId, KeyId};
use weighbridge_core::role::Role;
use weighbridge_core::routing::{NoSuchPolicy, Policy};
use weighbridge_proof::Timestamp;

use crate::acts;
use crate::error::StoreError;
use crate::open::Store;
use crate::page::{PAGE_LIMIT, Page};

/// Credentials that were looked up lately. Bounded; any change of keys or accounts empties it, so
/// a key that was revoked is refused from the commit of its revocation on.
#[derive(Debug)]
pub(crate) struct Keyring {
    limit: usize,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_fingerprint: HashMap<Fingerprint, Arc<Principal>>,
    /// Counts the emptyings: what was read from the database before one is not kept after it.
    generation: u64,
}

impl Keyring {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, known: RwLock::default() }
    }

    fn find(&self, fingerprint: &Fingerprint) -> (Option<Arc<Principal>>, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.by_fingerprint.get(fingerprint).cloned(), known.generation)
    }

    fn remember(&self, fingerprint: Fingerprint, principal: &Arc<Principal>, generation: u64) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            return;
        }
        if known.by_fingerprint.len() >= self.limit {
            known.by_fingerprint.clear();
        }
        known.by_fingerprint.insert(fingerprint, Arc::clone(principal));
    }

    pub(crate) fn forget_all(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.by_fingerprint.clear();
        known.generation += 1;
    }
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub key: Key,
    /// Whose it is.
    pub account: AccountId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
}

/// A key to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key.
    pub key: Key,
    /// Whose it is.
    pub account: AccountId,
    /// What it is found by.
    pub fingerprint: Fingerprint,
    /// When it was made, and by whom.
    pub stamp: Stamp,
}

impl Store {
    /// Whose key this is, unless it is unknown or revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn principal(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<Arc<Principal>>, StoreError> {
        let (known, generation) = self.keyring().find(&fingerprint);
        if known.is_some() {
            return Ok(known);
        }
        let found = self.read(move |connection| find(connection, fingerprint)).await?;
        let Some(found) = found.map(Arc::new) else { return Ok(None) };
        self.keyring().remember(fingerprint, &found, generation);
        Ok(Some(found))
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when its account does not exist.
    pub async fn add_key(&self, new: NewKey) -> Result<(), StoreError> {
        self.change(Box::new(move |connection| {
            let exists = connection
                .prepare_cached("SELECT 1 FROM accounts WHERE id = ?1")?
                .exists([new.account.to_bytes()])?;
            if !exists {
                return Ok(Err(StoreError::Missing("account")));
            }
            insert(connection, &new)?;
            Ok(Ok(()))
        }))
        .await
    }

    /// Revokes a key; of `account` only, where one is given. From the moment this returns the key
    /// is refused. A key that is revoked already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none of that id.
    pub async fn revoke_key(
        &self,
        id: KeyId,
        account: Option<AccountId>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let answer = self
            .change(Box::new(move |connection| {
                let account = account.map(AccountId::to_bytes);
                let there = connection
                    .prepare_cached(
                        "SELECT 1 FROM keys WHERE id = ?1 AND (?2 IS NULL OR account = ?2)",
                    )?
                    .exists(params![id.to_bytes(), account])?;
                if !there {
                    return Ok(Err(StoreError::Missing("key")));
                }
                let changed = connection.execute(
                    "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
                    params![id.to_bytes(), stamp.at.micros()],
                )?;
                if changed > 0 {
                    acts::record(connection, &stamp, &Deed::RevokeKey { key: id })?;
                }
                Ok(Ok(()))
            }))
            .await;
        self.keyring().forget_all();
        answer
    }

    /// Keys, the oldest first, from after `after` on; of `account` only, where one is given.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keys(
        &self,
        account: Option<AccountId>,
        limit: u32,
        after: Option<KeyId>,
    ) -> Result<Page<ListedKey>, StoreError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.read(move |connection| {
            let after = after.map_or([0; 16], KeyId::to_bytes);
            let read = connection
                .prepare_cached(
                    "SELECT id, account, role, name, trusted_headers, created_at, revoked_at, kind, \
                     hybrid_policy, hybrid_override, models \
                     FROM keys WHERE id > ?1 AND (?2 IS NULL OR account = ?2) \
                     ORDER BY id LIMIT ?3",
                )?
                .query_map(
                    params![after, account.map(AccountId::to_bytes), limit + 1],
                    read_listed,
                )?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(Page::cut(read, limit, |listed| listed.key.id.to_string()))
        })
        .await
    }

    /// Makes `fingerprint` the administrator's key, with the account `operator` behind it; an
    /// earlier administrator's key of the start-up kind stops working. The stamps are for what was
    /// revoked and for what was made, where there was anything.
    ///
    /// # Errors
    /// [`StoreError`] when it was not committed.
    pub async fn set_admin_key(
        &self,
        fingerprint: Fingerprint,
        account: AccountId,
        key: KeyId,
        [revoked, created]: [Stamp; 2],
    ) -> Result<(), StoreError> {
        let answer = self
            .change(Box::new(move |connection| {
                set_admin_key(connection, fingerprint, account, key, &revoked, &created)?;
                Ok(Ok(()))
            }))
            .await;
        self.keyring().forget_all();
        answer
    }
}

/// The name under which the key from `admin.key` or the environment is listed.
const ADMIN_KEY_NAME: &str = "start-up administrator";

fn set_admin_key(
    connection: &Connection,
    fingerprint: Fingerprint,
    account: AccountId,
    key: KeyId,
    revoked: &Stamp,
    created: &Stamp,
) -> rusqlite::Result<()> {
    let at = created.at;
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('operator', ?1) ON CONFLICT (name) DO NOTHING",
        [account.to_bytes()],
    )?;
    let account: [u8; 16] =
        connection
            .query_row("SELECT value FROM meta WHERE name = 'operator'", [], |row| row.get(0))?;
    connection.execute(
        "INSERT INTO accounts (id, name, level, created_at) VALUES (?1, ?2, 'default', ?3) \
         ON CONFLICT (id) DO NOTHING",
        params![account, OPERATOR, at.micros()],
    )?;
    // Every start leaves one such key, so at most one is found here.
    let earlier: Option<[u8; 16]> = connection
        .query_row(
            "UPDATE keys SET revoked_at = ?3 \
             WHERE account = ?1 AND name = ?2 AND fingerprint <> ?4 AND revoked_at IS NULL \
             RETURNING id",
            params![account, ADMIN_KEY_NAME, at.micros(), fingerprint.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(earlier) = earlier {
        let deed = Deed::RevokeKey { key: KeyId::from_bytes(earlier) };
        acts::record(connection, revoked, &deed)?;
    }
    let changed = connection.execute(
        "INSERT INTO keys (id, account, fingerprint, role, name, trusted_headers, created_at) \
         VALUES (?1, ?2, ?3, 'admin', ?4, 0, ?5) \
         ON CONFLICT (fingerprint) DO UPDATE SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
        params![key.to_bytes(), account, fingerprint.as_bytes(), ADMIN_KEY_NAME, at.micros()],
    )?;
    if changed == 0 {
        return Ok(());
    }
    let key: [u8; 16] = connection.query_row(
        "SELECT id FROM keys WHERE fingerprint = ?1",
        [fingerprint.as_bytes()],
        |row| row.get(0),
    )?;
    let deed = Deed::CreateKey {
        key: KeyId::from_bytes(key),
        account: AccountId::from_bytes(account),
        kind: Kind::Bearer,
        role: Role::Admin.as_str(),
        name: Some(ADMIN_KEY_NAME),
        trusted_headers: false,
        policy: KeyPolicy::default(),
        models: &[],
    };
    acts::record(connection, created, &deed)
}

fn insert(connection: &Connection, new: &NewKey) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO keys \
         (id, account, fingerprint, role, name, trusted_headers, created_at, kind, \
         hybrid_policy, hybrid_override, models) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            new.key.id.to_bytes(),
            new.account.to_bytes(),
            new.fingerprint.as_bytes(),
            new.key.role.as_str(),
            new.key.name,
            new.key.trusted_headers,
            new.stamp.at.micros(),
            new.key.kind.as_str(),
            new.key.policy.policy.map(Policy::as_str),
            !new.key.policy.fixed,
            models_text(&new.key.models),
        ],
    )?;
    let deed = Deed::CreateKey {
        key: new.key.id,
        account: new.account,
        kind: new.key.kind,
        role: new.key.role.as_str(),
        name: new.key.name.as_deref(),
        trusted_headers: new.key.trusted_headers,
        policy: new.key.policy,
        models: &new.key.models,
    };
    acts::record(connection, &new.stamp, &deed)
}

fn find(
    connection: &Connection,
    fingerprint: Fingerprint,
) -> Result<Option<Principal>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT keys.id, keys.role, keys.name, keys.trusted_headers, \
             accounts.id, accounts.name, accounts.level, keys.kind, \
             keys.hybrid_policy, keys.hybrid_override, keys.models \
             FROM keys JOIN accounts ON accounts.id = keys.account \
             WHERE keys.fingerprint = ?1 AND keys.revoked_at IS NULL",
        )?
        .query_row([fingerprint.as_bytes()], |row| {
            let key = Key {
                id: KeyId::from_bytes(row.get(0)?),
                kind: read_kind(row, 7)?,
                role: read_role(row, 1)?,
                name: row.get(2)?,
                trusted_headers: row.get(3)?,
                policy: read_policy(row, 8)?,
                models: read_models(row, 10)?,
            };
            let account = Account {
                id: AccountId::from_bytes(row.get(4)?),
                name: row.get(5)?,
                level: row.get(6)?,
            };
            Ok(Principal { account, key })
        })
        .optional()?;
    Ok(found)
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<ListedKey> {
    Ok(ListedKey {
        key: Key {
            id: KeyId::from_bytes(row.get(0)?),
            kind: read_kind(row, 7)?,
            role: read_role(row, 2)?,
            name: row.get(3)?,
            trusted_headers: row.get(4)?,
            policy: read_policy(row, 8)?,
            models: read_models(row, 10)?,
        },
        account: AccountId::from_bytes(row.get(1)?),
        created_at: Timestamp::from_micros(row.get(5)?),
        revoked_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}

/// A kind that this version does not know is no key that it can judge.
fn read_kind(row: &Row<'_>, column: usize) -> rusqlite::Result<Kind> {
    let text: String = row.get(column)?;
    Kind::read(&text).ok_or_else(|| {
        let kind = rusqlite::types::Type::Text;
        let words = format!("a key of the kind `{text}`");
        rusqlite::Error::FromSqlConversionFailure(column, kind, words.into())
    })
}

/// What a key says of where its calls run: the policy, and in the next column whether a request may say
/// otherwise. A word that this version does not know is none that it can keep to.
fn read_policy(row: &Row<'_>, column: usize) -> rusqlite::Result<KeyPolicy> {
    let text: Option<String> = row.get(column)?;
    let policy = text.map(|text| {
        text.parse().map_err(|error: NoSuchPolicy| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
        })
    });
    let overridable: bool = row.get(column + 1)?;
    Ok(KeyPolicy { policy: policy.transpose()?, fixed: !overridable })
}

/// The models that a key may use, as they are kept.
fn models_text(models: &[String]) -> Option<String> {
    (!models.is_empty()).then(|| serde_json::json!(models).to_string())
}

fn read_models(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let text: Option<String> = row.get(column)?;
    let Some(text) = text else { return Ok(Vec::new()) };
    serde_json::from_str(&text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}

fn read_role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}
