//! The tables of levels, prices and policies that receipts cite.

use rusqlite::{Connection, OptionalExtension as _, params};
use weighbridge_proof::{Digest, Timestamp, entry};

use crate::error::StoreError;
use crate::open::Store;

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// What accounts may do.
    Levels,
    /// What calls cost.
    Prices,
    /// Where calls run.
    Policies,
}

impl TableKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Levels => "levels",
            Self::Prices => "prices",
            Self::Policies => "policies",
        }
    }
}

/// A table by what receipts cite it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTable {
    /// Which kind.
    pub kind: TableKind,
    /// The SHA-256 of `json`.
    pub digest: Digest,
    /// The table.
    pub json: String,
}

/// A table that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTable {
    /// Which kind.
    pub kind: String,
    /// The table, as canonical JSON.
    pub json: String,
    /// When it came into force, each time that it did.
    pub since: Vec<Timestamp>,
}

impl Store {
    /// Keeps the tables that are in force from `now` on. One that was in force before is kept
    /// once, and only a change of what is in force is written down.
    ///
    /// # Errors
    /// [`StoreError`] when it was not committed.
    pub async fn keep_tables(
        &self,
        tables: Vec<KeptTable>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(Box::new(move |connection| {
            for table in &tables {
                keep(connection, table, now)?;
            }
            enter(connection)?;
            Ok(Ok(()))
        }))
        .await
    }

    /// The table with this SHA-256, if it was ever in force here.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn table(&self, digest: Digest) -> Result<Option<FoundTable>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT kind, json FROM tables WHERE sha256 = ?1")?
                .query_row([digest.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((kind, json)) = found else { return Ok(None) };
            let since = connection
                .prepare_cached("SELECT since FROM tables_in_force WHERE sha256 = ?1 ORDER BY seq")?
                .query_map([digest.as_bytes()], |row| row.get(0).map(Timestamp::from_micros))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(FoundTable { kind, json, since }))
        })
        .await
    }
}

fn keep(connection: &Connection, table: &KeptTable, now: Timestamp) -> rusqlite::Result<()> {
    let (kind, digest) = (table.kind.as_str(), *table.digest.as_bytes());
    connection.execute(
        "INSERT INTO tables (sha256, kind, json) VALUES (?1, ?2, ?3) \
         ON CONFLICT (sha256) DO NOTHING",
        params![digest, kind, table.json],
    )?;
    let in_force: Option<[u8; 32]> = connection
        .query_row(
            "SELECT sha256 FROM tables_in_force WHERE kind = ?1 ORDER BY seq DESC LIMIT 1",
            [kind],
            |row| row.get(0),
        )
        .optional()?;
    if in_force != Some(digest) {
        connection.execute(
            "INSERT INTO tables_in_force (kind, sha256, since) VALUES (?1, ?2, ?3)",
            params![kind, digest, now.micros()],
        )?;
    }
    Ok(())
}

/// Makes an entry of the log of every coming into force that has none.
fn enter(connection: &Connection) -> rusqlite::Result<()> {
    let without = connection
        .prepare(
            "SELECT seq, kind, sha256, since, length(CAST(json AS BLOB)) \
             FROM tables_in_force JOIN tables USING (sha256, kind) WHERE entry IS NULL ORDER BY seq",
        )?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, String, [u8; 32], i64, i64)>>>()?;
    for (seq, kind, sha256, since, bytes) in without {
        let (digest, at) = (Digest::from_bytes(sha256), Timestamp::from_micros(since));
        let leaf = entry::table(&kind, &digest, bytes.unsigned_abs(), at);
        connection.execute(
            "INSERT INTO entries (kind, leaf, at) VALUES ('table', ?1, ?2)",
            params![leaf, at.micros()],
        )?;
        connection.execute(
            "UPDATE tables_in_force SET entry = ?2 WHERE seq = ?1",
            params![seq, connection.last_insert_rowid()],
        )?;
    }
    Ok(())
}
