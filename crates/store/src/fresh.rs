//! What was committed just now, handed to those who go on with it, so that they need not read it
//! back. A queue that is full forgets what it holds: then the rows are read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use weighbridge_core::id::AccountId;
use weighbridge_proof::Digest;
use weighbridge_proof::merkle::leaf_hash;

/// The most receipts that a queue holds.
const LIMIT: usize = 32_768;

/// A receipt that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fresh {
    /// Its row.
    pub(crate) seq: i64,
    /// Whose.
    pub(crate) account: AccountId,
    /// The hash of its leaf.
    pub(crate) leaf: Digest,
    /// What its call took and gave.
    pub(crate) contents: Contents,
}

/// The hashes of what a call took and gave, as far as there was anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Contents {
    pub(crate) input: Option<Digest>,
    pub(crate) output: Option<Digest>,
}

impl Contents {
    /// Those that the JSON of a section `content` says.
    pub(crate) fn read(section: &str) -> Result<Self, serde_json::Error> {
        #[derive(serde::Deserialize)]
        struct Section {
            input: Option<Entry>,
            output: Option<Entry>,
        }
        #[derive(serde::Deserialize)]
        struct Entry {
            sha256: Digest,
        }
        let Section { input, output } = serde_json::from_str(section)?;
        Ok(Self { input: input.map(|it| it.sha256), output: output.map(|it| it.sha256) })
    }

    /// Each once, also where a call gave back what it took.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Digest> {
        let output = self.output.filter(|output| Some(*output) != self.input);
        self.input.into_iter().chain(output)
    }
}

/// Receipts that one reader has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct FreshQueue(Mutex<Vec<Fresh>>);

impl FreshQueue {
    pub(crate) fn add(&self, fresh: &[Fresh]) {
        let mut queue = self.lock();
        if queue.len() + fresh.len() > LIMIT {
            queue.clear();
        }
        queue.extend_from_slice(&fresh[fresh.len().saturating_sub(LIMIT)..]);
    }

    /// The receipts after row `after`, at most `limit` (of 1 or more), in order and without a gap.
    /// What is not in the queue is read from the database.
    pub(crate) fn next(
        &self,
        connection: &Connection,
        after: i64,
        limit: i64,
    ) -> rusqlite::Result<Vec<Fresh>> {
        let most = usize::try_from(limit).unwrap_or(LIMIT);
        {
            let mut queue = self.lock();
            let old = queue.iter().take_while(|fresh| fresh.seq <= after).count();
            queue.drain(..old);
            if queue.first().is_some_and(|first| first.seq == after + 1) {
                let count = queue.len().min(most);
                return Ok(queue.drain(..count).collect());
            }
        }
        rows(connection, after, limit)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fresh>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rows(connection: &Connection, after: i64, limit: i64) -> rusqlite::Result<Vec<Fresh>> {
    connection
        .prepare_cached(
            "SELECT seq, leaf, content, account FROM receipts WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?
        .query_map(params![after, limit], |row| {
            let section = row.get_ref(2)?.as_str()?;
            let contents = Contents::read(section).map_err(|error| {
                let text = rusqlite::types::Type::Text;
                rusqlite::Error::FromSqlConversionFailure(2, text, Box::new(error))
            })?;
            Ok(Fresh {
                seq: row.get(0)?,
                account: AccountId::from_bytes(row.get(3)?),
                leaf: leaf_hash(row.get_ref(1)?.as_str()?.as_bytes()),
                contents,
            })
        })?
        .collect()
}
