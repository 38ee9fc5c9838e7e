//! Why a reply ended.

use super::Text;

/// Why a reply ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop<'a> {
    /// The model had said all.
    End,
    /// It said one of the texts that it was to stop at; which, where that is known.
    Sequence(Option<Text<'a>>),
    /// It came to its limit.
    Length,
    /// It waits for tools.
    ToolCalls,
    /// It declines, or what it said was held back; the provider's own word for why, where there is
    /// one.
    Filtered(Option<Text<'a>>),
    /// It would go on if it were sent back as it is.
    Paused,
    /// A word that nobody here knows. It is never taken for a proper end.
    Other(Text<'a>),
}

impl Stop<'_> {
    /// The same for a reply that has calls of tools. Some flavors have no word of its own for that;
    /// and of one that was cut off, the last call may be cut off too.
    #[must_use]
    pub fn with_calls(self, calls: bool) -> Self {
        match self {
            Self::End if calls => Self::ToolCalls,
            other => other,
        }
    }

    /// The same, holding what it says by itself.
    pub fn into_owned(self) -> Stop<'static> {
        let owned = |text: Text<'_>| Text::Owned(text.into_owned());
        match self {
            Self::End => Stop::End,
            Self::Sequence(text) => Stop::Sequence(text.map(owned)),
            Self::Length => Stop::Length,
            Self::ToolCalls => Stop::ToolCalls,
            Self::Filtered(text) => Stop::Filtered(text.map(owned)),
            Self::Paused => Stop::Paused,
            Self::Other(text) => Stop::Other(owned(text)),
        }
    }
}
