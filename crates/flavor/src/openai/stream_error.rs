//! What breaks a provider's stream.

use bytes::Bytes;

use crate::json::JsonError;

/// What breaks a provider's stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// An event whose data is neither JSON nor the end mark.
    #[error("the provider sent an event that cannot be read: {why}")]
    Garbage {
        /// The start of its data, for the log; it may hold anything.
        seen: String,
        /// What is wrong with it.
        why: JsonError,
        /// Whole events of the same piece that came before it and can still go to the client.
        before: Bytes,
    },
    /// An event, or a line without an end, that is longer than the bound.
    #[error("the provider sent an event longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
        /// Whole events of the same piece that came before it and can still go to the client.
        before: Bytes,
    },
}

impl StreamError {
    /// Whole events of the same piece that came before the fault and can still go to the client.
    /// Empty when the same error is given again.
    #[must_use]
    pub fn before(&self) -> &Bytes {
        match self {
            Self::Garbage { before, .. } | Self::TooLong { before, .. } => before,
        }
    }

    /// Takes those events out, so that they go on only once.
    pub(super) fn take_before(&mut self) -> Bytes {
        match self {
            Self::Garbage { before, .. } | Self::TooLong { before, .. } => std::mem::take(before),
        }
    }
}
