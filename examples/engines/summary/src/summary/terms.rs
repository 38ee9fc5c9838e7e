//! Terms: what sentences have in common when they speak of the same thing.
//!
//! A term of English is the stem of a word that is no stop word; a term of Chinese is a pair of
//! ideographs that stand side by side with no stop word between them. A pair that is found in one
//! sentence only is noise more often than a word, and binds no sentences: such terms count in a
//! sentence's size and are otherwise dropped.

use std::collections::HashMap;

use super::stem::stem;
use super::stop_words;
use super::tally::{Place, Tally};
use crate::tokens::Tokens;

/// The fewest letters of a word that is a term.
const WORD_LETTERS: usize = 2;
/// The most forms of one word that are told apart.
const FORMS: usize = 16;

/// What a sentence is about.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The terms that it shares with other sentences, each once, in order of their numbers.
    pub(crate) shared: Vec<u32>,
    /// How many different terms it has in all.
    pub(crate) size: usize,
}

/// One word with all its forms.
#[derive(Debug)]
pub(crate) struct Word<'a> {
    /// Where it is found, in any form.
    pub(crate) tally: Tally,
    /// How often each form is found, in order of first appearance; the first [`FORMS`] of them.
    pub(crate) forms: Vec<(&'a str, usize)>,
}

/// A stretch of ideographs without stop words.
#[derive(Debug)]
pub(crate) struct Run {
    /// The ideographs.
    pub(crate) chars: Vec<char>,
    /// Where the first of them stands.
    pub(crate) place: Place,
}

/// The terms of a text.
#[derive(Debug, Default)]
pub(crate) struct Terms<'a> {
    /// The sentences' profiles, in order.
    pub(crate) profiles: Vec<Profile>,
    /// How many sentences have each term, by number.
    pub(crate) spread: Vec<u32>,
    /// The words, in order of first appearance.
    pub(crate) words: Vec<Word<'a>>,
    /// The runs of ideographs, in order.
    pub(crate) runs: Vec<Run>,
}

/// A term as it is looked up.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Stem(String),
    Pair(char, char),
}

/// The numbers of terms, and which of them are words.
#[derive(Debug, Default)]
struct Numbers {
    terms: HashMap<Key, u32>,
    /// For a term that is a word, its place among the words.
    words: HashMap<u32, usize>,
}

impl Numbers {
    fn of(&mut self, key: Key) -> u32 {
        let next = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        *self.terms.entry(key).or_insert(next)
    }
}

impl<'a> Terms<'a> {
    /// Reads the sentences of a text.
    pub(crate) fn of(sentences: &[&'a str]) -> Self {
        let mut all = Self::default();
        let mut numbers = Numbers::default();
        for (sentence, text) in sentences.iter().enumerate() {
            let mut found = Vec::new();
            all.read(sentence, text, &mut numbers, &mut found);
            found.sort_unstable();
            found.dedup();
            all.profiles.push(Profile { size: found.len(), shared: found });
        }
        all.spread = vec![0; numbers.terms.len()];
        for term in all.profiles.iter().flat_map(|profile| &profile.shared) {
            if let Some(spread) = all.spread.get_mut(*term as usize) {
                *spread += 1;
            }
        }
        for profile in &mut all.profiles {
            let spread = &all.spread;
            profile.shared.retain(|term| spread.get(*term as usize).is_some_and(|s| *s > 1));
        }
        all
    }

    fn read(
        &mut self,
        sentence: usize,
        text: &'a str,
        numbers: &mut Numbers,
        found: &mut Vec<u32>,
    ) {
        let mut run = Vec::new();
        let mut run_end = 0;
        let mut count = 0;
        for token in Tokens::of(text) {
            let ideograph = token.ideograph();
            if ideograph.is_none() || token.start != run_end {
                self.close(&run, Place { sentence, token: count }, numbers, found);
                run.clear();
            }
            match ideograph {
                Some(char) => {
                    run.push(char);
                    run_end = token.end();
                }
                None => {
                    let place = Place { sentence, token: count };
                    found.extend(self.word(token.text, place, numbers));
                }
            }
            count += 1;
        }
        self.close(&run, Place { sentence, token: count }, numbers, found);
    }

    /// Notes a word, if it is a term.
    fn word(&mut self, form: &'a str, place: Place, numbers: &mut Numbers) -> Option<u32> {
        let lower = form.to_lowercase();
        let is_number = form.starts_with(|char: char| char.is_numeric());
        let letters = form.chars().count();
        if is_number || letters < WORD_LETTERS || stop_words::is_word(&lower) {
            return None;
        }
        let stem = stem(&lower);
        if stop_words::is_word(&stem) || stem.contains('\'') {
            return None;
        }
        let term = numbers.of(Key::Stem(stem));
        let index = *numbers.words.entry(term).or_insert(self.words.len());
        if index == self.words.len() {
            self.words.push(Word { tally: Tally::at(place), forms: Vec::new() });
        }
        let word = self.words.get_mut(index)?;
        word.tally.add(place);
        match word.forms.iter_mut().find(|(known, _)| *known == form) {
            Some((_, count)) => *count += 1,
            None => {
                if word.forms.len() < FORMS {
                    word.forms.push((form, 1));
                }
            }
        }
        Some(term)
    }

    /// Notes the parts of a run of ideographs that ends before the token at `end`.
    fn close(&mut self, run: &[char], end: Place, numbers: &mut Numbers, found: &mut Vec<u32>) {
        for part in stop_words::between(run) {
            let token = (end.token + part.start).saturating_sub(run.len());
            let chars = run.get(part).unwrap_or_default().to_vec();
            for pair in chars.windows(2) {
                if let [one, two] = pair {
                    found.push(numbers.of(Key::Pair(*one, *two)));
                }
            }
            self.runs.push(Run { chars, place: Place { token, ..end } });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_share_stems_and_pairs() {
        let terms =
            Terms::of(&["The city plans parks.", "Parks in a planned city: 公园", "城市公园"]);
        let [one, two, three] = &terms.profiles[..] else { panic!("three sentences") };
        assert_eq!((one.size, two.size, three.size), (3, 4, 3));
        assert_eq!(one.shared.len(), 3);
        assert_eq!(two.shared.len(), 4);
        assert_eq!(three.shared.len(), 1);
        assert_eq!(terms.words[1].forms, [("plans", 1), ("planned", 1)]);
    }

    #[test]
    fn runs_know_their_places() {
        let terms = Terms::of(&["风力 AI 的发电站"]);
        let runs: Vec<(String, usize)> =
            terms.runs.iter().map(|run| (run.chars.iter().collect(), run.place.token)).collect();
        assert_eq!(runs, [("风力".to_owned(), 0), ("发电站".to_owned(), 4)]);
    }
}
