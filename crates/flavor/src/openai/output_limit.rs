//! Keeping an answer to a limit, whatever the request says.

use std::ops::Range;

use bytes::Bytes;

use crate::json::{self, Document, Kind, Splice};

/// A limit that an answer has to be kept to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimit {
    /// The name that the server is sure to read.
    pub field: LimitField,
    /// The most tokens of one answer.
    pub tokens: u64,
}

/// The two names that the limit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitField {
    /// `max_completion_tokens`: OpenAI's own models. They take the older name too, but not both.
    MaxCompletionTokens,
    /// `max_tokens`: what every other server knows; some know the newer name too.
    MaxTokens,
}

impl LimitField {
    const ALL: [Self; 2] = [Self::MaxCompletionTokens, Self::MaxTokens];

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
        }
    }
}

/// A chat request that is kept to a limit; nothing where it cannot be read so far.
pub fn keep_to(body: &Bytes, limit: OutputLimit) -> Option<Bytes> {
    const WATCH: &[&str] = &["max_completion_tokens", "max_tokens"];
    let bounds = json::Bounds { depth: usize::MAX, capture: 64 };
    let document = json::scan(body, WATCH, bounds).ok()?;
    if document.repeated().is_some() || !document.root_is_object() {
        return None;
    }
    let mut splice = Splice::new();
    LimitSite::of(&document).keep_to(limit, &mut splice);
    splice.apply(body).ok()
}

/// Where the limits of a request stand, or may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LimitSite {
    /// Just after the body's opening brace.
    open: usize,
    /// What stands under each name, in the order of [`LimitField::ALL`].
    fields: [Option<Stands>; 2],
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stands {
    span: Range<usize>,
    /// Nothing for null.
    tokens: Option<u64>,
}

impl LimitSite {
    pub(super) fn of(document: &Document) -> Self {
        let fields = LimitField::ALL.map(|field| {
            let member = document.member(field.as_str())?;
            let tokens = (member.kind != Kind::Null).then(|| json::whole(member.raw)).flatten();
            Some(Stands { span: member.span, tokens })
        });
        Self { open: document.open(), fields }
    }

    /// Lowers every limit that is greater, or that says nothing as null and zero do, and adds the
    /// one that the server reads where it is missing. The body holds a model at least, so something
    /// follows its brace.
    pub(super) fn keep_to(&self, limit: OutputLimit, splice: &mut Splice) {
        let OutputLimit { field, tokens } = limit;
        let is_set = |stands: &&Stands| stands.tokens.is_some_and(|tokens| tokens > 0);
        let given = self.fields.iter().flatten().any(|stands| is_set(&stands));
        for (name, stands) in LimitField::ALL.into_iter().zip(&self.fields) {
            let reads = name == field;
            match stands {
                Some(stands) if is_set(&stands) => {
                    if stands.tokens.is_some_and(|own| own > tokens) {
                        splice.replace(stands.span.clone(), Bytes::from(tokens.to_string()));
                    }
                }
                // OpenAI refuses both names at a time, and goes by either.
                _ if !reads || (given && field == LimitField::MaxCompletionTokens) => {}
                Some(stands) => {
                    splice.replace(stands.span.clone(), Bytes::from(tokens.to_string()));
                }
                None => {
                    let member = format!("\"{}\":{tokens},", name.as_str());
                    splice.insert(self.open, Bytes::from(member));
                }
            }
        }
    }
}
