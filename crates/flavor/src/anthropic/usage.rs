//! Tokens as Anthropic counts them: what came from a cache or went into one is no input there.

use crate::canon::{Usage, tokens};
use crate::json::Object;
use crate::json::writer::Members;

/// What was said so far, field by field. It counts up over a stream, so the most counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    input: u64,
    output: u64,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    cache_write_1h: Option<u64>,
    thinking: Option<u64>,
    searches: u64,
}

impl Counts {
    /// Takes note of a `usage` object.
    pub(super) fn take(&mut self, mut usage: Object<'_>) {
        let mut said = |name| tokens(&mut usage, name);
        self.input = self.input.max(said("input_tokens").unwrap_or(0));
        self.output = self.output.max(said("output_tokens").unwrap_or(0));
        self.cache_read = self.cache_read.max(said("cache_read_input_tokens"));
        self.cache_write = self.cache_write.max(said("cache_creation_input_tokens"));
        if let Ok(Some(mut lasting)) = usage.object("cache_creation") {
            let minutes = tokens(&mut lasting, "ephemeral_5m_input_tokens");
            let hour = tokens(&mut lasting, "ephemeral_1h_input_tokens");
            self.cache_write_1h = self.cache_write_1h.max(hour);
            // The whole holds its parts, where only these are said too.
            let both = minutes.zip(hour).map(|(minutes, hour)| minutes.saturating_add(hour));
            self.cache_write = self.cache_write.max(both).max(minutes).max(hour);
        }
        if let Ok(Some(mut details)) = usage.object("output_tokens_details") {
            self.thinking = self.thinking.max(tokens(&mut details, "thinking_tokens"));
        }
        if let Ok(Some(mut tools)) = usage.object("server_tool_use") {
            let searches = tokens(&mut tools, "web_search_requests").unwrap_or(0);
            self.searches = self.searches.max(searches);
        }
    }

    /// The same in the canonical count.
    pub(super) fn usage(&self) -> Usage {
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        Usage {
            input: self.input.saturating_add(cached),
            output: self.output,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            cache_write_1h: self.cache_write_1h,
            reasoning: self.thinking,
            audio_input: None,
            audio_output: None,
            // Where none is named, none was made.
            searches: Some(self.searches),
        }
    }
}

/// Writes the members of a `usage` object.
pub(super) fn write(usage: &Usage, into: &mut Members<'_>) {
    into.whole("input_tokens", usage.uncached_input());
    if let Some(tokens) = usage.cache_write {
        into.whole("cache_creation_input_tokens", tokens);
    }
    if let Some(hour) = usage.cache_write_1h {
        let minutes = usage.cache_write.unwrap_or(0).saturating_sub(hour);
        into.object("cache_creation", |lasting| {
            lasting.whole("ephemeral_5m_input_tokens", minutes);
            lasting.whole("ephemeral_1h_input_tokens", hour);
        });
    }
    if let Some(tokens) = usage.cache_read {
        into.whole("cache_read_input_tokens", tokens);
    }
    into.whole("output_tokens", usage.output);
    if let Some(tokens) = usage.reasoning {
        into.object("output_tokens_details", |details| details.whole("thinking_tokens", tokens));
    }
    if let Some(searches) = usage.searches.filter(|searches| *searches > 0) {
        into.object("server_tool_use", |tools| tools.whole("web_search_requests", searches));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    #[test]
    fn totals_hold_what_was_cached_and_written_they_do_not() {
        let said = r#"{"input_tokens":7,"cache_read_input_tokens":90,"cache_creation_input_tokens":3,"output_tokens":5}"#;
        let mut counts = Counts::default();
        counts.take(Object::parse(said).unwrap());
        let usage = counts.usage();
        assert_eq!((usage.input, usage.output, usage.uncached_input()), (100, 5, 7));
        let mut out = Vec::new();
        writer::object(&mut out, |usage_object| write(&usage, usage_object));
        let mut again = Counts::default();
        again.take(Object::parse(std::str::from_utf8(&out).unwrap()).unwrap());
        assert_eq!(again.usage(), usage);
    }

    #[test]
    fn figures_that_nobody_can_have_counted_say_nothing() {
        let said =
            r#"{"input_tokens":-1,"cache_read_input_tokens":1e30,"output_tokens":99999999999999}"#;
        let mut counts = Counts::default();
        counts.take(Object::parse(said).unwrap());
        assert_eq!(counts.usage(), Usage { searches: Some(0), ..Usage::default() });
    }

    #[test]
    fn what_lies_in_a_cache_for_an_hour_is_told_from_the_rest() {
        let said = r#"{"input_tokens":7,"cache_creation_input_tokens":30,"output_tokens":5,
            "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}"#;
        let mut counts = Counts::default();
        counts.take(Object::parse(said).unwrap());
        let usage = counts.usage();
        assert_eq!(
            (usage.input, usage.cache_write, usage.cache_write_1h),
            (37, Some(30), Some(20))
        );
        let mut out = Vec::new();
        writer::object(&mut out, |usage_object| write(&usage, usage_object));
        let mut again = Counts::default();
        again.take(Object::parse(std::str::from_utf8(&out).unwrap()).unwrap());
        assert_eq!(again.usage(), usage);
        let mut parts = Counts::default();
        let said =
            r#"{"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}"#;
        parts.take(Object::parse(said).unwrap());
        assert_eq!((parts.usage().input, parts.usage().cache_write), (30, Some(30)));
    }

    #[test]
    fn searches_are_those_that_were_made() {
        let mut counts = Counts::default();
        counts.take(Object::parse(r#"{"input_tokens":7,"output_tokens":1}"#).unwrap());
        assert_eq!(counts.usage().searches, Some(0));
        let said = r#"{"output_tokens":9,"server_tool_use":{"web_search_requests":3}}"#;
        counts.take(Object::parse(said).unwrap());
        assert_eq!(counts.usage().searches, Some(3));
    }

    #[test]
    fn later_words_count_over_earlier_ones_and_are_never_added() {
        let mut counts = Counts::default();
        for said in [r#"{"input_tokens":7,"output_tokens":1}"#, r#"{"output_tokens":30}"#] {
            counts.take(Object::parse(said).unwrap());
        }
        assert_eq!((counts.usage().input, counts.usage().output), (7, 30));
    }
}
