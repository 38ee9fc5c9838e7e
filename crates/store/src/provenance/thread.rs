//! What the thread that builds the index does.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;

use super::index::{Index, id_of};
use crate::background::Stop;
use crate::fresh::FreshQueue;

/// How often it is looked for receipts that are not in the index.
const INTERVAL: Duration = Duration::from_millis(400);

/// Receipts that are taken at a time.
const BATCH: i64 = 1_024;

/// Adds to the index until it is told to end. What is not in it then is put there at the next start.
pub(super) fn run(
    connection: &Connection,
    fresh: &FreshQueue,
    index: &Index,
    through: &watch::Sender<i64>,
    stop: &Stop,
) {
    let mut failed = false;
    loop {
        match catch_up(connection, fresh, index, through, stop) {
            Ok(()) => failed = false,
            Err(words) if !failed => {
                tracing::error!(words, "the index of hashes cannot be built; it is tried again");
                failed = true;
            }
            Err(_) => {}
        }
        if stop.wait(INTERVAL) {
            return;
        }
    }
}

fn catch_up(
    connection: &Connection,
    fresh: &FreshQueue,
    index: &Index,
    through: &watch::Sender<i64>,
    stop: &Stop,
) -> Result<(), String> {
    while !stop.is_told() {
        let after = *through.borrow();
        let next = fresh.next(connection, after, BATCH).map_err(|error| error.to_string())?;
        if next.is_empty() {
            return Ok(());
        }
        if let Some(gap) = (after + 1..).zip(&next).find(|(seq, fresh)| fresh.seq != *seq) {
            return Err(format!("receipt {} is missing from the database", gap.0));
        }
        let id = |seq| id_of(connection, seq).ok().flatten();
        let added = index.add(&next, &id).map_err(|error| error.to_string());
        through.send_replace(index.through());
        added?;
    }
    Ok(())
}
