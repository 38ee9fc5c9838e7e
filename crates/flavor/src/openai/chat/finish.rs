//! Why an answer ended, in this flavor's words.

use crate::canon::{Stop, Text};

const STOP: &str = "stop";
const LENGTH: &str = "length";
const TOOL_CALLS: &str = "tool_calls";
const FILTERED: &str = "content_filter";
/// The older word for [`TOOL_CALLS`].
const FUNCTION_CALL: &str = "function_call";
/// What servers say when an answer came to no proper end.
const ERROR: &str = "error";

/// Reads a finish reason. `matched` is the text that the answer stopped at, where a server says it.
pub(crate) fn read<'a>(reason: Text<'a>, matched: Option<Text<'a>>) -> Stop<'a> {
    match reason.as_ref() {
        STOP if matched.is_some() => Stop::Sequence(matched),
        STOP => Stop::End,
        LENGTH => Stop::Length,
        TOOL_CALLS | FUNCTION_CALL => Stop::ToolCalls,
        FILTERED => Stop::Filtered(None),
        _ => Stop::Other(reason),
    }
}

/// The finish reason to write. Only a proper end is `stop`: what could go on counts as cut off, and
/// another flavor's word that happens to be one of these means something else there.
pub(crate) fn word<'s>(stop: &'s Stop<'_>) -> &'s str {
    match stop {
        Stop::End | Stop::Sequence(_) => STOP,
        Stop::Length | Stop::Paused => LENGTH,
        Stop::ToolCalls => TOOL_CALLS,
        Stop::Filtered(_) => FILTERED,
        Stop::Other(word) => match word.as_ref() {
            "" | STOP | LENGTH | TOOL_CALLS | FILTERED | FUNCTION_CALL => ERROR,
            other => other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_reason_keeps_its_word_and_is_no_proper_end() {
        let stop = read("insufficient_system_resource".into(), None);
        assert_eq!(word(&stop), "insufficient_system_resource");
        assert_eq!(word(&Stop::Other("stop".into())), "error");
        assert_eq!(word(&Stop::Other("".into())), "error");
        assert_eq!(word(&Stop::Paused), "length");
    }

    #[test]
    fn a_server_may_say_which_text_was_stopped_at() {
        assert_eq!(read("stop".into(), Some("END".into())), Stop::Sequence(Some("END".into())));
        assert_eq!(read("length".into(), Some("END".into())), Stop::Length);
        assert_eq!(read("function_call".into(), None), Stop::ToolCalls);
    }
}
