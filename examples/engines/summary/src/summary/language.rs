//! Which language a text is in, as far as this engine tells languages apart.

use crate::tokens::Tokens;

/// How many ideographs weigh as much as one word of letters.
const IDEOGRAPHS_PER_WORD: usize = 2;

/// A language that this engine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Words with spaces between them. Other such languages are handled as if they were English.
    English,
    /// Ideographs without spaces.
    Chinese,
}

impl Language {
    /// The language that most of a text is in.
    pub(crate) fn of(text: &str) -> Self {
        let (mut words, mut ideographs) = (0_usize, 0_usize);
        for token in Tokens::of(text) {
            match token.ideograph() {
                Some(_) => ideographs += 1,
                None => words += 1,
            }
        }
        if ideographs > words * IDEOGRAPHS_PER_WORD { Self::Chinese } else { Self::English }
    }
}

/// Whether a character is written without spaces around it and is a token by itself: Han
/// ideographs, and with them kana and Hangul syllables, for which nothing better is done here.
pub(crate) fn is_ideograph(char: char) -> bool {
    matches!(char,
        '\u{3041}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
        && char.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_most_of_the_text() {
        assert_eq!(Language::of("Trains run late."), Language::English);
        assert_eq!(Language::of("列车晚点。"), Language::Chinese);
        assert_eq!(Language::of("The word 火车 means train."), Language::English);
        assert_eq!(Language::of("我们用 Rust 写了一个网关。"), Language::Chinese);
        assert_eq!(Language::of("?!"), Language::English);
    }
}
