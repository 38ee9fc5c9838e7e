//! What was used, in this flavor's words.

use serde_json::value::RawValue;

use crate::{canon, json::writer::Members, openai};

/// Reads a `usage` object. Nothing when it lacks a total. Some servers count parts beside their
/// total; it holds them at least.
pub(crate) fn read(value: &RawValue) -> Option<canon::Usage> {
    let usage = openai::Usage::read(value.get().as_bytes())?;
    let cached = usage.cache_read_tokens.unwrap_or(0) + usage.cache_write_tokens.unwrap_or(0);
    Some(canon::Usage {
        input: usage.input_tokens.max(cached),
        output: usage.output_tokens.max(usage.reasoning_tokens.unwrap_or(0)),
        cache_read: usage.cache_read_tokens,
        cache_write: usage.cache_write_tokens,
        cache_write_1h: None,
        reasoning: usage.reasoning_tokens,
        audio_input: usage.input_audio_tokens,
        audio_output: usage.output_audio_tokens,
        searches: None,
    })
}

/// Writes a `usage` member.
pub(crate) fn write(members: &mut Members<'_>, usage: &canon::Usage) {
    members.object("usage", |it| {
        it.whole("prompt_tokens", usage.input);
        it.whole("completion_tokens", usage.output);
        it.whole("total_tokens", usage.input.saturating_add(usage.output));
        let input = [
            ("cached_tokens", usage.cache_read),
            ("cache_write_tokens", usage.cache_write),
            ("audio_tokens", usage.audio_input),
        ];
        write_details(it, "prompt_tokens_details", &input);
        let output = [("reasoning_tokens", usage.reasoning), ("audio_tokens", usage.audio_output)];
        write_details(it, "completion_tokens_details", &output);
    });
}

fn write_details(usage: &mut Members<'_>, name: &str, details: &[(&str, Option<u64>)]) {
    if details.iter().all(|(_, tokens)| tokens.is_none()) {
        return;
    }
    usage.object(name, |it| {
        for (part, tokens) in details {
            if let Some(tokens) = tokens {
                it.whole(part, *tokens);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    #[test]
    fn totals_hold_their_parts() {
        let raw = r#"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,
            "prompt_tokens_details":{"cached_tokens":20,"cache_write_tokens":2},
            "completion_tokens_details":{"reasoning_tokens":5}}"#;
        let usage = read(serde_json::from_str(raw).unwrap()).unwrap();
        assert_eq!((usage.input, usage.output), (22, 5));
        assert_eq!(usage.uncached_input(), 0);
    }

    #[test]
    fn what_is_not_known_is_not_written() {
        let usage = canon::Usage { input: 9, output: 3, reasoning: Some(1), ..Default::default() };
        let mut out = Vec::new();
        writer::object(&mut out, |it| write(it, &usage));
        let expected = r#"{"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"completion_tokens_details":{"reasoning_tokens":1}}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
