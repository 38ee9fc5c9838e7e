//! Intents and receipts.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params};
use weighbridge_core::call::{Asked, Boot, Content, Ending, Input, Intent};
use weighbridge_core::id::{AccountId, CallId, KeyId, NodeId};
use weighbridge_core::receipt::{SALT_BYTES, Stored};
use weighbridge_proof::{Digest, Receipt, Timestamp};

use crate::error::StoreError;
use crate::fresh::{Contents, Fresh};
use crate::idempotency::{self, OnceKey};
use crate::ledger::numbers::{self, Stream};
use crate::open::Store;
use crate::page::{PAGE_LIMIT, Page};
use crate::spending::{Charges, Spend};

/// A receipt on its way into the store.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) id: CallId,
    account: AccountId,
    received_at: Timestamp,
    finished_at: Timestamp,
    leaf: String,
    leaf_hash: Digest,
    contents: Contents,
    salts: [u8; SALT_BYTES],
    sections: [String; 4],
    spend: Option<Spend>,
    frees: Option<OnceKey>,
}

impl Row {
    /// The row of the receipt of a call that ended so, with what it charges the account.
    pub fn of(intent: &Intent, ending: &Ending, receipt: &Receipt) -> Self {
        let mut salts = [0; SALT_BYTES];
        let mut sections: [String; 4] = Default::default();
        for (index, section) in receipt.sections.iter().enumerate().take(sections.len()) {
            salts[index * 32..(index + 1) * 32].copy_from_slice(section.salt().as_bytes());
            section.json().clone_into(&mut sections[index]);
        }
        let leaf = receipt.leaf();
        let input = match intent.input {
            Input::Whole(content) => Some(content),
            Input::Stream => ending.streamed,
        };
        let contents = Contents {
            input: input.map(|content| content.sha256),
            output: ending.output.map(|content| content.sha256),
        };
        Self {
            id: intent.id,
            account: intent.account,
            received_at: receipt.received_at,
            finished_at: receipt.finished_at,
            leaf_hash: leaf.hash(),
            leaf: leaf.into_string(),
            contents,
            salts,
            sections,
            spend: Spend::of(ending),
            frees: None,
        }
    }

    /// The same for a call of which nothing was ever sent: its key may be used again.
    #[must_use]
    pub fn freeing(mut self, once: Option<OnceKey>) -> Self {
        self.frees = once;
        self
    }
}

pub(crate) fn insert_intent(connection: &Connection, intent: &Intent) -> rusqlite::Result<()> {
    let whole = match intent.input {
        Input::Whole(content) => Some(content),
        Input::Stream => None,
    };
    let asked = serde_json::to_string(&intent.asked)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached(
            "INSERT INTO intents \
             (id, epoch, account, key, received_at, input_sha256, input_bytes, asked) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            intent.id.to_bytes(),
            intent.boot.epoch.cast_signed(),
            intent.account.to_bytes(),
            intent.key.to_bytes(),
            intent.received_at.micros(),
            whole.map(|content| *content.sha256.as_bytes()),
            whole.map(|content| content.bytes.cast_signed()),
            asked,
        ])?;
    Ok(())
}

pub(crate) fn delete_intent(connection: &Connection, call: CallId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM intents WHERE id = ?1")?.execute([call.to_bytes()])?;
    Ok(())
}

pub(crate) fn insert(
    connection: &Connection,
    row: &Row,
    charges: &mut Charges,
) -> rusqlite::Result<Fresh> {
    let [call, caller, content, money] = &row.sections;
    connection
        .prepare_cached(
            "INSERT INTO receipts \
             (id, account, received_at, finished_at, leaf, salts, call, caller, content, money) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            row.id.to_bytes(),
            row.account.to_bytes(),
            row.received_at.micros(),
            row.finished_at.micros(),
            row.leaf,
            row.salts,
            call,
            caller,
            content,
            money,
        ])?;
    if let Some(spend) = &row.spend {
        charges.add(row.account, spend);
    }
    if let Some(once) = &row.frees {
        idempotency::free(connection, once, row.id)?;
    }
    let seq = connection.last_insert_rowid();
    Ok(Fresh { seq, account: row.account, leaf: row.leaf_hash, contents: row.contents })
}

/// Some of the calls that have no receipt yet, oldest first. The node is not in their rows: a
/// database belongs to one node.
pub(crate) fn open_intents(
    connection: &Connection,
    node: NodeId,
    limit: u32,
) -> rusqlite::Result<Vec<Intent>> {
    connection
        .prepare_cached(
            "SELECT id, epoch, account, key, received_at, input_sha256, input_bytes, asked \
             FROM intents ORDER BY id LIMIT ?1",
        )?
        .query_map([limit], |row| {
            let asked: String = row.get(7)?;
            let asked: Asked = serde_json::from_str(&asked).map_err(|error| {
                let text = rusqlite::types::Type::Text;
                rusqlite::Error::FromSqlConversionFailure(7, text, Box::new(error))
            })?;
            Ok(Intent {
                id: CallId::from_bytes(row.get(0)?),
                boot: Boot { node, epoch: row.get::<_, i64>(1)?.unsigned_abs() },
                account: AccountId::from_bytes(row.get(2)?),
                key: KeyId::from_bytes(row.get(3)?),
                received_at: Timestamp::from_micros(row.get(4)?),
                input: match row.get::<_, Option<[u8; 32]>>(5)? {
                    Some(sha256) => Input::Whole(Content {
                        sha256: Digest::from_bytes(sha256),
                        bytes: row.get::<_, i64>(6)?.unsigned_abs(),
                    }),
                    None => Input::Stream,
                },
                asked,
            })
        })?
        .collect()
}

pub(crate) const COLUMNS: &str =
    "seq, id, received_at, finished_at, call, caller, content, money, leaf";

pub(crate) fn read_stored(
    connection: &Connection,
    row: &SqlRow<'_>,
) -> rusqlite::Result<(i64, Stored)> {
    let seq = row.get(0)?;
    let stored = Stored {
        id: CallId::from_bytes(row.get(1)?).to_string(),
        received_at: Timestamp::from_micros(row.get(2)?),
        finished_at: Timestamp::from_micros(row.get(3)?),
        sections: [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
        leaf: row.get(8)?,
        leaf_index: numbers::number_of(connection, Stream::Receipts, seq)?,
    };
    Ok((seq, stored))
}

/// A receipt with what its proof is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its row, which the log knows it by.
    pub seq: i64,
    /// The receipt.
    pub stored: Stored,
    /// What its sections are salted with; nothing where they were forgotten.
    pub salts: Option<[u8; SALT_BYTES]>,
}

/// The cursor is not one that a list gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this list gave")]
pub struct BadCursor;

impl Store {
    /// One receipt; of `account` only, where one is given.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn receipt(
        &self,
        id: CallId,
        account: Option<AccountId>,
    ) -> Result<Option<Stored>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM receipts WHERE id = ?1 AND (?2 IS NULL OR account = ?2)"
                ))?
                .query_row(
                    params![id.to_bytes(), account.map(weighbridge_core::id::Id::to_bytes)],
                    |row| read_stored(connection, row),
                )
                .optional()?;
            Ok(found.map(|(_, stored)| stored))
        })
        .await
    }

    /// One receipt with its salts; of `account` only, where one is given.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn evidence(
        &self,
        id: CallId,
        account: Option<AccountId>,
    ) -> Result<Option<Evidence>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS}, salts FROM receipts \
                     WHERE id = ?1 AND (?2 IS NULL OR account = ?2)"
                ))?
                .query_row(params![id.to_bytes(), account.map(AccountId::to_bytes)], |row| {
                    let (seq, stored) = read_stored(connection, row)?;
                    Ok(Evidence { seq, stored, salts: row.get(9)? })
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// Receipts, the newest first; of `account` only, where one is given.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn receipts(
        &self,
        account: Option<AccountId>,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<Stored>, StoreError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.read(move |connection| {
            let before = before.unwrap_or(i64::MAX);
            // Two texts, so that each is answered out of its own index.
            let read = if let Some(account) = account {
                connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM receipts WHERE account = ?1 AND seq < ?2 \
                         ORDER BY seq DESC LIMIT ?3"
                    ))?
                    .query_map(params![account.to_bytes(), before, limit + 1], |row| {
                        read_stored(connection, row)
                    })?
                    .collect::<rusqlite::Result<Vec<_>>>()?
            } else {
                connection
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM receipts WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2"
                    ))?
                    .query_map(params![before, limit + 1], |row| read_stored(connection, row))?
                    .collect::<rusqlite::Result<Vec<_>>>()?
            };
            let page = Page::cut(read, limit, |(seq, _)| seq.to_string());
            let items = page.items.into_iter().map(|(_, stored)| stored).collect();
            Ok(Page { items, next: page.next })
        })
        .await
    }
}

/// What [`Store::receipts`] is continued with.
///
/// # Errors
/// [`BadCursor`] for a text that no list gave.
pub fn read_cursor(text: &str) -> Result<i64, BadCursor> {
    text.parse().ok().filter(|seq| *seq > 0).ok_or(BadCursor)
}
