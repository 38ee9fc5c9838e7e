//! A thread of the store's own: it looks whether there is work now and then, and ends when it is told
//! to.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whether the thread is told to end.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    told: Mutex<bool>,
    news: Condvar,
}

impl Stop {
    /// Whether it is told to.
    pub(crate) fn is_told(&self) -> bool {
        *self.lock()
    }

    /// Waits so long, or until it is told to; whether it is.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let waited = self.news.wait_timeout_while(self.lock(), time, |told| !*told);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn tell(&self) {
        *self.lock() = true;
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running thread. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Arc<Stop>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Background {
    /// No thread: there is nothing to do.
    pub(crate) fn none() -> Self {
        Self { stop: Arc::default(), thread: Mutex::new(None) }
    }

    /// Starts `run` on a thread of that name.
    pub(crate) fn start(
        name: &str,
        run: impl FnOnce(&Stop) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop: Arc<Stop> = Arc::default();
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&told))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn stop(&self) {
        self.stop.tell();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        let name = thread.thread().name().unwrap_or("a thread").to_owned();
        if thread.join().is_err() {
            tracing::error!(name, "a thread of the store panicked");
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}
