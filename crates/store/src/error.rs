//! How the store fails.

use std::path::PathBuf;

use weighbridge_core::id::CallId;

/// A data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error(
        "the data directory {dir} is in use by {holder}; stop that one, or give this one another directory with --data"
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// Who, as the lock file says.
        holder: String,
    },
    /// A newer gateway wrote it.
    #[error(
        "the data directory {dir} was written by a newer gateway (database version {found}, this one knows {known}); run that version or restore a backup"
    )]
    Newer {
        /// The directory.
        dir: PathBuf,
        /// The version found.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The database is not ours.
    #[error("{file} is not a weighbridge database")]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The file system refuses.
    #[error("cannot use {path}: {reason}")]
    Files {
        /// What was touched.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The log of this directory cannot be gone on with.
    #[error("{0}")]
    Ledger(String),
    /// The database refuses, or cannot be made durable.
    #[error("cannot open the database in {dir}: {reason}")]
    Database {
        /// The directory.
        dir: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// A query or a change failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space is left for the change.
    #[error("there is no space left to record it")]
    Full,
    /// The store has stopped, or its queue is full.
    #[error("the store does not take more work now")]
    Unavailable,
    /// What the change refers to does not exist.
    #[error("no such {0}")]
    Missing(&'static str),
    /// There may be no more of something.
    #[error("there are {1} {0} already, and no more are allowed")]
    TooMany(&'static str, usize),
    /// The database failed; for the log, not for callers.
    #[error("the database failed: {0}")]
    Database(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Database(error.to_string()) }
    }
}

/// An intent or receipt was not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// No space is left. Intents are refused; receipts wait and are written when there is.
    #[error("there is no space left to record the call")]
    Full,
    /// Every place in the writer's queue is taken.
    #[error("no place is free to record the call")]
    NoPlace,
    /// The writer has stopped.
    #[error("the recorder has stopped")]
    Stopped,
    /// Another call was made with the same idempotency key.
    #[error(transparent)]
    Repeated(#[from] Repeated),
}

/// A call was made with this idempotency key before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call {call} was made with this idempotency key")]
pub struct Repeated {
    /// That call.
    pub call: CallId,
    /// Whether it goes on.
    pub running: bool,
}

/// Whether the error says that the disk is full. The shared memory beside the log grows by
/// writing too, and reports its own code for the same thing.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return false };
    failure.code == rusqlite::ErrorCode::DiskFull
        || failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
}
