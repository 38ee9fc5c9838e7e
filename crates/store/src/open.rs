//! Opening a data directory: lock, database, the epoch of this start, recovery; then the threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use weighbridge_core::call::Boot;
use weighbridge_core::clock::Clock;
use weighbridge_core::cost::Interrupted;
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_core::id::NodeId;

use crate::background::Background;
use crate::error::{OpenError, RecordError, StoreError};
use crate::fresh::FreshQueue;
use crate::keyring::Keyring;
use crate::ledger::{Ledger, Step, signer};
use crate::lock::DirectoryLock;
use crate::place::Place;
use crate::provenance::Provenance;
use crate::readers::Readers;
use crate::wal;
use crate::writer::{Change, Fatal, Writer};
use crate::{recovery, schema};

/// The database's file in the data directory.
pub(crate) const FILE: &str = "weighbridge.db";

/// How long a statement waits for another connection's lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The bounds of a store.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// `limits.calls`: places in the writer's queue, and so calls in flight.
    pub calls: usize,
    /// `limits.readers`: queries answered at a time.
    pub readers: usize,
    /// `limits.key_cache`: credentials remembered.
    pub key_cache: usize,
    /// `limits.changes`: changes of accounts and keys that wait.
    pub changes: usize,
    /// `limits.accounts`: accounts there may be.
    pub accounts: usize,
    /// `record.interrupted`: whether calls whose end was not seen are charged.
    pub interrupted: Interrupted,
    /// After which step the log is gone on with no more, as if the process had been killed there:
    /// for tests alone.
    pub cut: Option<Step>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            calls: 4096,
            readers: 2,
            key_cache: 10_000,
            changes: 64,
            accounts: 100_000,
            interrupted: Interrupted::Free,
            cut: None,
        }
    }
}

/// A store that is open. Cheap to clone; the directory stays locked until the last clone is gone
/// and the writer has stopped.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    boot: Boot,
    /// `limits.accounts`.
    accounts: usize,
    // Fields drop in this order: what is left gets its numbers while the writer still runs.
    ledger: Ledger,
    provenance: Provenance,
    writer: Writer,
    readers: Readers,
    keyring: Keyring,
    // The checkpointer ends after the writer, the lock is freed last.
    checkpointer: Background,
    _lock: DirectoryLock,
}

/// A store, and what opening it found.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Calls of an earlier process that now have a receipt `interrupted`.
    pub interrupted: usize,
}

impl Store {
    /// Opens `dir`, making it when it is new. Calls that an earlier process left open get their
    /// receipts before this returns.
    ///
    /// `origin` is what the log is to be called; without it, it keeps its name, or gets a random one.
    ///
    /// `fatal` is called at most once, from the writer's thread, when a commit failed for any
    /// reason but a full disk: the process must end.
    ///
    /// # Errors
    /// [`OpenError`]: in use, too new, not ours, not writable, or a log of another name.
    pub fn open(
        dir: &Path,
        options: Options,
        origin: Option<&str>,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        fatal: impl Fn(Fatal) + Send + Sync + 'static,
    ) -> Result<Opened, OpenError> {
        let files = |reason| OpenError::Files { path: dir.to_owned(), reason };
        make_private(dir).map_err(files)?;
        let lock = DirectoryLock::take(dir)?;
        let file = dir.join(FILE);
        let database = |reason: String| OpenError::Database { dir: dir.to_owned(), reason };
        let failed = |error: rusqlite::Error| database(error.to_string());

        let mut connection = connect(&file).map_err(failed)?;
        schema::prepare(&mut connection, &file)?;
        sync_directory(dir).map_err(files)?;
        let boot = begin_epoch(&mut connection, clock, entropy).map_err(&database)?;
        let (rule, now) = (options.interrupted, clock.now().wall);
        let interrupted = recovery::interrupt_all(&mut connection, boot.node, rule, now, entropy)
            .map_err(&database)?;
        let signer = signer::obtain(dir, &connection, origin, entropy)?;

        let readers = (0..options.readers.max(1))
            .map(|_| connect_reader(&file, READER_CACHE))
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(failed)?;
        let fatal: Arc<dyn Fn(Fatal) + Send + Sync> = Arc::new(fatal);
        let checkpoints = connect(&file).map_err(failed)?;
        let checkpointer =
            wal::start(checkpoints, wal_of(&file), Arc::clone(&fatal)).map_err(files)?;
        let [log, index]: [Arc<FreshQueue>; 2] = Default::default();
        let followers = vec![Arc::clone(&log), Arc::clone(&index)];
        let writer = Writer::start(connection, options, followers, fatal).map_err(files)?;
        let reader = connect_reader(&file, FOLLOWER_CACHE).map_err(failed)?;
        let numbering = Box::new(writer.numbering());
        let ledger = Ledger::start(dir, reader, log, signer, numbering, options).map_err(files)?;
        let reader = connect_reader(&file, FOLLOWER_CACHE).map_err(failed)?;
        let provenance = Provenance::start(dir, reader, index).map_err(files)?;
        let inner = Inner {
            boot,
            accounts: options.accounts,
            ledger,
            provenance,
            writer,
            readers: Readers::new(readers),
            keyring: Keyring::new(options.key_cache),
            checkpointer,
            _lock: lock,
        };
        Ok(Opened { store: Self { inner: Arc::new(inner) }, interrupted })
    }

    /// Which node and epoch this process is.
    pub fn boot(&self) -> Boot {
        self.inner.boot
    }

    /// Takes a place in the writer's queue, for one intent and its receipt.
    ///
    /// # Errors
    /// [`RecordError::NoPlace`] when all are taken, [`RecordError::Stopped`] when the store is
    /// closing. Either way nothing was recorded and nothing may be dispatched.
    pub fn place(&self) -> Result<Place, RecordError> {
        self.inner.writer.place()
    }

    /// How many places are taken now.
    pub fn places_taken(&self) -> usize {
        self.inner.writer.places_taken()
    }

    /// Whether the last commit found the disk full.
    pub fn is_full(&self) -> bool {
        self.inner.writer.is_full()
    }

    /// Stops taking calls, commits everything that is queued, gives it its numbers, and closes the
    /// database.
    pub async fn close(&self) {
        self.inner.writer.drain().await;
        let inner = Arc::clone(&self.inner);
        if tokio::task::spawn_blocking(move || inner.stop_followers()).await.is_err() {
            tracing::error!("the log and the index could not be waited for");
        }
        self.inner.writer.close().await;
        self.inner.checkpointer.stop();
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    pub(crate) fn index_of_hashes(&self) -> &Provenance {
        &self.inner.provenance
    }

    pub(crate) fn account_limit(&self) -> usize {
        self.inner.accounts
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// Runs a query on a reader's connection, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.readers.run(query).await
    }

    /// Runs a change on the writer's connection, in the next commit, and waits for that commit.
    pub(crate) async fn change(&self, change: Change) -> Result<(), StoreError> {
        self.inner.writer.change(change).await
    }
}

impl Inner {
    fn stop_followers(&self) {
        self.ledger.stop();
        self.provenance.stop();
    }
}

fn make_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Makes names of new files durable: a file whose directory was never flushed can be gone after a
/// power cut, however often the file itself was.
fn sync_directory(dir: &Path) -> std::io::Result<()> {
    std::fs::File::open(dir)?.sync_all()
}

fn wal_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    // FULL makes every commit flush the log. It is read back because all that the gateway
    // promises about receipts rests on it; 2 is FULL.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if mode != "wal" || synchronous != 2 {
        return Err(rusqlite::Error::InvalidParameterName(format!(
            "journal_mode={mode} synchronous={synchronous}: this file system cannot hold the \
             write-ahead log with full sync"
        )));
    }
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Pages that a connection for queries keeps, in KiB.
const READER_CACHE: i64 = 1_024;

/// The same for the log and the index of hashes, which mostly read what comes once.
const FOLLOWER_CACHE: i64 = 128;

fn connect_reader(file: &Path, cache_kib: i64) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Less than nought: in KiB, and not in pages.
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    Ok(connection)
}

fn begin_epoch(
    connection: &mut Connection,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Boot, String> {
    let now = clock.now().wall;
    let random = entropy::fresh(entropy).map_err(|error| error.to_string())?;
    let fresh_node = NodeId::new(now, random);
    let mut begin = || -> rusqlite::Result<Boot> {
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('node', ?1) ON CONFLICT (name) DO NOTHING",
            [fresh_node.to_bytes()],
        )?;
        let node: [u8; 16] =
            transaction
                .query_row("SELECT value FROM meta WHERE name = 'node'", [], |row| row.get(0))?;
        let epoch: i64 = transaction.query_row(
            "INSERT INTO epochs (started_at) VALUES (?1) RETURNING epoch",
            [now.micros()],
            |row| row.get(0),
        )?;
        transaction.commit()?;
        Ok(Boot { node: NodeId::from_bytes(node), epoch: epoch.unsigned_abs() })
    };
    begin().map_err(|error| error.to_string())
}
