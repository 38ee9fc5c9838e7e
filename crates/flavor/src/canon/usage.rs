//! Tokens, counted one way for all flavors.

use crate::json::Object;

/// The most tokens that a figure is believed: a million millions. What is beyond it was not counted.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Takes a number of tokens out. One that is no whole number, or that nobody can have counted, says
/// nothing; no reply is lost for it.
pub(crate) fn tokens(usage: &mut Object<'_>, name: &str) -> Option<u64> {
    usage.whole(name).ok().flatten().filter(|tokens| *tokens <= MOST_TOKENS)
}

/// Tokens of a call. Totals hold their parts, whatever the flavor counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt: uncached, read from and written to a cache.
    pub input: u64,
    /// All of the reply, reasoning included.
    pub output: u64,
    /// The part of the prompt that came from a cache.
    pub cache_read: Option<u64>,
    /// The part of the prompt that was written to a cache.
    pub cache_write: Option<u64>,
    /// The part of what was written to a cache that lies there for an hour.
    pub cache_write_1h: Option<u64>,
    /// The part of the reply that was reasoning.
    pub reasoning: Option<u64>,
    /// The part of the prompt that was sound.
    pub audio_input: Option<u64>,
    /// The part of the reply that was sound.
    pub audio_output: Option<u64>,
    /// The searches that the provider made for it; nothing where its dialect has no place to say so.
    pub searches: Option<u64>,
}

impl Usage {
    /// The part of the prompt that neither came from a cache nor was written to one.
    pub fn uncached_input(&self) -> u64 {
        let cached = self.cache_read.unwrap_or(0).saturating_add(self.cache_write.unwrap_or(0));
        self.input.saturating_sub(cached)
    }

    /// Of two accounts of one call the later one, where it says something: providers count up.
    #[must_use]
    pub fn or_later(self, later: Self) -> Self {
        let most = |one: Option<u64>, other: Option<u64>| one.max(other);
        Self {
            input: self.input.max(later.input),
            output: self.output.max(later.output),
            cache_read: most(self.cache_read, later.cache_read),
            cache_write: most(self.cache_write, later.cache_write),
            cache_write_1h: most(self.cache_write_1h, later.cache_write_1h),
            reasoning: most(self.reasoning, later.reasoning),
            audio_input: most(self.audio_input, later.audio_input),
            audio_output: most(self.audio_output, later.audio_output),
            searches: most(self.searches, later.searches),
        }
    }
}
