//! Which calls took or gave a content, by its hash. The index is built behind, by a thread of its
//! own: a call waits for none of it.

mod index;
mod run;
mod thread;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::watch;
use weighbridge_core::id::AccountId;
use weighbridge_core::receipt::Stored;
use weighbridge_proof::Digest;

use crate::background::Background;
use crate::error::StoreError;
use crate::fresh::{Contents, FreshQueue};
use crate::open::Store;
use crate::page::{PAGE_LIMIT, Page};
use crate::receipts;
use index::Index;
use run::Start;

/// The folder in the data directory.
const FOLDER: &str = "provenance";

/// Receipts of a run of the smallest size, and so the most whose hashes are in memory.
const RUN: i64 = 8_192;

/// A call that took or gave a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its receipt.
    pub stored: Stored,
    /// Whether the content was its input.
    pub input: bool,
    /// Whether the content was its output.
    pub output: bool,
}

/// How long a look-up waits for the index, which is behind by less than a second.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hashes cannot be looked up.
#[derive(Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// The index is behind: receipts up to row `through` of `last` are in it.
    #[error("{through} of {last} receipts are in the index of hashes")]
    Behind {
        /// The last receipt in it.
        through: i64,
        /// The last receipt there is.
        last: i64,
    },
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The index and who builds it.
#[derive(Debug)]
pub(crate) struct Provenance {
    index: Arc<Index>,
    through: watch::Receiver<i64>,
    thread: Background,
}

impl Provenance {
    pub(crate) fn start(
        dir: &Path,
        connection: Connection,
        fresh: Arc<FreshQueue>,
    ) -> io::Result<Self> {
        let index = Index::open(&dir.join(FOLDER), RUN, &connection)?;
        let (tell, through) = watch::channel(index.through());
        let index = Arc::new(index);
        let of = Arc::clone(&index);
        let run = move |stop: &_| thread::run(&connection, &fresh, &of, &tell, stop);
        let thread = Background::start("provenance", run)?;
        Ok(Self { index, through, thread })
    }

    pub(crate) fn stop(&self) {
        self.thread.stop();
    }
}

impl Store {
    /// Calls that took or gave the content with this hash, the newest first, from before row `before`
    /// on; of `account` only, where one is given. Waits a moment for what was committed just before.
    ///
    /// # Errors
    /// [`ProvenanceError::Behind`] when receipts that are committed are not in the index yet.
    pub async fn provenance(
        &self,
        digest: Digest,
        account: Option<AccountId>,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<Trace>, ProvenanceError> {
        let last = self.read(last_receipt).await?;
        let mut through = self.index_of_hashes().through.clone();
        let caught_up = through.wait_for(|through| *through >= last);
        if !matches!(tokio::time::timeout(PATIENCE, caught_up).await, Ok(Ok(_))) {
            let through = *self.index_of_hashes().through.borrow();
            return Err(ProvenanceError::Behind { through, last });
        }
        let index = Arc::clone(&self.index_of_hashes().index);
        let limit = limit.clamp(1, PAGE_LIMIT) as usize;
        let page = self.read(move |connection| {
            let start = match account {
                Some(account) => Start::within(account, &digest),
                None => Start::of(&digest),
            };
            let before = before.unwrap_or(i64::MAX);
            let mut rows = index.find(start, before, limit + 1).map_err(|error| {
                StoreError::Database(format!("the index of hashes cannot be read: {error}"))
            })?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(i64::to_string);
            let mut page = Page { items: Vec::new(), next };
            for seq in rows {
                page.items.extend(trace(connection, seq, &digest, account)?);
            }
            Ok(page)
        });
        Ok(page.await?)
    }
}

fn last_receipt(connection: &Connection) -> Result<i64, StoreError> {
    let last = connection.query_row("SELECT max(seq) FROM receipts", [], |row| row.get(0));
    Ok(last.optional()?.flatten().unwrap_or(0))
}

/// The receipt of that row, if it has the hash and may be seen.
fn trace(
    connection: &Connection,
    seq: i64,
    digest: &Digest,
    account: Option<AccountId>,
) -> Result<Option<Trace>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {} FROM receipts WHERE seq = ?1 AND (?2 IS NULL OR account = ?2)",
            receipts::COLUMNS
        ))?
        .query_row(params![seq, account.map(AccountId::to_bytes)], |row| {
            receipts::read_stored(connection, row)
        })
        .optional()?;
    let Some((_, stored)) = found else { return Ok(None) };
    let [_, _, content, _] = &stored.sections;
    let contents = Contents::read(content).map_err(|error| {
        StoreError::Database(format!("the content of {} cannot be read: {error}", stored.id))
    })?;
    let (input, output) = (contents.input == Some(*digest), contents.output == Some(*digest));
    Ok((input || output).then_some(Trace { stored, input, output }))
}
