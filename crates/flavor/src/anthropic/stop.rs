//! Why a reply ended, in Anthropic's words.

use crate::canon::{Stop, Text};

/// What `stop_reason` says, with `stop_sequence` where there is one.
pub(super) fn read<'a>(reason: Text<'a>, sequence: Option<Text<'a>>) -> Stop<'a> {
    match reason.as_ref() {
        "end_turn" => Stop::End,
        "stop_sequence" => Stop::Sequence(sequence),
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::ToolCalls,
        "refusal" => Stop::Filtered(None),
        "pause_turn" => Stop::Paused,
        _ => Stop::Other(reason),
    }
}

/// The word, and the text that was stopped at. What nobody here knows goes on as it is: clients
/// take no unknown word for a proper end.
pub(super) fn write<'s>(stop: &'s Stop<'_>) -> (&'s str, Option<&'s str>) {
    match stop {
        Stop::End => ("end_turn", None),
        // Which text it was is not always known, and `stop_sequence` without it says nothing more.
        Stop::Sequence(text) => match text {
            Some(text) => ("stop_sequence", Some(text)),
            None => ("end_turn", None),
        },
        Stop::Length => ("max_tokens", None),
        Stop::ToolCalls => ("tool_use", None),
        Stop::Filtered(_) => ("refusal", None),
        Stop::Paused => ("pause_turn", None),
        Stop::Other(reason) => (reason, None),
    }
}
