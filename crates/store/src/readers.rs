//! Queries, on a bounded number of connections of their own.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::StoreError;

#[derive(Debug)]
pub(crate) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        let turns = Arc::new(Semaphore::new(connections.len()));
        Self { free: Arc::new(Mutex::new(connections)), turns }
    }

    /// Runs one query, waiting for a connection to be free.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn =
            Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        let free = Arc::clone(&self.free);
        let answer = tokio::task::spawn_blocking(move || {
            let lock = || free.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = lock().pop().ok_or(StoreError::Unavailable)?;
            let answer = query(&connection);
            lock().push(connection);
            drop(turn);
            answer
        });
        answer.await.map_err(|_| StoreError::Unavailable)?
    }
}
