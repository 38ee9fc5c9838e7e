//! Putting a limit of the answer into a request that has none.

use std::ops::Range;

use bytes::Bytes;

use crate::json::{Document, Kind, Splice};

/// A limit to put into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimit {
    /// Under which name.
    pub field: LimitField,
    /// The most tokens of one answer.
    pub tokens: u64,
}

/// The two names that the limit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitField {
    /// `max_completion_tokens`: OpenAI's own models; those that reason take no other.
    MaxCompletionTokens,
    /// `max_tokens`: what every other server knows.
    MaxTokens,
}

impl LimitField {
    const ALL: [Self; 2] = [Self::MaxCompletionTokens, Self::MaxTokens];

    const fn as_str(self) -> &'static str {
        match self {
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
        }
    }
}

/// Where each of the names may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LimitSite {
    /// Just after the body's opening brace.
    open: usize,
    /// Where a name stands with null behind it, in the order of [`LimitField::ALL`].
    nulls: [Option<Range<usize>>; 2],
}

impl LimitSite {
    pub(super) fn of(document: &Document) -> Self {
        let nulls = LimitField::ALL.map(|field| {
            let member = document.member(field.as_str()).filter(|it| it.kind == Kind::Null)?;
            Some(member.span)
        });
        Self { open: document.open(), nulls }
    }

    /// The body holds a model at least, so something follows its brace.
    pub(super) fn put(&self, limit: OutputLimit, splice: &mut Splice) {
        let OutputLimit { field, tokens } = limit;
        let null = self.nulls.get(field as usize).cloned().flatten();
        match null {
            Some(range) => splice.replace(range, Bytes::from(tokens.to_string())),
            None => {
                splice.insert(self.open, Bytes::from(format!("\"{}\":{tokens},", field.as_str())))
            }
        };
    }
}
