//! Why an answer ended: `finishReason`.

use crate::canon::{Stop, Text};

/// A call that the model made is not what a call has to be.
pub(super) const MALFORMED_CALL: &str = "MALFORMED_FUNCTION_CALL";

/// Words for what was held back.
const FILTERED: [&str; 11] = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "IMAGE_OTHER",
];

/// Reads a reason. `calls` says whether the answer has calls, for which there is no word of its own.
pub(super) fn read_finish(word: Text<'_>, calls: bool) -> Stop<'_> {
    match word.as_ref() {
        "STOP" => Stop::End.with_calls(calls),
        "MAX_TOKENS" => Stop::Length,
        known if FILTERED.contains(&known) => Stop::Filtered(Some(word)),
        _ => Stop::Other(word),
    }
}

/// The word for a stop.
pub(super) fn finish_word<'a>(stop: &'a Stop<'_>) -> &'a str {
    match stop {
        // One that would go on if it were sent back is a stop for whoever cannot know that.
        Stop::End | Stop::Sequence(_) | Stop::ToolCalls | Stop::Paused => "STOP",
        Stop::Length => "MAX_TOKENS",
        Stop::Filtered(Some(word)) if FILTERED.contains(&word.as_ref()) => word,
        Stop::Filtered(_) => "SAFETY",
        Stop::Other(word) if is_own(word) => word,
        Stop::Other(_) => "OTHER",
    }
}

/// The word for a stop of an answer with a call that had to be left out. One that came to its limit
/// says so, for that is why.
pub(super) fn broken_finish_word<'a>(stop: &'a Stop<'_>) -> &'a str {
    match stop {
        Stop::End | Stop::ToolCalls | Stop::Sequence(_) | Stop::Paused => MALFORMED_CALL,
        other => finish_word(other),
    }
}

/// Whether a word looks like one of Google's and is no proper end.
fn is_own(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let is_word = !word.is_empty() && word.len() <= 64 && word.bytes().all(is_plain);
    is_word && matches!(read_finish(word.into(), false), Stop::Other(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_as_they_are_written() {
        for (word, stop) in [
            ("STOP", Stop::End),
            ("MAX_TOKENS", Stop::Length),
            ("SPII", Stop::Filtered(Some("SPII".into()))),
            ("TOO_MANY_TOOL_CALLS", Stop::Other("TOO_MANY_TOOL_CALLS".into())),
        ] {
            assert_eq!(finish_word(&stop), word);
            assert_eq!(read_finish(word.into(), false), stop);
        }
        assert_eq!(read_finish("STOP".into(), true), Stop::ToolCalls);
        assert_eq!(read_finish("MAX_TOKENS".into(), true), Stop::Length);
    }

    #[test]
    fn a_word_that_is_not_googles_is_never_a_proper_end() {
        for word in ["insufficient_system_resource", "STOP", "MAX_TOKENS", "SAFETY", "秤", ""] {
            assert_eq!(finish_word(&Stop::Other(word.into())), "OTHER");
        }
        assert_eq!(finish_word(&Stop::Filtered(Some("refusal".into()))), "SAFETY");
    }
}
