//! Moves committed pages out of the write-ahead log, off the writer's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::background::{Background, Stop};
use crate::error::is_full;
use crate::writer::Fatal;

/// How often the log's size is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// From this size on, pages are moved while the writer goes on.
const PASSIVE_BYTES: u64 = 4 << 20;

/// From this size on, the writer is made to wait a moment, so that the log begins anew: under
/// steady load the gentle way never reaches its end.
const RESTART_BYTES: u64 = 64 << 20;

/// Starts the thread. Told to end, it moves everything that is left.
pub(crate) fn start(
    connection: Connection,
    wal: PathBuf,
    fatal: Arc<dyn Fn(Fatal) + Send + Sync>,
) -> std::io::Result<Background> {
    Background::start("checkpoint", move |stop| run(&connection, &wal, stop, &*fatal))
}

fn run(connection: &Connection, wal: &std::path::Path, stop: &Stop, fatal: &dyn Fn(Fatal)) {
    loop {
        let last = stop.wait(INTERVAL);
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
