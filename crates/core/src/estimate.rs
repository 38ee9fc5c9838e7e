//! What a call will probably cost, and the most that it can.
//!
//! The rules, of which nothing is left to chance:
//! - A token of a byte-level tokeniser, or of one that falls back to bytes, is at least one byte of
//!   the prompt. So the bytes of the request's body bound the tokens of its text for nothing; what a
//!   model's own template adds around it is allowed for by [`TEMPLATE`] and [`TOOLS`], [`SEQUENCE`]
//!   and [`PAIR`].
//! - What is not in the body as text (a picture, a sound, a file, an earlier answer by its id) has no
//!   bound: such a call is expected to use [`PART`] tokens for each, and has no ceiling.
//! - The answer is expected to be as long as nine of ten answers of that model were, and not
//!   longer than the call itself allows.

use crate::money::{Amount, Currency};
use crate::price::{Pieces, Price, Quantities};

/// Tokens that a model's template may put around a prompt.
pub const TEMPLATE: u64 = 64;

/// Tokens that a model's template may put around a prompt with tools.
pub const TOOLS: u64 = 512;

/// Tokens that a model may put around each text that it makes a vector of, or speaks, or draws.
pub const SEQUENCE: u64 = 16;

/// Tokens that a model may put around each pair of a question and a document: those that rank by
/// being asked have a template with their instruction in it.
pub const PAIR: u64 = 128;

/// Tokens that a picture, a sound or a file is expected to take.
pub const PART: u64 = 1_600;

/// Tokens of a prompt, as far as they are known before a provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// So many, by the model's own tokeniser.
    Counted(u64),
    /// Not more than so many, by the bytes of the request.
    AtMost(u64),
    /// Probably so many. Nothing bounds them.
    Open(u64),
}

impl Prompt {
    /// What to reckon with.
    pub const fn tokens(self) -> u64 {
        match self {
            Self::Counted(tokens) | Self::AtMost(tokens) | Self::Open(tokens) => tokens,
        }
    }

    /// The word in estimates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counted(_) => "counted",
            Self::AtMost(_) => "bounded",
            Self::Open(_) => "open",
        }
    }
}

/// What a call asks for, as far as its cost depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// The prompt.
    pub prompt: Prompt,
    /// The most tokens of one answer, if the call says so.
    pub max_output: Option<u64>,
    /// How many answers.
    pub answers: u64,
    /// What is counted by the piece.
    pub pieces: Pieces,
}

/// What a call costs at one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Of what.
    pub currency: Currency,
    /// What it will probably cost.
    pub expected: Amount,
    /// The most it can cost, where anything bounds that.
    pub ceiling: Option<Amount>,
    /// The prompt.
    pub prompt: Prompt,
    /// Tokens that all answers together will probably have.
    pub output_expected: u64,
    /// The most tokens of one answer: the call's own limit, else the model's.
    pub output_limit: Option<u64>,
}

impl Estimate {
    /// The estimate at `price`; `usual` is how long the model's answers usually are.
    pub fn of(price: &Price, demand: &Demand, usual: u64) -> Self {
        let output_limit = match (demand.max_output, price.output_limit) {
            (Some(own), Some(models)) => Some(own.min(models)),
            (own, models) => own.or(models),
        };
        let one = output_limit.map_or(usual, |limit| usual.min(limit));
        let output_expected = one.saturating_mul(demand.answers);
        let quantities = Quantities::of(demand.prompt.tokens(), output_expected, demand.pieces);
        Self {
            currency: price.currency,
            expected: price.cost(&quantities),
            ceiling: Self::ceiling(price, demand, output_limit),
            prompt: demand.prompt,
            output_expected,
            output_limit,
        }
    }

    fn ceiling(price: &Price, demand: &Demand, output_limit: Option<u64>) -> Option<Amount> {
        let (Prompt::Counted(input) | Prompt::AtMost(input)) = demand.prompt else { return None };
        let output = match output_limit {
            Some(limit) => limit.saturating_mul(demand.answers),
            None if price.charges_output() => return None,
            None => 0,
        };
        Some(price.ceiling(input, output, demand.pieces))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;
    use crate::price::{Meter, Rates};

    fn price(input: &str, output: &str) -> Price {
        let mut rates = Rates::default();
        rates.set(Meter::Input, input.parse().unwrap());
        rates.set(Meter::Output, output.parse().unwrap());
        Price {
            model: "m".to_owned(),
            provider: None,
            currency: "USD".parse().unwrap(),
            rates,
            tiers: Vec::new(),
            output_limit: None,
        }
    }

    fn demand(prompt: Prompt, max_output: Option<u64>) -> Demand {
        Demand { prompt, max_output, answers: 1, pieces: Pieces::default() }
    }

    #[test]
    fn an_agents_declared_limit_raises_the_ceiling_and_not_what_is_expected() {
        let price = price("3", "15");
        let estimate = Estimate::of(&price, &demand(Prompt::AtMost(55_000), Some(128_000)), 1_000);
        assert_eq!(estimate.expected, "0.18".parse().unwrap());
        assert_eq!(estimate.ceiling, "2.085".parse().ok());
    }

    #[test]
    fn a_call_without_a_limit_has_the_models_or_no_ceiling() {
        let mut price = price("3", "15");
        let open = demand(Prompt::AtMost(100), None);
        assert_eq!(Estimate::of(&price, &open, 1_000).ceiling, None);
        price.output_limit = Some(500);
        let estimate = Estimate::of(&price, &open, 1_000);
        assert_eq!((estimate.output_limit, estimate.output_expected), (Some(500), 500));
        assert!(estimate.ceiling.is_some());
    }

    #[test]
    fn what_costs_nothing_needs_no_bound() {
        let estimate = Estimate::of(&price("1", "0"), &demand(Prompt::Counted(10), None), 256);
        assert!(estimate.ceiling.is_some());
        let estimate = Estimate::of(&price("1", "2"), &demand(Prompt::Counted(10), None), 256);
        assert!(estimate.ceiling.is_none());
    }

    #[test]
    fn what_has_no_bound_has_no_ceiling() {
        let estimate = Estimate::of(&price("1", "1"), &demand(Prompt::Open(1_600), Some(9)), 9);
        assert_eq!(estimate.ceiling, None);
        assert_eq!(estimate.expected, "0.001609".parse().unwrap());
    }

    #[test]
    fn a_bound_reckons_with_the_dearest_kind_of_answer() {
        let mut price = price("0", "10");
        price.rates.set(Meter::Reasoning, "40".parse().unwrap());
        let amount = "0.0004".parse().unwrap();
        assert_eq!(price.output_within(amount, 0), Some(40));
        assert_eq!(price.any_output_within(amount, 0), Some(10));
    }

    proptest! {
        #[test]
        fn what_is_expected_never_passes_the_ceiling(
            input in 0u64..1_000_000,
            limit in 0u64..200_000,
            usual in 0u64..300_000,
            answers in 1u64..8,
        ) {
            let demand = Demand { answers, ..demand(Prompt::AtMost(input), Some(limit)) };
            let estimate = Estimate::of(&price("2.5", "10"), &demand, usual);
            assert!(estimate.expected <= estimate.ceiling.unwrap());
        }

        #[test]
        fn output_within_is_the_last_length_that_an_amount_pays_for(
            nanos in any::<u32>(),
            input in 0u64..10_000,
        ) {
            let (price, amount) = (price("3", "15"), Amount::from_nanos(i128::from(nanos)));
            let cost = |output| {
                price.cost(&Quantities { input, output, requests: 1, ..Quantities::default() })
            };
            let within = price.output_within(amount, input).unwrap();
            assert!(within == 0 || cost(within) <= amount);
            assert!(cost(within + 1) > amount);
        }
    }
}
