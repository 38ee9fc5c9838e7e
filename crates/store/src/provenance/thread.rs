//! The thread that builds the index.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;

use super::index::{Index, id_of};
use crate::fresh::FreshQueue;

/// How often it is looked for receipts that are not in the index.
const INTERVAL: Duration = Duration::from_millis(400);

/// Receipts that are taken at a time.
const BATCH: i64 = 1_024;

#[derive(Debug)]
pub(super) struct Thread {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Thread {
    pub(super) fn start(
        connection: Connection,
        fresh: Arc<FreshQueue>,
        index: Arc<Index>,
        through: watch::Sender<i64>,
    ) -> std::io::Result<Self> {
        let stop: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let stopping = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("provenance".to_owned())
            .spawn(move || run(&connection, &fresh, &index, &through, &stopping))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    /// Ends the thread. What is not in the index is put there at the next start.
    pub(super) fn stop(&self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the thread of the index of hashes panicked");
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(
    connection: &Connection,
    fresh: &FreshQueue,
    index: &Index,
    through: &watch::Sender<i64>,
    stop: &(Mutex<bool>, Condvar),
) {
    let stopped = || *stop.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut failed = false;
    while !stopped() {
        match catch_up(connection, fresh, index, through, &stopped) {
            Ok(()) => failed = false,
            Err(words) if !failed => {
                tracing::error!(words, "the index of hashes cannot be built; it is tried again");
                failed = true;
            }
            Err(_) => {}
        }
        let asked = stop.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = stop.1.wait_timeout_while(asked, INTERVAL, |asked| !*asked);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

fn catch_up(
    connection: &Connection,
    fresh: &FreshQueue,
    index: &Index,
    through: &watch::Sender<i64>,
    stopped: &dyn Fn() -> bool,
) -> Result<(), String> {
    while !stopped() {
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
