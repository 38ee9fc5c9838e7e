//! Why a request cannot be read.

use crate::json::Misfit;
use crate::openai;

/// Why a request cannot be read, in words for the developer who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeekError {
    /// The body is not one JSON object, or what every request has is not right.
    #[error(transparent)]
    Request(#[from] openai::PeekError),
    /// What the service is asked for is not there, or it is no form.
    #[error("the body cannot be read: {0}")]
    Body(Misfit),
    /// There is nothing of that kind.
    #[error("{0}")]
    Form(Misfit),
}

impl From<Misfit> for PeekError {
    fn from(misfit: Misfit) -> Self {
        Self::Body(misfit)
    }
}

impl PeekError {
    /// The field of the request that is at fault, if it is a single one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Request(error) => error.field(),
            Self::Body(misfit) => Some(misfit.path.as_str()).filter(|path| !path.is_empty()),
            Self::Form(_) => None,
        }
    }
}
