//! The one writer: a thread that commits whatever has queued up, then acknowledges all of it.
//!
//! There is no timer: the next group forms while the last one is being flushed.

mod group;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use weighbridge_core::call::Intent;
use weighbridge_core::id::CallId;

use crate::error::{RecordError, StoreError};
use crate::fresh::FreshQueue;
use crate::idempotency::OnceKey;
use crate::open::Options;
use crate::place::Place;
use crate::receipts::Row;

/// The most jobs in one commit.
const GROUP_LIMIT: usize = 1_024;

/// How often a full disk is tried again, with the receipts that wait for it or, when there are
/// none, with a page of nothing: otherwise a gateway that nobody calls would stay unready.
const FULL_RETRY: Duration = Duration::from_millis(200);

/// A commit failed for another reason than a full disk. The process must end: what the disk holds
/// is not known any more, and a failed flush is never tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fatal(pub String);

/// A change of accounts or keys, run inside the next commit. It checks before it writes: its own
/// refusal leaves the group standing, an error of the database fails the whole group.
pub(crate) type Change =
    Box<dyn FnOnce(&Connection) -> rusqlite::Result<Result<(), StoreError>> + Send>;

/// What the writer is asked to commit.
pub(crate) enum Job {
    /// Before dispatch.
    Intent {
        intent: Box<Intent>,
        once: Option<OnceKey>,
        done: oneshot::Sender<Result<(), RecordError>>,
    },
    /// The caller left before its intent was acknowledged: nothing was dispatched. Holds its place
    /// until that is committed.
    Withdraw { call: CallId, once: Option<OnceKey>, _permit: OwnedSemaphorePermit },
    /// After the call. Its place is free once it is committed.
    Receipt {
        row: Box<Row>,
        done: oneshot::Sender<Result<(), RecordError>>,
        permit: OwnedSemaphorePermit,
    },
    /// Accounts and keys.
    Change {
        change: Option<Change>,
        done: oneshot::Sender<Result<(), StoreError>>,
        permit: OwnedSemaphorePermit,
    },
    /// A change by the sequencer, which waits for it. There is one at a time.
    Number { change: Option<Change>, done: SyncSender<Result<(), StoreError>> },
    /// Everything queued before this is to be committed, then the thread ends.
    Stop,
}

#[derive(Debug)]
pub(crate) struct Writer {
    queue: SyncSender<Job>,
    places: Arc<Semaphore>,
    place_count: usize,
    changes: Arc<Semaphore>,
    full: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        options: Options,
        followers: Vec<Arc<FreshQueue>>,
        fatal: Arc<dyn Fn(Fatal) + Send + Sync>,
    ) -> std::io::Result<Self> {
        // A call queues at most an intent and, later, a receipt or a withdrawal. So with two slots
        // per place, one per change, one for the sequencer and one to stop, whoever holds a permit
        // never finds it full.
        let (queue, jobs) = sync_channel(2 * options.calls + options.changes + 2);
        let full = Arc::new(AtomicBool::new(false));
        let state =
            State { connection, jobs, full: Arc::clone(&full), waiting: Vec::new(), followers };
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || state.run(&*fatal))?;
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(options.calls)),
            place_count: options.calls,
            changes: Arc::new(Semaphore::new(options.changes)),
            full,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(crate) fn place(&self) -> Result<Place, RecordError> {
        use tokio::sync::TryAcquireError;
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => Ok(Place::new(permit, self.queue.clone())),
            Err(TryAcquireError::NoPermits) => Err(RecordError::NoPlace),
            Err(TryAcquireError::Closed) => Err(RecordError::Stopped),
        }
    }

    pub(crate) fn places_taken(&self) -> usize {
        self.place_count.saturating_sub(self.places.available_permits())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub(crate) async fn change(&self, change: Change) -> Result<(), StoreError> {
        let permit =
            Arc::clone(&self.changes).acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        let (done, committed) = oneshot::channel();
        self.queue
            .try_send(Job::Change { change: Some(change), done, permit })
            .map_err(|_| StoreError::Unavailable)?;
        committed.await.map_err(|_| StoreError::Unavailable)?
    }

    /// What the sequencer commits through: it waits on its own thread.
    pub(crate) fn numbering(&self) -> impl Fn(Change) -> Result<(), StoreError> + Send + 'static {
        let queue = self.queue.clone();
        move |change| {
            let (done, committed) = sync_channel(1);
            queue
                .try_send(Job::Number { change: Some(change), done })
                .map_err(|_| StoreError::Unavailable)?;
            committed.recv().map_err(|_| StoreError::Unavailable)?
        }
    }

    /// Lets no new call in, and waits until every place is free again: callers bound their own calls.
    pub(crate) async fn drain(&self) {
        let all = u32::try_from(self.place_count).unwrap_or(u32::MAX);
        drop(self.places.acquire_many(all).await);
        self.places.close();
        self.changes.close();
    }

    /// Tells the thread to commit what is queued and to end, and waits until it has.
    fn stop(queue: &SyncSender<Job>, thread: JoinHandle<()>) {
        // It may have ended by itself, after a fatal error: then nobody listens.
        let told = queue.send(Job::Stop).is_ok();
        if told && thread.join().is_err() {
            tracing::error!("the writer's thread panicked");
        }
    }

    /// Commits what is queued and ends the thread.
    pub(crate) async fn close(&self) {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let queue = self.queue.clone();
        if tokio::task::spawn_blocking(move || Self::stop(&queue, thread)).await.is_err() {
            tracing::error!("the writer could not be waited for");
        }
    }
}

impl Drop for Writer {
    /// The lock on the directory is freed after this: nothing may be written any more then.
    fn drop(&mut self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            Self::stop(&self.queue, thread);
        }
    }
}

/// The thread's own.
struct State {
    connection: Connection,
    jobs: Receiver<Job>,
    full: Arc<AtomicBool>,
    /// Receipts and withdrawals that found the disk full; bounded by the places they still hold.
    waiting: Vec<Job>,
    /// Who is told what receipts were committed.
    followers: Vec<Arc<FreshQueue>>,
}

impl State {
    fn run(mut self, fatal: &dyn Fn(Fatal)) {
        loop {
            let Some((mut group, stop)) = self.next_group() else { return };
            if group.is_empty() && stop {
                return;
            }
            match group::commit(&mut self.connection, &mut group) {
                Ok(answers) => {
                    if self.full.swap(false, Ordering::Relaxed) {
                        tracing::info!("there is space again: calls are taken");
                    }
                    for follower in &self.followers {
                        follower.add(&answers.fresh);
                    }
                    group::acknowledge(group, answers);
                }
                Err(error) if crate::error::is_full(&error) => {
                    if !self.full.swap(true, Ordering::Relaxed) {
                        tracing::error!("the disk is full: calls are refused until there is space");
                    }
                    self.waiting = group::refuse_for_lack_of_space(group);
                }
                Err(error) => {
                    fatal(Fatal(format!("a commit failed: {error}")));
                    // Dropping the group drops its acknowledgements: nobody is told that it stands.
                    return;
                }
            }
            if stop {
                if !self.waiting.is_empty() {
                    tracing::error!(
                        receipts = self.waiting.len(),
                        "stopped on a full disk: these calls end as interrupted at the next start"
                    );
                }
                return;
            }
        }
    }

    /// What is to be committed next: what waits for space first, then what has queued up.
    /// Nothing when nobody can send any more.
    fn next_group(&mut self) -> Option<(Vec<Job>, bool)> {
        let mut group = std::mem::take(&mut self.waiting);
        let first = if group.is_empty() && !self.full.load(Ordering::Relaxed) {
            Some(self.jobs.recv().ok()?)
        } else {
            match self.jobs.recv_timeout(FULL_RETRY) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        };
        let mut stop = false;
        for job in first.into_iter().chain(self.jobs.try_iter()) {
            if matches!(job, Job::Stop) {
                stop = true;
                break;
            }
            group.push(job);
            if group.len() >= GROUP_LIMIT {
                break;
            }
        }
        Some((group, stop))
    }
}
