//! What a call used, and how that is known.

/// How a figure is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The provider reported it.
    Measured,
    /// Nobody reported it: counted by the stated rule from the text that passed.
    Estimated,
}

impl Basis {
    /// The word on receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Estimated => "estimated",
        }
    }
}

/// What a call used, in tokens and pieces. Input includes what was read from a cache, output includes reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the whole prompt.
    pub input_tokens: u64,
    /// Tokens of the whole answer.
    pub output_tokens: u64,
    /// Of the prompt, read from the provider's cache.
    pub cache_read_tokens: Option<u64>,
    /// Of the prompt, written to the provider's cache.
    pub cache_write_tokens: Option<u64>,
    /// Of what was written to that cache, what lies there for an hour.
    pub cache_write_1h_tokens: Option<u64>,
    /// Of the answer, reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Of the prompt, sound.
    pub audio_input_tokens: Option<u64>,
    /// Of the answer, sound.
    pub audio_output_tokens: Option<u64>,
    /// Searches that the provider made for it.
    pub searches: Option<u64>,
    /// Images made.
    pub images: Option<u64>,
    /// Seconds of sound heard; a started one counts whole.
    pub seconds: Option<u64>,
    /// Characters spoken.
    pub characters: Option<u64>,
    /// How these figures are known.
    pub basis: Basis,
}
