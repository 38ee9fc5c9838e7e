//! Words of Chinese, found without a dictionary: ideographs that keep standing together.
//!
//! Pairs that repeat are the beginning. Two that overlap grow into a word of three when that word
//! repeats too, and so on; a part that is hardly ever found outside the longer word gives way.

use std::collections::{HashMap, HashSet};

use super::tally::{Place, Tally};
use super::terms::Run;

/// The longest word, in ideographs.
const LONGEST: usize = 6;
/// How often a word is found at least.
const FEWEST: u64 = 2;
/// A part gives way when this many of its places in [`PLACES`] are inside the longer word.
const INSIDE: u64 = 2;
/// See [`INSIDE`].
const PLACES: u64 = 3;
/// The longest run that may be a word by itself in a text where nothing repeats.
const LONGEST_ALONE: usize = 4;

/// The words of the runs with their tallies, in no order that means anything.
pub(crate) fn find(runs: &[Run]) -> Vec<(&[char], Tally)> {
    let mut all = HashMap::new();
    let mut shorter = count(runs, 2, |_| true);
    let mut inside = HashSet::new();
    for length in 3..=LONGEST {
        let longer =
            count(runs, length, |word| parts(word).iter().all(|part| shorter.contains_key(part)));
        for (word, tally) in &longer {
            for part in parts(word) {
                let whole = shorter.get(part).map_or(0, |tally| tally.count);
                if tally.count * PLACES >= whole * INSIDE {
                    inside.insert(part);
                }
            }
        }
        all.extend(std::mem::replace(&mut shorter, longer));
    }
    all.extend(shorter);
    all.retain(|word, _| !inside.contains(word));
    if all.is_empty() { alone(runs) } else { all.into_iter().collect() }
}

/// The word without its last ideograph and without its first.
fn parts(word: &[char]) -> [&[char]; 2] {
    [word.split_last().map_or(word, |(_, rest)| rest), word.get(1..).unwrap_or(word)]
}

/// What repeats among the stretches of one length that are wanted.
fn count(runs: &[Run], length: usize, wanted: impl Fn(&[char]) -> bool) -> HashMap<&[char], Tally> {
    let mut found: HashMap<&[char], Tally> = HashMap::new();
    for run in runs {
        for (at, word) in run.chars.windows(length).enumerate() {
            if wanted(word) {
                let place = Place { token: run.place.token + at, ..run.place };
                found.entry(word).or_insert_with(|| Tally::at(place)).add(place);
            }
        }
    }
    found.retain(|_, tally| tally.count >= FEWEST);
    found
}

/// The short runs as they are, each counted once.
fn alone(runs: &[Run]) -> Vec<(&[char], Tally)> {
    let short = runs.iter().filter(|run| (2..=LONGEST_ALONE).contains(&run.chars.len()));
    let tally = |place| {
        let mut tally = Tally::at(place);
        tally.add(place);
        tally
    };
    short.map(|run| (run.chars.as_slice(), tally(run.place))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::terms::Terms;
    use super::*;

    fn found(sentences: &[&str]) -> Vec<(String, u64)> {
        let terms = Terms::of(sentences);
        let mut found: Vec<(String, u64)> = find(&terms.runs)
            .into_iter()
            .map(|(word, tally)| (word.iter().collect(), tally.count))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn overlapping_pairs_that_stay_together_grow() {
        assert_eq!(
            found(&["风力发电便宜", "发展风力发电", "风力发电站多"]),
            [("风力发电".to_owned(), 3)]
        );
    }

    #[test]
    fn a_part_that_lives_by_itself_stays() {
        let words = found(&["电动汽车", "电动汽车", "汽车快", "汽车慢", "汽车多"]);
        assert_eq!(words, [("汽车".to_owned(), 5), ("电动汽车".to_owned(), 2)]);
    }

    #[test]
    fn where_nothing_repeats_short_runs_stand_for_words() {
        let words: Vec<String> =
            found(&["机器学习是人工智能的一个分支。"]).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["人工智能", "分支", "机器学习"]);
    }
}
