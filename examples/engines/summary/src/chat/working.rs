//! An answer that is being worked out, away from the connections.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{JoinHandle, spawn_blocking};

use super::answer::Answer;
use super::ask::Ask;
use crate::failure::Failure;

/// The work on one answer. Dropping it takes it back, if it was not yet begun.
#[derive(Debug)]
pub(crate) struct Working(JoinHandle<Answer>);

impl Working {
    /// Puts a request to work.
    pub(crate) fn on(ask: Ask) -> Self {
        Self(spawn_blocking(move || Answer::to(&ask)))
    }
}

impl Future for Working {
    type Output = Result<Answer, Failure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(|_| Failure::not_finished())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
impl From<JoinHandle<Answer>> for Working {
    fn from(handle: JoinHandle<Answer>) -> Self {
        Self(handle)
    }
}
