//! Whether a full stop ends a sentence or belongs to an abbreviation, a number or an address.

use super::language::is_ideograph;
use super::stop_words;

/// How many closing quotes and brackets may follow the end of a sentence.
const CLOSERS: usize = 8;
/// The longest abbreviation that is looked for, in characters.
const ABBREVIATION_CHARS: usize = 12;
/// The longest word that is looked at after a full stop, in characters.
const NEXT_CHARS: usize = 16;
/// The longest number of a list's item, in digits.
const NUMBER_DIGITS: usize = 3;

/// Abbreviations that always stand before something else. Sorted.
const BEFORE_A_WORD: [&str; 35] = [
    "adm", "approx", "capt", "cf", "ch", "cmdr", "col", "dr", "e.g", "ed", "eds", "eq", "fig",
    "figs", "gen", "gov", "hon", "i.e", "lt", "maj", "messrs", "mr", "mrs", "ms", "mt", "op", "pp",
    "prof", "rep", "rev", "sen", "sgt", "st", "viz", "vs",
];
/// Abbreviations that may end a sentence; they do when a word of the language's frame follows with
/// a capital. Sorted.
const ANYWHERE: [&str; 25] = [
    "a.m", "al", "apr", "assn", "aug", "ave", "bros", "co", "corp", "dec", "dept", "est", "etc",
    "feb", "inc", "jan", "jr", "ltd", "nov", "oct", "p.m", "ph.d", "sep", "sept", "sr",
];

/// Whether a sentence that ends in a mark is over, given what follows.
pub(crate) fn closes(sentence: &str, rest: &str) -> bool {
    let mut chars = sentence.chars();
    let Some(mark @ ('.' | '!' | '?' | '…')) = chars.next_back() else { return false };
    let before = chars.as_str();
    let rest = rest.get(marks_bytes(rest, |_| false)..).unwrap_or_default();
    let Some(next) = rest.chars().next() else { return true };
    if is_ideograph(next) {
        return matches!(mark, '!' | '?') || before.chars().next_back().is_some_and(is_ideograph);
    }
    if !next.is_whitespace() {
        return false;
    }
    let following = rest.trim_start();
    match following.chars().next() {
        None => true,
        Some(first) if first.is_lowercase() => false,
        Some(_) => mark != '.' || !is_abbreviation(before, following),
    }
}

/// How many bytes of closing quotes, closing brackets and other wanted marks a text begins with.
pub(crate) fn marks_bytes(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    let is_closer =
        |char| matches!(char, '"' | '\'' | ')' | ']' | '”' | '’' | '」' | '』' | '）' | '》');
    let marks = text.chars().take_while(|char| is_closer(*char) || wanted(*char));
    marks.take(CLOSERS).map(char::len_utf8).sum()
}

/// Whether a line begins with the number of a list's item.
pub(crate) fn is_numbered(line: &str) -> bool {
    let digits = line.bytes().take(NUMBER_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let after = line.get(digits..).unwrap_or_default();
    (1..=NUMBER_DIGITS).contains(&digits) && (after.starts_with(". ") || after.starts_with(") "))
}

/// Whether the text before a full stop ends in an abbreviation, given the words after it.
fn is_abbreviation(before: &str, following: &str) -> bool {
    let word = last_word(before);
    if word.is_empty() {
        return false;
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        // The number of a list's item; any other number may end a sentence.
        return before.trim_start() == word && word.len() <= NUMBER_DIGITS;
    }
    let lower = word.to_lowercase();
    if lower == "no" {
        return following.starts_with(|char: char| char.is_ascii_digit());
    }
    if BEFORE_A_WORD.binary_search(&lower.as_str()).is_ok() {
        return true;
    }
    let may_end = ANYWHERE.binary_search(&lower.as_str()).is_ok() || is_initials(word);
    may_end && !begins_a_sentence(following)
}

/// Whether a word is capitals with full stops between them, or one capital alone.
fn is_initials(word: &str) -> bool {
    word.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
    })
}

/// Whether a text begins with a word that has a capital only at the beginning of a sentence.
fn begins_a_sentence(following: &str) -> bool {
    let word = following.chars().take(NEXT_CHARS).take_while(|char| char.is_alphanumeric());
    stop_words::is_word(&word.flat_map(char::to_lowercase).collect::<String>())
}

/// The letters, digits and inner full stops at the end of a text; nothing when they are many.
fn last_word(text: &str) -> &str {
    let is_part = |char: &char| char.is_alphanumeric() || *char == '.';
    let chars = text.chars().rev().take(ABBREVIATION_CHARS).take_while(is_part);
    let bytes: usize = chars.map(char::len_utf8).sum();
    text.get(text.len() - bytes..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(BEFORE_A_WORD.is_sorted());
        assert!(ANYWHERE.is_sorted());
    }

    #[test]
    fn what_follows_decides() {
        assert!(closes("It rained.", " Then it stopped."));
        assert!(closes("It rained.", ""));
        assert!(closes("It rained.", "\" Then"));
        assert!(!closes("It rained 2.", "5 mm"));
        assert!(!closes("It rained at 3 p.m.", " and at five."));
        assert!(!closes("Mr.", " The"));
        assert!(closes("Cats, dogs, etc.", " The rest"));
        assert!(!closes("Cats, dogs, etc.", " Anna saw"));
        assert!(closes("In 1999.", " Prices"));
        assert!(!closes("1.", " Prices"));
    }

    #[test]
    fn numbers_of_items_are_short() {
        assert!(is_numbered("1. a") && is_numbered("12) b"));
        assert!(!is_numbered("1.5 a") && !is_numbered("1999. a") && !is_numbered(". a"));
    }
}
