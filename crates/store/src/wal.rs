//! Moves committed pages out of the write-ahead log, off the writer's thread.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::is_full;
use crate::writer::Fatal;

/// How often the log's size is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// From this size on, pages are moved while the writer goes on.
const PASSIVE_BYTES: u64 = 4 << 20;

/// From this size on, the writer is made to wait a moment, so that the log begins anew: under
/// steady load the gentle way never reaches its end.
const RESTART_BYTES: u64 = 64 << 20;

#[derive(Debug)]
pub(crate) struct Checkpointer {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    pub(crate) fn start(
        connection: Connection,
        wal: PathBuf,
        fatal: Arc<dyn Fn(Fatal) + Send + Sync>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&connection, &wal, &stopping, &*fatal))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    /// Moves everything that is left and ends the thread.
    pub(crate) fn stop(&self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(
    connection: &Connection,
    wal: &std::path::Path,
    stop: &(Mutex<bool>, Condvar),
    fatal: &dyn Fn(Fatal),
) {
    loop {
        let asked = stop.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = stop
            .1
            .wait_timeout_while(asked, INTERVAL, |asked| !*asked)
            .unwrap_or_else(PoisonError::into_inner);
        let last = *asked;
        drop(asked);
        let size = std::fs::metadata(wal).map_or(0, |file| file.len());
        let statement = if last {
            "PRAGMA wal_checkpoint(TRUNCATE)"
        } else if size >= RESTART_BYTES {
            "PRAGMA wal_checkpoint(RESTART)"
        } else if size >= PASSIVE_BYTES {
            "PRAGMA wal_checkpoint(PASSIVE)"
        } else {
            continue;
        };
        match connection.query_row(statement, [], |_| Ok(())) {
            Ok(()) => {}
            // What is not moved now stays in the log, which is durable, and is moved later.
            Err(error) if is_full(&error) || is_busy(&error) => {
                tracing::warn!(%error, "the write-ahead log could not be moved yet");
            }
            // A failed flush must not be tried again: the system may have dropped the pages and
            // would then call the next flush a success.
            Err(error) => {
                fatal(Fatal(format!("a checkpoint failed: {error}")));
                return;
            }
        }
        if last {
            return;
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}
