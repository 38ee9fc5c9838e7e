//! What the engine has to say, and how much that is.

use super::ask::Ask;
use crate::summary::Summary;
use crate::tokens;

/// Tokens of one piece of a streamed answer.
const PIECE_TOKENS: usize = 8;

/// An answer with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The summary, and a line with the keywords.
    pub(crate) text: String,
    /// Whether the limit cut it.
    pub(crate) is_cut: bool,
    /// The tokens of all messages' texts.
    pub(crate) prompt_tokens: usize,
    /// The tokens of the answer's text.
    pub(crate) completion_tokens: usize,
}

impl Answer {
    /// Summarises what is asked.
    pub(crate) fn to(ask: &Ask) -> Self {
        let mut text = Summary::of(&ask.text).to_text();
        let cut = ask.limit.and_then(|limit| tokens::cut(&text, limit)).map(str::len);
        text.truncate(cut.unwrap_or(text.len()));
        let others: usize = ask.others.iter().map(|text| tokens::count(text)).sum();
        Self {
            is_cut: cut.is_some(),
            prompt_tokens: tokens::count(&ask.text) + others,
            completion_tokens: tokens::count(&text),
            text,
        }
    }

    /// The text in the pieces in which it is streamed.
    pub(crate) fn pieces(&self) -> Vec<&str> {
        tokens::pieces(&self.text, PIECE_TOKENS)
    }

    /// Why the answer ends where it does.
    pub(crate) fn finish_reason(&self) -> &'static str {
        if self.is_cut { "length" } else { "stop" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(limit: Option<usize>) -> Answer {
        let text = "Ships carry grain. 船运粮食。".to_owned();
        let others = vec!["Be brief.".to_owned()];
        Answer::to(&Ask { text, others, limit, stream: false, include_usage: false })
    }

    #[test]
    fn counts_are_those_of_the_texts() {
        let whole = answer(None);
        assert_eq!(whole.prompt_tokens, 3 + 4 + 2);
        assert_eq!(whole.completion_tokens, tokens::count(&whole.text));
        assert_eq!(whole.finish_reason(), "stop");
        assert_eq!(answer(Some(whole.completion_tokens)), whole);
    }

    #[test]
    fn a_limit_cuts_and_says_so() {
        let cut = answer(Some(2));
        assert_eq!((cut.text.as_str(), cut.completion_tokens), ("Ships carry", 2));
        assert_eq!(cut.finish_reason(), "length");
    }
}
