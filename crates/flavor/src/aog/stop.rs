//! Why an answer ended, in AOG's words.

use crate::canon::Stop;
use crate::openai::chat::finish;

/// AOG's word for an answer that waits for tools.
const CALLS: &str = "function_call";

/// The word for a reason: AOG's own three, and beyond them those of chat completions. Reading takes
/// all of either.
pub(super) fn word<'s>(stop: &'s Stop<'_>) -> &'s str {
    match stop {
        Stop::ToolCalls => CALLS,
        other => finish::word(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_aogs_and_an_unknown_end_is_no_proper_one() {
        for (stop, expected) in [
            (Stop::End, "stop"),
            (Stop::Length, "length"),
            (Stop::ToolCalls, "function_call"),
            (Stop::Filtered(None), "content_filter"),
            (Stop::Other("".into()), "error"),
            (Stop::Other("function_call".into()), "error"),
        ] {
            assert_eq!(word(&stop), expected);
        }
        assert_eq!(finish::read("function_call".into(), None), Stop::ToolCalls);
        assert_eq!(finish::read("tool_calls".into(), None), Stop::ToolCalls);
    }
}
