//! A place in the writer's queue: what a call holds from before its dispatch until its receipt is
//! committed.
//!
//! `Place` -> `Opening` (the intent is on its way) -> `Open` (it is durable; a provider may be
//! called) -> `Closing` (the receipt is on its way). Each consumes the one before, so nothing can
//! be dispatched without an intent, and no call can end twice.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use weighbridge_core::call::Intent;
use weighbridge_core::id::CallId;

use crate::error::RecordError;
use crate::idempotency::OnceKey;
use crate::receipts::Row;
use crate::writer::Job;

/// A place that nothing was written to yet. Dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    permit: OwnedSemaphorePermit,
    queue: SyncSender<Job>,
}

impl Place {
    pub(crate) fn new(permit: OwnedSemaphorePermit, queue: SyncSender<Job>) -> Self {
        Self { permit, queue }
    }

    /// Queues the intent, with the key that its call may be made only once with. It counts once
    /// the answer is awaited and good.
    ///
    /// # Errors
    /// [`RecordError::Stopped`] when the writer has ended.
    pub fn open(self, intent: Intent, once: Option<OnceKey>) -> Result<Opening, RecordError> {
        let call = intent.id;
        let (done, committed) = oneshot::channel();
        self.queue
            .try_send(Job::Intent { intent: Box::new(intent), once: once.clone(), done })
            .map_err(|_| RecordError::Stopped)?;
        Ok(Opening { call, once, place: Some(self), committed })
    }
}

/// An intent that is being committed. Dropping it withdraws the intent: nothing was dispatched.
#[derive(Debug)]
pub struct Opening {
    call: CallId,
    once: Option<OnceKey>,
    place: Option<Place>,
    committed: oneshot::Receiver<Result<(), RecordError>>,
}

impl Future for Opening {
    type Output = Result<Open, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let committed = match Pin::new(&mut self.committed).poll(context) {
            Poll::Ready(Ok(committed)) => committed,
            Poll::Ready(Err(_)) => Err(RecordError::Stopped),
            Poll::Pending => return Poll::Pending,
        };
        let place = self.place.take();
        Poll::Ready(committed.map(|()| Open { call: self.call, place }))
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(Place { permit, queue }) = self.place.take() {
            // Fails only when the writer has ended; then the next start finds the intent.
            let once = self.once.take();
            drop(queue.try_send(Job::Withdraw { call: self.call, once, _permit: permit }));
        }
    }
}

/// A call whose intent is durable and whose receipt is owed.
#[derive(Debug)]
pub struct Open {
    call: CallId,
    place: Option<Place>,
}

impl Open {
    /// The call.
    pub fn call(&self) -> CallId {
        self.call
    }

    /// Queues the receipt, which never fails for lack of a place. Nothing has to wait for the
    /// answer for the receipt to be written.
    pub fn close(mut self, row: Row) -> Closing {
        debug_assert_eq!(row.id, self.call, "a receipt of another call");
        let (done, committed) = oneshot::channel();
        if let Some(Place { permit, queue }) = self.place.take()
            && queue.try_send(Job::Receipt { row: Box::new(row), done, permit }).is_err()
        {
            tracing::error!(call = %self.call, "the writer has ended; the call ends as interrupted");
        }
        Closing { committed }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.place.is_some() {
            tracing::error!(
                call = %self.call,
                "a call ended without a receipt; it ends as interrupted at the next start"
            );
        }
    }
}

/// A receipt that is being committed.
#[derive(Debug)]
pub struct Closing {
    committed: oneshot::Receiver<Result<(), RecordError>>,
}

impl Closing {
    /// The answer for a receipt that could not be queued: it is never committed.
    pub fn never() -> Self {
        let (_, committed) = oneshot::channel();
        Self { committed }
    }
}

impl Future for Closing {
    type Output = Result<(), RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.committed)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(RecordError::Stopped)))
    }
}
