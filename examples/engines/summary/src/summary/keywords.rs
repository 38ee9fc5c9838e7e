//! Keywords: the words that a text uses often and throughout.

use super::phrases;
use super::tally::Tally;
use super::terms::{Terms, Word};

/// The most keywords.
const MOST: usize = 5;
/// The fewest letters of a keyword in small letters; names in capitals may be shorter.
const LETTERS: usize = 3;

/// A word that may become a keyword.
#[derive(Debug)]
struct Candidate {
    text: String,
    tally: Tally,
    score: u64,
}

/// The keywords of a text, best first. Words that are found once only are taken when no word is
/// found more often.
pub(crate) fn of(terms: &Terms<'_>) -> Vec<String> {
    let words = terms.words.iter().filter_map(of_word);
    let phrases = phrases::find(&terms.runs).into_iter().map(of_phrase);
    let mut all: Vec<Candidate> = words.chain(phrases).collect();
    if all.iter().any(|candidate| candidate.tally.count > 1) {
        all.retain(|candidate| candidate.tally.count > 1);
    }
    all.sort_by(|one, other| {
        let place = || one.tally.first.cmp(&other.tally.first);
        let length = || other.text.len().cmp(&one.text.len());
        other.score.cmp(&one.score).then_with(place).then_with(length)
    });
    let mut chosen: Vec<String> = Vec::new();
    for Candidate { text, .. } in all {
        if chosen.len() == MOST {
            break;
        }
        if !chosen.iter().any(|other| overlap(&text, other)) {
            chosen.push(text);
        }
    }
    chosen
}

/// Whether one of two Chinese words holds the other. Words of letters hold others by chance.
fn overlap(one: &str, other: &str) -> bool {
    one == other || (!one.is_ascii() && (one.contains(other) || other.contains(one)))
}

fn of_word(word: &Word<'_>) -> Option<Candidate> {
    let text = best_form(&word.forms)?;
    let is_long = text.chars().count() >= LETTERS;
    let is_name = text.chars().all(char::is_uppercase);
    let score = word.tally.score();
    (is_long || is_name).then_some(Candidate { text, tally: word.tally, score })
}

/// A longer word is less likely to be there by chance, so its length counts as well.
fn of_phrase((word, tally): (&[char], Tally)) -> Candidate {
    let length = u64::try_from(word.len()).unwrap_or(u64::MAX);
    let score = tally.score().saturating_mul(length) / 2;
    Candidate { text: word.iter().collect(), tally, score }
}

/// The form that is found most, a form in small letters before any other: a capital may come from
/// the beginning of a sentence.
fn best_form(forms: &[(&str, usize)]) -> Option<String> {
    let is_small = |form: &str| !form.contains(char::is_uppercase);
    let rank = |(form, count): &(&str, usize)| (is_small(form), *count);
    // `max_by_key` prefers the last of equals; the first is wanted.
    let best = forms.iter().rev().max_by_key(|form| rank(form));
    best.map(|(form, _)| {
        let form =
            form.strip_suffix("'s").or_else(|| form.strip_suffix("\u{2019}s")).unwrap_or(form);
        form.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(sentences: &[&str]) -> Vec<String> {
        of(&Terms::of(sentences))
    }

    #[test]
    fn frequency_and_spread_decide() {
        let found =
            keywords(&["Turbines turn in wind.", "The wind drives a turbine.", "Wind, wind!"]);
        assert_eq!(found, ["wind", "turbine"]);
    }

    #[test]
    fn names_keep_their_capitals() {
        assert_eq!(keywords(&["Anna met AI.", "AI met Anna's dog."]), ["Anna", "met", "AI"]);
    }

    #[test]
    fn both_languages_have_a_say() {
        let found = keywords(&["我们用 Rust 写网关。", "Rust 网关很快。"]);
        assert_eq!(found, ["Rust", "网关"]);
    }

    #[test]
    fn a_text_without_words_has_none() {
        assert_eq!(keywords(&["?!", "12 34"]), [""; 0]);
    }
}
