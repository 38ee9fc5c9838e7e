//! What a call used, in the measures that services are charged by.

/// What a call used, as far as its reply says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of all that was sent, sound and pictures included.
    pub input_tokens: Option<u64>,
    /// Tokens of all that was made.
    pub output_tokens: Option<u64>,
    /// Of what was sent, tokens of sound.
    pub audio_input_tokens: Option<u64>,
    /// Pictures that were made.
    pub images: Option<u64>,
    /// Seconds of sound that were heard; a started one counts whole.
    pub seconds: Option<u64>,
    /// Characters that are charged for.
    pub characters: Option<u64>,
    /// Searches that are charged for.
    pub searches: Option<u64>,
    /// The bytes of text that were made, to estimate its tokens by where nobody reports any.
    pub text_bytes: u64,
}

impl Usage {
    /// Whether it says how much was used, in any measure but pictures, which can be counted.
    pub fn says_something(&self) -> bool {
        let figures =
            [self.input_tokens, self.output_tokens, self.seconds, self.characters, self.searches];
        figures.iter().any(Option::is_some)
    }
}

/// The greatest figure that is believed: a million millions. What is beyond it was not counted.
const MOST: u64 = 1_000_000_000_000;

/// A count as it stands in a reply, where some write `3.0`; a started one counts whole. Nothing for
/// what is no number, is negative, or cannot have been counted.
pub(super) fn count(number: &str) -> Option<u64> {
    let exact = number.parse::<u64>().ok();
    let rounded = || {
        let number = number.parse::<f64>().ok()?.ceil();
        (number.is_finite() && number >= 0.0).then_some(number as u64)
    };
    exact.or_else(rounded).filter(|count| *count <= MOST)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_started_one_counts_whole() {
        for (number, counted) in [
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("3.01", Some(4)),
            ("0.0", Some(0)),
            ("8.470000267028809", Some(9)),
            ("1e3", Some(1000)),
            ("-1", None),
            ("1e13", None),
            ("1e999", None),
            ("18446744073709551615", None),
            ("NaN", None),
            ("\"3\"", None),
        ] {
            assert_eq!(count(number), counted, "{number}");
        }
    }
}
