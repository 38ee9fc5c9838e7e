//! Tokens: what this engine counts, in usage and in limits.
//!
//! A word is one token and so is an ideograph. A word is a run of letters and digits; an
//! apostrophe between letters and a point between digits belong to it. A word longer than
//! [`WORD_CHARS`] counts again for each further stretch of that length. White space and
//! punctuation count nothing.

use crate::summary::language::is_ideograph;

/// The longest stretch of letters that is one token.
const WORD_CHARS: usize = 32;

/// One token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Its first byte in the text.
    pub(crate) start: usize,
    /// The token itself.
    pub(crate) text: &'a str,
}

impl Token<'_> {
    /// The byte after its last one.
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The ideograph that it is, if it is one.
    pub(crate) fn ideograph(&self) -> Option<char> {
        self.text.chars().next().filter(|first| is_ideograph(*first))
    }
}

/// The tokens of a text in order.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Reads a text from its beginning.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let (skipped, first) = rest.char_indices().find(|(_, char)| char.is_alphanumeric())?;
        let rest = rest.get(skipped..)?;
        let length = if is_ideograph(first) { first.len_utf8() } else { word_bytes(rest) };
        let start = self.at + skipped;
        self.at = start + length;
        Some(Token { start, text: rest.get(..length)? })
    }
}

/// How many bytes of `text` its first word takes.
fn word_bytes(text: &str) -> usize {
    let mut end = 0;
    let mut before = ' ';
    let mut chars = text.char_indices().take(WORD_CHARS).peekable();
    while let Some((at, char)) = chars.next() {
        let after = chars.peek().map_or(' ', |(_, after)| *after);
        let inside = match char {
            '\'' | '\u{2019}' => before.is_alphabetic() && is_word(after),
            '.' => before.is_ascii_digit() && after.is_ascii_digit(),
            _ => is_word(char),
        };
        if !inside {
            break;
        }
        end = at + char.len_utf8();
        before = char;
    }
    end
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() && !is_ideograph(char)
}

/// How many tokens a text has.
pub(crate) fn count(text: &str) -> usize {
    Tokens::of(text).count()
}

/// The text up to the end of its token number `most`, if there are more tokens than that.
pub(crate) fn cut(text: &str, most: usize) -> Option<&str> {
    let mut tokens = Tokens::of(text);
    let mut end = 0;
    for _ in 0..most {
        end = tokens.next()?.end();
    }
    tokens.next().and_then(|_| text.get(..end))
}

/// The text in pieces of `size` tokens each, every piece with the marks and spaces that follow it.
pub(crate) fn pieces(text: &str, size: usize) -> Vec<&str> {
    let starts = Tokens::of(text).step_by(size.max(1)).skip(1).map(|token| token.start);
    let mut all = Vec::new();
    let mut from = 0;
    for to in starts.chain([text.len()]) {
        all.extend(text.get(from..to).filter(|piece| !piece.is_empty()));
        from = to;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn words(text: &str) -> Vec<&str> {
        Tokens::of(text).map(|token| token.text).collect()
    }

    #[test]
    fn words_and_ideographs_count_and_marks_do_not() {
        assert_eq!(words("Don't pay 3.50, please!"), ["Don't", "pay", "3.50", "please"]);
        assert_eq!(words("用AI写诗。"), ["用", "AI", "写", "诗"]);
        assert_eq!(words("a-b 'c' 1. x"), ["a", "b", "c", "1", "x"]);
        assert_eq!(count(" \n,。"), 0);
    }

    #[test]
    fn a_very_long_word_counts_more_than_once() {
        assert_eq!(count(&"x".repeat(WORD_CHARS)), 1);
        assert_eq!(count(&"x".repeat(WORD_CHARS * 3 + 1)), 4);
    }

    #[test]
    fn a_cut_keeps_whole_tokens_and_happens_only_when_needed() {
        assert_eq!(cut("one two, three", 2), Some("one two"));
        assert_eq!(cut("one two, three.", 3), None);
        assert_eq!(cut("甲乙丙", 1), Some("甲"));
        assert_eq!(cut("", 0), None);
    }

    proptest! {
        #[test]
        fn pieces_make_up_the_text(text in any::<String>(), size in 0_usize..9) {
            prop_assert_eq!(pieces(&text, size).concat(), text);
        }

        #[test]
        fn a_cut_has_as_many_tokens_as_asked(text in "[a-z ,.'0-9甲乙]{0,80}", most in 0_usize..20) {
            if let Some(cut) = cut(&text, most) {
                prop_assert!(count(&text) > most);
                prop_assert_eq!(count(cut), most);
            }
        }
    }
}
