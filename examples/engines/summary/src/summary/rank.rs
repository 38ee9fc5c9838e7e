//! Which sentences stand for the text: those that share most with the others.
//!
//! Each sentence votes for the sentences it shares terms with, and votes of sentences that have
//! many votes weigh more; after some rounds the weights settle. All of it is done in integers, so
//! that the same text has the same summary on every machine. Where a sentence stands plays no part
//! except to decide between equals.

use super::terms::{Profile, Terms};

/// Sentences that vote. Of a longer text the most promising ones do, wherever they stand.
const VOTERS: usize = 256;
/// Rounds of voting.
const ROUNDS: usize = 32;
/// Of a hundred parts of a sentence's weight, how many come from the others.
const FROM_OTHERS: u64 = 85;
/// The weight of a sentence before the first round.
const ONE: u64 = 1 << 24;
/// The likeness of two sentences that could not be more alike.
const ALIKE: u64 = 1 << 10;
/// Terms that every sentence is taken to have besides its own, so that very short ones do not win
/// by having nothing else to say.
const SMOOTHING: usize = 5;
/// Terms below which a sentence is a heading or an exclamation.
const FEWEST_TERMS: usize = 3;
/// Sentences of the text for each one in the summary.
const SENTENCES_PER_CHOSEN: usize = 4;
/// The most sentences that a summary has.
const MOST_CHOSEN: usize = 5;
/// Of a hundred parts of a sentence, how many may be said by a chosen one already.
const REPEATED: usize = 60;

/// The numbers of the sentences that stand for the text, in the text's order.
pub(crate) fn choose(terms: &Terms<'_>) -> Vec<usize> {
    let voters = voters(terms);
    let profiles: Vec<&Profile> =
        voters.iter().filter_map(|voter| terms.profiles.get(*voter)).collect();
    let weights = vote(&profiles);
    let mut best: Vec<usize> = (0..profiles.len()).collect();
    best.sort_by_key(|index| std::cmp::Reverse(weights.get(*index).copied()));

    let most = terms.profiles.len().div_ceil(SENTENCES_PER_CHOSEN).min(MOST_CHOSEN);
    let mut chosen: Vec<usize> = Vec::new();
    for index in best {
        if chosen.len() == most {
            break;
        }
        if !chosen.iter().any(|other| repeats(profiles[index], profiles[*other])) {
            chosen.push(index);
        }
    }
    let mut chosen: Vec<usize> =
        chosen.into_iter().filter_map(|index| voters.get(index).copied()).collect();
    chosen.sort_unstable();
    chosen
}

/// The numbers of the sentences that vote, in the text's order.
fn voters(terms: &Terms<'_>) -> Vec<usize> {
    let all = || terms.profiles.iter().enumerate();
    let mut voters: Vec<usize> = all()
        .filter(|(_, profile)| profile.size >= FEWEST_TERMS)
        .map(|(number, _)| number)
        .collect();
    if voters.is_empty() {
        voters = all().map(|(number, _)| number).collect();
    }
    if voters.len() > VOTERS {
        voters.sort_by_cached_key(|number| std::cmp::Reverse(promise(terms, *number)));
        voters.truncate(VOTERS);
        voters.sort_unstable();
    }
    voters
}

/// How much a sentence seems to share with the text, found without comparing it to each other one.
fn promise(terms: &Terms<'_>, number: usize) -> u64 {
    let Some(profile) = terms.profiles.get(number) else { return 0 };
    let spread = profile.shared.iter().filter_map(|term| terms.spread.get(*term as usize));
    let shared: u64 = spread.map(|spread| u64::from(*spread)).sum();
    shared * ALIKE / wide(profile.size + SMOOTHING)
}

/// The sentences' weights.
fn vote(profiles: &[&Profile]) -> Vec<u64> {
    let likeness: Vec<Vec<u64>> = profiles
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let others = profiles.iter().enumerate();
            others.map(|(place, other)| if place == at { 0 } else { alike(one, other) }).collect()
        })
        .collect();
    let given: Vec<u64> = likeness.iter().map(|row| row.iter().sum::<u64>().max(1)).collect();
    let mut weights = vec![ONE; profiles.len()];
    for _ in 0..ROUNDS {
        weights = likeness
            .iter()
            .map(|row| {
                let votes = row.iter().zip(&weights).zip(&given);
                let votes = votes.map(|((alike, weight), given)| weight * alike / given);
                ((100 - FROM_OTHERS) * ONE + FROM_OTHERS * votes.sum::<u64>()) / 100
            })
            .collect();
    }
    weights
}

/// How alike two sentences are: what they share over the mean of their sizes.
fn alike(one: &Profile, other: &Profile) -> u64 {
    let sizes = wide(one.size + SMOOTHING) * wide(other.size + SMOOTHING);
    wide(common(one, other)) * ALIKE / sizes.isqrt().max(1)
}

/// Whether a sentence says little that a chosen one does not.
fn repeats(one: &Profile, chosen: &Profile) -> bool {
    common(one, chosen) * 100 > one.size.min(chosen.size) * REPEATED
}

/// How many terms two sentences share.
fn common(one: &Profile, other: &Profile) -> usize {
    let (mut left, mut right) = (one.shared.iter().peekable(), other.shared.iter().peekable());
    let mut count = 0;
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                left.next();
                right.next();
            }
        }
    }
    count
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(sentences: &[&str]) -> Vec<usize> {
        choose(&Terms::of(sentences))
    }

    #[test]
    fn the_sentence_that_shares_most_wins_wherever_it_stands() {
        let sentences = [
            "Bakers bought flour early.",
            "Mills closed after storms.",
            "Storms made bakers pay for flour from closed mills.",
            "Dogs bark loudly outside.",
        ];
        assert_eq!(chosen(&sentences), [2]);
        for first in 0..sentences.len() {
            let mut turned = sentences;
            turned.rotate_left(first);
            let [winner] = chosen(&turned)[..] else { panic!("one") };
            assert_eq!(turned[winner], sentences[2]);
        }
    }

    #[test]
    fn length_alone_does_not_win() {
        let sentences = [
            "Bakers bought flour early.",
            "Mills sold bakers their flour.",
            "Flour from mills feeds bakers.",
            "Far away seven elephants with painted ears walked slowly past a green temple, where \
             monks rang bells and tourists took photographs of everything under a hot noon sun.",
        ];
        assert!(!chosen(&sentences).contains(&3));
    }

    #[test]
    fn equals_are_taken_in_order_and_repetitions_once() {
        assert_eq!(chosen(&["Red apples fall.", "Blue whales swim.", "Old clocks stop."]), [0]);
        let same = ["Red apples fall down."; 8];
        assert_eq!(chosen(&same), [0]);
        assert_eq!(chosen(&[]), [0; 0]);
        assert_eq!(chosen(&["Oh!"]), [0]);
    }

    #[test]
    fn no_more_than_the_most_promising_vote() {
        let mut sentences = vec!["Grey stones lie around there silently."; VOTERS * 3];
        sentences.push("Grey stones lie silently, and bakers like flour.");
        let terms = Terms::of(&sentences);
        assert_eq!(voters(&terms).len(), VOTERS);
        assert_eq!(choose(&terms), [0]);
    }
}
