//! Acts: who changed what. Each is written in the commit of the change itself.

use rusqlite::{Connection, Row, params};
use weighbridge_core::act::{self, Deed, Stamp};
use weighbridge_core::id::ActId;
use weighbridge_proof::Timestamp;

use crate::error::StoreError;
use crate::ledger::numbers::{self, Stream};
use crate::open::Store;
use crate::page::{PAGE_LIMIT, Page};

/// The kind of an act's row among the entries.
const KIND: &str = "act";

/// An act as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAct {
    /// Its name.
    pub id: ActId,
    /// When it was done.
    pub at: Timestamp,
    /// What was done, by whom and to what, as canonical JSON; nothing where it was forgotten.
    pub section: Option<String>,
    /// Its number in the log, once it has one.
    pub leaf_index: Option<u64>,
}

/// Writes down what was done.
pub(crate) fn record(
    connection: &Connection,
    stamp: &Stamp,
    deed: &Deed<'_>,
) -> rusqlite::Result<()> {
    let written = act::write(stamp, deed)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection.execute(
        "INSERT INTO entries (kind, leaf, id, at, salt, section) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            KIND,
            written.leaf,
            stamp.id.to_bytes(),
            stamp.at.micros(),
            stamp.salt.as_bytes(),
            written.section,
        ],
    )?;
    Ok(())
}

impl Store {
    /// Acts, the newest first, from before row `before` on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn acts(
        &self,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<ListedAct>, StoreError> {
        let limit = limit.clamp(1, PAGE_LIMIT);
        self.read(move |connection| {
            let read = connection
                .prepare_cached(
                    "SELECT seq, id, at, section FROM entries WHERE kind = ?1 AND seq < ?2 \
                     ORDER BY seq DESC LIMIT ?3",
                )?
                .query_map(params![KIND, before.unwrap_or(i64::MAX), limit + 1], |row| {
                    read_act(connection, row)
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            let page = Page::cut(read, limit, |(seq, _)| seq.to_string());
            let items = page.items.into_iter().map(|(_, act)| act).collect();
            Ok(Page { items, next: page.next })
        })
        .await
    }
}

fn read_act(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<(i64, ListedAct)> {
    let seq = row.get(0)?;
    let act = ListedAct {
        id: ActId::from_bytes(row.get(1)?),
        at: Timestamp::from_micros(row.get(2)?),
        section: row.get(3)?,
        leaf_index: numbers::number_of(connection, Stream::Entries, seq)?,
    };
    Ok((seq, act))
}
