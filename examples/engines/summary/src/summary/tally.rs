//! Tallies: how often and how widely something is found in a text.

/// Where something stands. Places are ordered as in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The sentence, counted from the first.
    pub(crate) sentence: usize,
    /// The token of the sentence, counted from its first.
    pub(crate) token: usize,
}

/// How often something is found, in how many sentences, and where first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How often.
    pub(crate) count: u64,
    /// In how many sentences.
    pub(crate) spread: u64,
    /// Where first.
    pub(crate) first: Place,
    /// In which sentence last.
    last: usize,
}

impl Tally {
    /// The tally of something that will first be found at a place, and is not counted yet.
    pub(crate) fn at(first: Place) -> Self {
        Self { count: 0, spread: 0, first, last: first.sentence }
    }

    /// Counts it at a place that is not before the last one.
    pub(crate) fn add(&mut self, place: Place) {
        if self.count == 0 || self.last != place.sentence {
            self.spread += 1;
            self.last = place.sentence;
        }
        self.count += 1;
    }

    /// Frequency times spread.
    pub(crate) fn score(&self) -> u64 {
        self.count.saturating_mul(self.spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_counts_sentences_and_count_counts_all() {
        let at = |sentence, token| Place { sentence, token };
        let mut tally = Tally::at(at(1, 4));
        for place in [at(1, 4), at(1, 9), at(3, 0)] {
            tally.add(place);
        }
        assert_eq!((tally.count, tally.spread, tally.score()), (3, 2, 6));
        assert!(at(1, 9) < at(2, 0));
    }
}
