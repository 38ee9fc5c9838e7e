//! Reading a whole reply while it passes.

use super::{
    ProviderFailure, Usage,
    progress::{is_reason, reason_text},
    request::shortened,
};
use crate::json::{self, Bounds, JsonError, Kind, Scanner};

const MODEL_BYTES: usize = 256;
const WATCH: &[&str] = &["choices", "choices[].finish_reason", "usage", "model", "error"];

/// Follows a reply that is not a stream, in any pieces, and keeps only what it is metered by.
#[derive(Debug, Clone)]
pub struct ReplyScan {
    scanner: Scanner,
}

/// What a reply is metered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyFacts {
    /// What the provider says was used.
    pub usage: Option<Usage>,
    /// Why the first choice that says so has ended.
    pub finish_reason: Option<String>,
    /// The bytes of all text in the reply, as it stands there.
    pub text_bytes: u64,
    /// The model that the provider names, at most 256 bytes of it.
    pub model: Option<String>,
    /// The failure that stands in the place of a reply.
    pub error: Option<ProviderFailure>,
}

/// Why a reply is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// It is not JSON.
    #[error("the provider's reply cannot be read: {0}")]
    Json(#[from] JsonError),
    /// It is JSON, but no object.
    #[error("the provider's reply is no object")]
    NotAnObject,
    /// It has neither choices nor an error.
    #[error("the provider's reply has no choices")]
    NoChoices,
}

impl ReplyScan {
    /// At the start of a reply.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { scanner: Scanner::new(WATCH, bounds) }
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// At the first byte that cannot stand there.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), JsonError> {
        self.scanner.push(piece)
    }

    /// The bytes of text so far, for a reply that does not come to its end.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        self.scanner.text_bytes()
    }

    /// Ends the reply.
    ///
    /// # Errors
    /// When what was read is no reply.
    pub fn finish(self) -> Result<ReplyFacts, ReplyError> {
        let reply = self.scanner.finish()?;
        if !reply.root_is_object() {
            return Err(ReplyError::NotAnObject);
        }
        let error =
            reply.member("error").and_then(|error| ProviderFailure::read(&error, error.raw));
        let has_choices = reply.member("choices").is_some_and(|it| it.kind == Kind::Array);
        if error.is_none() && !has_choices {
            return Err(ReplyError::NoChoices);
        }
        let mut reasons = reply.found("choices[].finish_reason").map(|found| found.value);
        let reason = reasons.find(is_reason);
        let model = reply.member("model").and_then(|model| json::text(model.raw));
        Ok(ReplyFacts {
            usage: reply.member("usage").and_then(|usage| Usage::read(usage.raw)),
            finish_reason: reason.map(|reason| reason_text(&reason)),
            text_bytes: reply.text_bytes(),
            model: model.map(|model| shortened(model, MODEL_BYTES)),
            error,
        })
    }
}
