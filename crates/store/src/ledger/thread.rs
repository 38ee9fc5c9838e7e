//! The sequencer's thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::sequencer::{Sequencer, Stop};
use super::{Standing, refused};

/// How often it is looked for rows without a number: well within the second that a receipt may wait
/// for its own.
const INTERVAL: Duration = Duration::from_millis(400);

/// The most passes that are made once it is told to stop: what is left is numbered at the next start.
const LAST_PASSES: usize = 16;

/// A thread that numbers rows until it is stopped.
#[derive(Debug)]
pub(super) struct Thread {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Thread {
    /// No thread: nothing is signed.
    pub(super) fn none() -> Self {
        Self { stop: Arc::default(), thread: Mutex::new(None) }
    }

    pub(super) fn start(
        sequencer: Sequencer,
        standing: watch::Sender<Standing>,
    ) -> std::io::Result<Self> {
        let stop: Arc<(Mutex<bool>, Condvar)> = Arc::default();
        let stopping = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("sequencer".to_owned())
            .spawn(move || run(sequencer, &standing, &stopping))?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    /// Numbers what is committed, then ends the thread.
    pub(super) fn stop(&self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the sequencer's thread panicked");
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(
    mut sequencer: Sequencer,
    standing: &watch::Sender<Standing>,
    stop: &(Mutex<bool>, Condvar),
) {
    let stopped = || *stop.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut put_off = false;
    loop {
        let asked = stop.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = stop.1.wait_timeout_while(asked, INTERVAL, |asked| !*asked);
        let last = *waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut passes = 0;
        while passes < LAST_PASSES || !(last || stopped()) {
            passes += 1;
            match sequencer.pass() {
                Ok((head, more)) => {
                    put_off = false;
                    if let Some(head) = head {
                        standing.send_replace(Standing::Signed(Some(head)));
                    }
                    if !more {
                        break;
                    }
                }
                Err(Stop::Refuse(reason)) => {
                    standing.send_replace(refused(&reason));
                    return;
                }
                Err(Stop::Ended) => return,
                Err(Stop::Later(reason)) => {
                    if !std::mem::replace(&mut put_off, true) {
                        tracing::warn!(reason, "the log cannot be gone on with now; tried again");
                    }
                    break;
                }
            }
        }
        if last {
            return;
        }
    }
}
