//! Why a request cannot be read.

use crate::json::{JsonError, JsonErrorKind, Misfit};

/// Why a request cannot be read, in words for the developer who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeekError {
    /// The body is not JSON, not UTF-8, or goes past a bound.
    #[error("the body cannot be read: {0}")]
    Json(#[from] JsonError),
    /// The body is JSON, but no object.
    #[error("the body has to be a JSON object")]
    NotAnObject,
    /// A key that the gateway reads is there more than once, and readers differ in which one counts.
    #[error("`{field}` is given more than once")]
    Repeated {
        /// The key.
        field: &'static str,
    },
    /// A key differs only in its letters' case from one that the gateway reads: some servers take it
    /// for that one.
    #[error("a key is `{field}` but for the case of its letters; write it as it is")]
    Respelled {
        /// The key.
        field: &'static str,
    },
    /// What the file of a flavor of the operator's own names is not what it says.
    #[error("{0}")]
    Misfit(Misfit),
    /// There is no `model`.
    #[error("`model` is missing: name the model to call")]
    MissingModel,
    /// A value is not what it has to be.
    #[error("`{field}` has to be {expected}")]
    WrongType {
        /// The key.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// An object is longer than the bound allows.
    #[error("`{field}` is too long")]
    TooLong {
        /// The key.
        field: &'static str,
    },
}

impl PeekError {
    /// The field of the request that is at fault, if it is a single one.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Json(JsonError { kind: JsonErrorKind::TooLong { key }, .. }) => Some(key),
            Self::Json(_) | Self::NotAnObject | Self::Misfit(_) => None,
            Self::MissingModel => Some("model"),
            Self::Repeated { field }
            | Self::Respelled { field }
            | Self::WrongType { field, .. }
            | Self::TooLong { field } => Some(field),
        }
    }
}
