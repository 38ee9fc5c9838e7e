//! Sentences of a text.

use super::ending;
use super::language::is_ideograph;

/// The longest sentence. What goes on without an end is cut near this length.
pub(crate) const SENTENCE_CHARS: usize = 600;

/// Marks that end a sentence wherever they stand.
const FULL_STOPS: [char; 5] = ['。', '！', '？', '；', '｡'];
/// Where an endless sentence may be cut.
const PAUSES: [char; 4] = ['，', '、', ',', ';'];

/// The sentences of a text in order, without the white space around them. Together they hold every
/// character that is not white space.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut length = 0;
    while let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) {
        at += char.len_utf8();
        length += 1;
        let sentence = text.get(start..at).unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        let end = if FULL_STOPS.contains(&char) {
            Some(at + ending::marks_bytes(rest, |mark| FULL_STOPS.contains(&mark)))
        } else if ending::closes(sentence, rest) {
            Some(at + ending::marks_bytes(rest, |_| false))
        } else if char == '\n' && starts_anew(rest) {
            Some(at)
        } else if length >= SENTENCE_CHARS {
            Some(start + last_pause(sentence))
        } else {
            None
        };
        if let Some(end) = end {
            all.extend(text.get(start..end).map(str::trim));
            (start, at, length) = (end, end, 0);
        }
    }
    all.extend(text.get(start..).map(str::trim));
    all.retain(|sentence| !sentence.is_empty());
    all
}

/// Whether a new line begins something new: it is blank, a heading or an item of a list.
fn starts_anew(rest: &str) -> bool {
    let line = rest.trim_start_matches([' ', '\t', '\r']);
    ["\n", "- ", "* ", "+ ", "• ", "#"].iter().any(|mark| line.starts_with(mark))
        || ending::is_numbered(line)
}

/// The byte after the last pause of a sentence, or its length when it has none.
fn last_pause(sentence: &str) -> usize {
    let pause = |char: &char| char.is_whitespace() || PAUSES.contains(char);
    let found = sentence.char_indices().rev().find(|(_, char)| pause(char));
    found.map_or(sentence.len(), |(at, char)| at + char.len_utf8())
}

/// The sentence on one line: white space becomes one space, and nothing between two ideographs.
pub(crate) fn on_one_line(sentence: &str) -> String {
    let mut line = String::with_capacity(sentence.len());
    for part in sentence.split_whitespace() {
        let before = line.chars().next_back();
        let after = part.chars().next();
        if before.is_some() && !(before.is_some_and(is_wide) && after.is_some_and(is_wide)) {
            line.push(' ');
        }
        line.push_str(part);
    }
    line
}

/// Whether a character needs no space beside its like: an ideograph or a mark of Chinese text.
pub(crate) fn is_wide(char: char) -> bool {
    is_ideograph(char)
        || matches!(char, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff65}')
        || matches!(char, '“' | '”' | '‘' | '’' | '…')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn english_sentences_end_where_a_reader_ends_them() {
        let text = "Dr. Smith paid $3.50 at 5 p.m. in Acme Inc. offices. \"Why?\" he asked. See \
                    e.g. Fig. 2 and example.com/a.b for more! It was the U.S. Senate. J. Doe left \
                    for the U.S. The end... And then?! No. No. 5 won.";
        assert_eq!(
            split(text),
            [
                "Dr. Smith paid $3.50 at 5 p.m. in Acme Inc. offices.",
                "\"Why?\" he asked.",
                "See e.g. Fig. 2 and example.com/a.b for more!",
                "It was the U.S. Senate.",
                "J. Doe left for the U.S.",
                "The end...",
                "And then?!",
                "No.",
                "No. 5 won.",
            ]
        );
    }

    #[test]
    fn chinese_sentences_end_at_their_marks() {
        assert_eq!(
            split("价格是3.5元。他问：“为什么？”没人回答！！雨停了；风还在吹。完"),
            ["价格是3.5元。", "他问：“为什么？”", "没人回答！！", "雨停了；", "风还在吹。", "完"]
        );
        assert_eq!(split("天黑了.我们走吧!好的"), ["天黑了.", "我们走吧!", "好的"]);
    }

    #[test]
    fn lines_go_on_unless_something_new_begins() {
        assert_eq!(split("one\ntwo\n\nthree"), ["one\ntwo", "three"]);
        assert_eq!(split("List:\n- a\n- b\n1. c\n2. d"), ["List:", "- a", "- b", "1. c", "2. d"]);
        assert_eq!(on_one_line("one\n  two"), "one two");
        assert_eq!(on_one_line("春\n天 is 好"), "春天 is 好");
    }

    #[test]
    fn what_never_ends_is_cut_at_a_pause() {
        let words = "word ".repeat(SENTENCE_CHARS);
        assert!(split(&words).iter().all(|sentence| sentence.ends_with("word")));
        assert_eq!(split(&"字".repeat(SENTENCE_CHARS * 2)).len(), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in any::<String>()) {
            let dense = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(dense(&split(&text).concat()), dense(&text));
        }

        #[test]
        fn marks_in_any_order_do_no_harm(text in "[aA1 .!?;。！？；…\"”()'\n-]{0,200}") {
            prop_assert!(split(&text).iter().all(|sentence| !sentence.is_empty()));
        }
    }
}
