//! What can be wrong with a provider's stream.

use crate::json::Misfit;

/// Why a provider's stream cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// What came is not of its flavor.
    #[error("the provider sent an event that cannot be read: {0}")]
    Garbage(#[from] Misfit),
    /// The provider says that it failed, in its own words. They may be anything, and are for the log.
    #[error("the provider failed: {0}")]
    Failed(String),
}
