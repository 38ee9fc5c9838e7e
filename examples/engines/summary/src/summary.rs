//! Summaries: a text's own sentences that say most of it, and its keywords.

mod ending;
mod keywords;
pub(crate) mod language;
mod phrases;
mod rank;
mod sentence;
mod stem;
mod stop_words;
mod tally;
mod terms;

#[cfg(test)]
mod tests;

use language::Language;
use terms::Terms;

/// What a text comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Sentences of the text, in its order.
    pub(crate) sentences: Vec<String>,
    /// Words of the text, the most important first.
    pub(crate) keywords: Vec<String>,
    /// The language of most of the text.
    pub(crate) language: Language,
}

impl Summary {
    /// Summarises a text. The work grows with the text's length and no faster.
    pub(crate) fn of(text: &str) -> Self {
        let sentences = sentence::split(text);
        let terms = Terms::of(&sentences);
        let chosen = rank::choose(&terms).into_iter().filter_map(|number| sentences.get(number));
        Self {
            sentences: chosen.map(|sentence| sentence::on_one_line(sentence)).collect(),
            keywords: keywords::of(&terms),
            language: Language::of(text),
        }
    }

    /// The summary as text: the sentences, and a line with the keywords if there are any.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for sentence in &self.sentences {
            if !text.is_empty() && !text.ends_with(sentence::is_wide) {
                text.push(' ');
            }
            text.push_str(sentence);
        }
        if !self.keywords.is_empty() {
            let (title, comma) = match self.language {
                Language::English => ("Keywords: ", ", "),
                Language::Chinese => ("关键词：", "、"),
            };
            text.push('\n');
            text.push_str(title);
            text.push_str(&self.keywords.join(comma));
        }
        text
    }
}
