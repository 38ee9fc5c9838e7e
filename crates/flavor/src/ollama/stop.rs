//! Why a reply ended, in Ollama's words.

use crate::canon::{Stop, Text};

/// Reads the reason of a reply that is done. One without a reason was given up by its server, and
/// is never taken for a proper end; nor is one that only loaded a model or let it go.
pub(super) fn read(reason: Option<Text<'_>>, calls: bool) -> Stop<'_> {
    match reason.as_deref() {
        Some("stop") => Stop::End.with_calls(calls),
        Some("length") => Stop::Length,
        _ => Stop::Other(reason.unwrap_or_default()),
    }
}

/// The word for a reason; nothing where there is none. What only paused has said all that it will
/// say in this reply.
pub(super) fn word<'a>(stop: &'a Stop<'_>) -> Option<&'a str> {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::ToolCalls | Stop::Paused => Some("stop"),
        Stop::Length => Some("length"),
        // No word of Ollama's own, but its clients take any; `stop` would say that all was said.
        Stop::Filtered(_) => Some("content_filter"),
        Stop::Other(word) => Some(word.as_ref()).filter(|word| !word.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proper_end_becomes_calls_of_tools() {
        let read = |reason: &'static str, calls| read(Some(reason.into()), calls);
        assert_eq!(read("stop", true), Stop::ToolCalls);
        assert_eq!(read("length", true), Stop::Length);
        assert_eq!(read("load", false), Stop::Other("load".into()));
        assert_eq!(super::read(None, true), Stop::Other("".into()));
        assert_eq!(word(&super::read(None, true)), None);
    }
}
