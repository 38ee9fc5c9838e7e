//! How long a model's answers usually are: a running 90th percentile.

/// The percentile, as a fraction: nine of ten answers are no longer.
const NINE_OF: u32 = 9;
const TEN: u32 = 10;

/// What is expected before anything is known, in tokens.
pub const AT_FIRST: u64 = 1_000;

/// The least that is ever expected, in tokens.
pub const AT_LEAST: u64 = 256;

/// Answers after which the older half counts half as much.
const MEMORY: u32 = 512;

/// Steps between one power of two and the next.
const STEPS: usize = 8;

/// Lengths up to 2^32 tokens.
const BUCKETS: usize = 32 * STEPS;

/// Counts answers by length, in buckets a twelfth apart, older ones fading. Where it answers, it
/// answers with the upper edge of a bucket, so a little too much rather than too little.
#[derive(Debug, Clone)]
pub struct Usual {
    buckets: Box<[u32; BUCKETS]>,
    total: u32,
}

impl Default for Usual {
    fn default() -> Self {
        Self { buckets: Box::new([0; BUCKETS]), total: 0 }
    }
}

impl Usual {
    /// Counts an answer of this many tokens.
    pub fn learn(&mut self, tokens: u64) {
        if self.total >= MEMORY {
            self.total = 0;
            for bucket in self.buckets.iter_mut() {
                *bucket /= 2;
                self.total += *bucket;
            }
        }
        self.buckets[bucket_of(tokens)] += 1;
        self.total += 1;
    }

    /// What to expect of the next answer, in tokens.
    pub fn expected(&self) -> u64 {
        if self.total == 0 {
            return AT_FIRST;
        }
        let wanted = (self.total * NINE_OF).div_ceil(TEN);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_edge(bucket).max(AT_LEAST);
            }
        }
        AT_FIRST
    }
}

/// The bucket of a length: its power of two, and the eighth of the way to the next.
fn bucket_of(tokens: u64) -> usize {
    let tokens = tokens.max(1);
    let power = tokens.ilog2() as usize;
    let within = ((tokens - (1 << power)) * STEPS as u64) >> power;
    (power * STEPS + usize::try_from(within).unwrap_or(0)).min(BUCKETS - 1)
}

fn upper_edge(bucket: usize) -> u64 {
    let (power, within) = (bucket / STEPS, bucket % STEPS);
    let edge = (1u64 << power) * (STEPS as u64 + within as u64 + 1);
    edge.div_ceil(STEPS as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, proptest};

    use super::*;

    #[test]
    fn a_model_that_nobody_knows_is_expected_to_say_a_thousand_tokens() {
        assert_eq!(Usual::default().expected(), AT_FIRST);
    }

    #[test]
    fn short_answers_are_expected_to_be_at_least_a_few_hundred_tokens() {
        let mut usual = Usual::default();
        usual.learn(3);
        assert_eq!(usual.expected(), AT_LEAST);
    }

    #[test]
    fn what_a_model_does_now_outweighs_what_it_did_before() {
        let mut usual = Usual::default();
        (0..2_000).for_each(|_| usual.learn(500));
        (0..2_000).for_each(|_| usual.learn(8_000));
        assert!((8_000..9_500).contains(&usual.expected()), "{}", usual.expected());
    }

    proptest! {
        #[test]
        fn nine_of_ten_answers_are_no_longer_and_the_figure_is_at_most_an_eighth_too_much(
            mut lengths in prop::collection::vec(300u64..200_000, 1..400),
        ) {
            let mut usual = Usual::default();
            lengths.iter().for_each(|tokens| usual.learn(*tokens));
            lengths.sort_unstable();
            let exact = lengths[(lengths.len() * 9).div_ceil(10) - 1];
            let expected = usual.expected();
            assert!(expected >= exact, "{expected} < {exact}");
            assert!(expected <= exact + exact / 8 + 2, "{expected} for {exact}");
        }
    }
}
