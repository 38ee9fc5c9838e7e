//! Tokens as responses count them: totals hold their parts.

use super::searches;
use crate::canon::Usage;
use crate::json::writer::Members;
use crate::json::{Misfit, Object};

/// Reads a `usage` object. It does not say how many searches there were, which are items of their own.
pub(super) fn read(mut usage: Object<'_>, searches: u64) -> Result<Usage, Misfit> {
    let mut read = Usage {
        input: usage.whole("input_tokens")?.unwrap_or(0),
        output: usage.whole("output_tokens")?.unwrap_or(0),
        searches: Some(searches),
        ..Usage::default()
    };
    if let Some(mut details) = usage.object("input_tokens_details")? {
        read.cache_read = details.whole("cached_tokens")?;
        read.cache_write = details.whole("cache_write_tokens")?;
        read.audio_input = details.whole("audio_tokens")?;
    }
    if let Some(mut details) = usage.object("output_tokens_details")? {
        read.reasoning = details.whole("reasoning_tokens")?;
        read.audio_output = details.whole("audio_tokens")?;
    }
    Ok(read)
}

/// Writes the members of a `usage` object. The SDKs' types need what is within both details, so it is
/// there even where nothing is known of it.
pub(super) fn write(usage: &Usage, into: &mut Members<'_>) {
    into.whole("input_tokens", usage.input);
    into.object("input_tokens_details", |details| {
        details.whole("cached_tokens", usage.cache_read.unwrap_or(0));
        details.whole("cache_write_tokens", usage.cache_write.unwrap_or(0));
        if let Some(tokens) = usage.audio_input {
            details.whole("audio_tokens", tokens);
        }
    });
    into.whole("output_tokens", usage.output);
    into.object("output_tokens_details", |details| {
        details.whole("reasoning_tokens", usage.reasoning.unwrap_or(0));
        if let Some(tokens) = usage.audio_output {
            details.whole("audio_tokens", tokens);
        }
    });
    into.whole("total_tokens", usage.input.saturating_add(usage.output));
}

/// What was used, in whatever has a `usage` of this form.
pub fn read_usage(body: &str) -> Option<Usage> {
    let mut root = Object::parse(body).ok()?;
    let usage = root.object("usage").ok()??;
    let output = root.list("output").ok().flatten().unwrap_or_default();
    read(usage, searches::count(&output)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    #[test]
    fn what_is_written_reads_back() {
        let usage = Usage {
            input: 100,
            output: 30,
            cache_read: Some(90),
            cache_write: Some(3),
            cache_write_1h: None,
            reasoning: Some(20),
            audio_input: None,
            audio_output: Some(1),
            searches: Some(2),
        };
        let mut out = Vec::new();
        writer::object(&mut out, |object| write(&usage, object));
        let text = std::str::from_utf8(&out).unwrap();
        assert!(text.ends_with(r#""total_tokens":130}"#));
        assert_eq!(read(Object::parse(text).unwrap(), 2).unwrap(), usage);
    }
}
