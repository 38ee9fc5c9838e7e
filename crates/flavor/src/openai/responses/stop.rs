//! Why a response ended: its status and, of one that is incomplete, the reason.

use crate::canon::{Stop, Text};
use crate::json::{Misfit, Object};

/// The reason of a response that would go on; no provider of this flavor gives it.
const PAUSED: &str = "pause_turn";

/// Reads `status` and `incomplete_details` of a response that did not fail. `calls` says whether it
/// asks for tools, for which there is no status.
pub(super) fn read<'a>(response: &mut Object<'a>, calls: bool) -> Result<Stop<'a>, Misfit> {
    let status = response.text("status")?.unwrap_or_default();
    let reason = match response.object("incomplete_details")? {
        Some(mut details) => {
            details.text("reason").map_err(|misfit| misfit.at("incomplete_details"))?
        }
        None => None,
    };
    Ok(match (status.as_ref(), reason.as_deref()) {
        ("completed", _) => Stop::End.with_calls(calls),
        ("incomplete", Some("max_output_tokens")) => Stop::Length,
        ("incomplete", Some("content_filter")) => Stop::Filtered(None),
        ("incomplete", Some(PAUSED)) => Stop::Paused,
        _ => Stop::Other(reason.unwrap_or(status)),
    })
}

/// Why a response is incomplete; nothing for one that is completed. What nobody here knows makes it
/// incomplete: clients must not take it for a proper end.
pub(super) fn incomplete<'s>(stop: &'s Stop<'_>) -> Option<&'s str> {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::ToolCalls => None,
        Stop::Length => Some("max_output_tokens"),
        Stop::Filtered(_) => Some("content_filter"),
        Stop::Paused => Some(PAUSED),
        Stop::Other(reason) => Some(reason),
    }
}

/// The words of a failure, as `error` of a response or of an event has them.
pub(super) fn failure(error: Option<Object<'_>>) -> String {
    let Some(mut error) = error else { return "without a reason".to_owned() };
    let mut word = |name| error.text(name).ok().flatten().unwrap_or(Text::Borrowed(""));
    let (code, message) = (word("code"), word("message"));
    let mut said = format!("{code}: {message}");
    said.truncate(said.floor_char_boundary(MESSAGE_BYTES));
    said
}

/// The longest sentence that is kept of a provider's failure, in bytes.
const MESSAGE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_nobody_knows_is_no_proper_end() {
        for (response, expected) in [
            (r#"{"status":"completed"}"#, Stop::ToolCalls),
            (
                r#"{"status":"incomplete","incomplete_details":null}"#,
                Stop::Other("incomplete".into()),
            ),
            (
                r#"{"status":"incomplete","incomplete_details":{"reason":"steered"}}"#,
                Stop::Other("steered".into()),
            ),
            (r#"{"status":"queued"}"#, Stop::Other("queued".into())),
            ("{}", Stop::Other("".into())),
        ] {
            let mut response = Object::parse(response).unwrap();
            assert_eq!(read(&mut response, true).unwrap(), expected);
        }
        assert_eq!(incomplete(&Stop::Other("".into())), Some(""));
    }
}
