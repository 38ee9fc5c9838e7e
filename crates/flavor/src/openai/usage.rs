//! What a provider says was used.

use crate::canon;
use crate::json::{self, Bounds, Document, Kind};

/// How much of the provider's own object is kept.
const RAW_BYTES: usize = 4 * 1024;
const BOUNDS: Bounds = Bounds { depth: 32, capture: RAW_BYTES };

/// The most tokens that a figure is believed: a million millions. What is beyond it was not counted.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Tokens as the provider counted them. What it did not say, did not say in whole numbers, or cannot
/// have counted, is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt, what came from a cache included.
    pub input_tokens: u64,
    /// All of the reply, reasoning included.
    pub output_tokens: u64,
    /// The part of the prompt that came from a cache.
    pub cache_read_tokens: Option<u64>,
    /// The part of the prompt that was written to a cache.
    pub cache_write_tokens: Option<u64>,
    /// The part of the reply that was reasoning.
    pub reasoning_tokens: Option<u64>,
    /// The part of the prompt that was sound.
    pub input_audio_tokens: Option<u64>,
    /// The part of the reply that was sound.
    pub output_audio_tokens: Option<u64>,
    /// The provider's object as it came; empty when it is longer than 4 KiB.
    pub raw: String,
}

impl Usage {
    /// The same in the form that all flavors share.
    #[must_use]
    pub fn canonical(&self) -> canon::Usage {
        canon::Usage {
            input: self.input_tokens,
            output: self.output_tokens,
            cache_read: self.cache_read_tokens,
            cache_write: self.cache_write_tokens,
            cache_write_1h: None,
            reasoning: self.reasoning_tokens,
            audio_input: self.input_audio_tokens,
            audio_output: self.output_audio_tokens,
            // Chat completions have no place to say so.
            searches: None,
        }
    }

    /// Reads a `usage` object. Without both totals it says nothing.
    pub(super) fn read(raw: &[u8]) -> Option<Self> {
        const WATCH: &[&str] = &[
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "prompt_tokens_details",
            "completion_tokens_details",
        ];
        const DETAILS: &[&str] =
            &["cached_tokens", "cache_write_tokens", "audio_tokens", "reasoning_tokens"];
        let usage = json::scan(raw, WATCH, BOUNDS).ok()?;
        let details = |key| {
            let member = usage.member(key).filter(|member| member.kind == Kind::Object)?;
            json::scan(member.raw, DETAILS, BOUNDS).ok()
        };
        let input = details("prompt_tokens_details");
        let output = details("completion_tokens_details");
        let piece = |of: &Option<Document>, key| of.as_ref().and_then(|of| tokens(of, key));
        let input_tokens = tokens(&usage, "prompt_tokens")?;
        let completion = tokens(&usage, "completion_tokens")?;
        // Some count reasoning beside the answer and not within it; the total tells.
        let beside = piece(&output, "reasoning_tokens").filter(|reasoning| {
            tokens(&usage, "total_tokens") == Some(input_tokens + completion + reasoning)
        });
        Some(Self {
            input_tokens,
            output_tokens: completion + beside.unwrap_or(0),
            cache_read_tokens: piece(&input, "cached_tokens"),
            cache_write_tokens: piece(&input, "cache_write_tokens"),
            reasoning_tokens: piece(&output, "reasoning_tokens"),
            input_audio_tokens: piece(&input, "audio_tokens"),
            output_audio_tokens: piece(&output, "audio_tokens"),
            raw: kept(raw),
        })
    }
}

fn tokens(document: &Document, key: &str) -> Option<u64> {
    json::whole(document.member(key)?.raw).filter(|tokens| *tokens <= MOST_TOKENS)
}

fn kept(raw: &[u8]) -> String {
    let raw = std::str::from_utf8(raw).ok().filter(|raw| raw.len() <= RAW_BYTES);
    raw.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Usage;

    #[test]
    fn every_piece_is_read() {
        let raw = r#"{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16,
            "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0,"cache_write_tokens":2},
            "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":1}}"#;
        let expected = Usage {
            input_tokens: 9,
            output_tokens: 7,
            cache_read_tokens: Some(4),
            cache_write_tokens: Some(2),
            reasoning_tokens: Some(5),
            input_audio_tokens: Some(0),
            output_audio_tokens: Some(1),
            raw: raw.to_owned(),
        };
        assert_eq!(Usage::read(raw.as_bytes()), Some(expected));
    }

    #[test]
    fn odd_pieces_are_nothing() {
        let raw = br#"{"prompt_tokens":9,"completion_tokens":7,"prompt_tokens_details":
            {"cached_tokens":-1,"audio_tokens":1.5},"completion_tokens_details":null}"#;
        let usage = Usage::read(raw).unwrap();
        assert_eq!((usage.cache_read_tokens, usage.input_audio_tokens), (None, None));
        assert_eq!(usage.reasoning_tokens, None);
    }

    #[test]
    fn reasoning_that_is_counted_beside_the_answer_is_added_to_it() {
        let read = |total: u64| {
            let raw = format!(
                r#"{{"prompt_tokens":32,"completion_tokens":9,"total_tokens":{total},
                "completion_tokens_details":{{"reasoning_tokens":94}}}}"#
            );
            Usage::read(raw.as_bytes()).unwrap().output_tokens
        };
        assert_eq!((read(135), read(41)), (103, 9));
    }

    #[test]
    fn a_figure_beyond_all_counting_is_none() {
        let raw = |tokens: &str| {
            format!(r#"{{"prompt_tokens":{tokens},"completion_tokens":7}}"#).into_bytes()
        };
        assert!(Usage::read(&raw("1000000000000")).is_some());
        assert_eq!(Usage::read(&raw("1000000000001")), None);
        assert_eq!(Usage::read(&raw("18446744073709551615")), None);
    }

    #[test]
    fn both_totals_are_needed() {
        assert_eq!(Usage::read(br#"{"prompt_tokens":9}"#), None);
        assert_eq!(Usage::read(br#"{"prompt_tokens":9,"completion_tokens":1e3}"#), None);
        assert_eq!(Usage::read(b"{}"), None);
    }

    #[test]
    fn a_long_object_is_counted_but_not_kept() {
        let raw =
            format!(r#"{{"prompt_tokens":9,"x":"{}","completion_tokens":7}}"#, "x".repeat(5000));
        let usage = Usage::read(raw.as_bytes()).unwrap();
        assert_eq!((usage.output_tokens, usage.raw.as_str()), (7, ""));
    }
}
