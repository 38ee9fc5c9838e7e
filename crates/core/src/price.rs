//! Prices: what the meters of a call cost, as the operator's file says.
//!
//! A price has a rate per meter. Rates of tokens are per million, all others per piece. Every meter
//! is rounded by itself to whole nano-units, halves to the even one, and a call's cost is the sum.

mod meter;
mod quantities;
mod table;

pub use meter::{Meter, Rates};
pub use quantities::{Pieces, Quantities};
pub use table::{NotAPriceTable, PriceTable, Priced};

use crate::money::{Amount, Currency};

/// The price of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The model, by the name its provider gives it.
    pub model: String,
    /// The provider it is for; nothing means every provider of that model without a price of its
    /// own.
    pub provider: Option<String>,
    /// What every rate is in.
    pub currency: Currency,
    /// The rates of short prompts.
    pub rates: Rates,
    /// Other rates for long prompts, the shortest first.
    pub tiers: Vec<Tier>,
    /// The most tokens that the model gives out in one reply, where the operator says so.
    pub output_limit: Option<u64>,
}

/// Rates for prompts beyond a length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// They count for prompts of more tokens than this, and then for the whole call.
    pub above: u64,
    /// The rates; a meter that is missing here costs what it costs in the tier before.
    pub rates: Rates,
}

impl Price {
    /// What these quantities cost.
    pub fn cost(&self, quantities: &Quantities) -> Amount {
        let rates = self.rates_for(quantities.input);
        let total: Amount =
            quantities.by_meter(&rates).map(|(meter, count)| rates.cost(meter, count)).sum();
        total.min(Amount::MAX)
    }

    /// The most that one call of at most `input` and `output` tokens and these pieces can cost,
    /// whichever of its tokens are cached, spoken or reasoning, and whichever tier they reach.
    pub fn ceiling(&self, input: u64, output: u64, pieces: Pieces) -> Amount {
        let reachable = self.tiers.iter().filter(|tier| tier.above < input);
        let mut rates = self.rates;
        let mut dearest = rates.dearest(input, output, pieces);
        for tier in reachable {
            rates = rates.overlaid(&tier.rates);
            dearest = dearest.max(rates.dearest(input, output, pieces));
        }
        dearest.min(Amount::MAX)
    }

    /// Whether a call costs something by the token, sent or given out.
    pub fn charges_tokens(&self) -> bool {
        let all = std::iter::once(&self.rates).chain(self.tiers.iter().map(|tier| &tier.rates));
        let input = |rates: &Rates| rates.own(Meter::Input).is_some_and(|rate| !rate.is_zero());
        self.charges_output() || all.into_iter().any(input)
    }

    /// Whether what a model gives out costs something by the token, whatever kind of token it is.
    pub fn charges_output(&self) -> bool {
        let all = std::iter::once(&self.rates).chain(self.tiers.iter().map(|tier| &tier.rates));
        let of = |rates: &Rates| {
            Meter::OUT.iter().filter_map(|meter| rates.own(*meter)).any(|rate| !rate.is_zero())
        };
        all.into_iter().any(of)
    }

    /// How many tokens of text a call may give out before it costs more than `amount`, its prompt
    /// having `input` tokens. Nothing where that never happens.
    pub fn output_within(&self, amount: Amount, input: u64) -> Option<u64> {
        self.out_within(amount, input, &[Meter::Output])
    }

    /// The same whatever those tokens turn out to be: text, reasoning or sound.
    pub fn any_output_within(&self, amount: Amount, input: u64) -> Option<u64> {
        self.out_within(amount, input, &Meter::OUT)
    }

    fn out_within(&self, amount: Amount, input: u64, meters: &[Meter]) -> Option<u64> {
        let rates = self.rates_for(input);
        let dearest = meters.iter().filter_map(|meter| rates.own(*meter)).max();
        let rate = dearest.filter(|rate| !rate.is_zero())?;
        let start = self.cost(&Quantities { input, requests: 1, ..Quantities::default() });
        let left = amount.minus_down_to_zero(start).nanos();
        let tokens = left.saturating_mul(Meter::Output.per()) / rate.nanos().max(1);
        Some(u64::try_from(tokens).unwrap_or(u64::MAX))
    }

    fn rates_for(&self, input: u64) -> Rates {
        let reached = self.tiers.iter().filter(|tier| tier.above < input);
        reached.fold(self.rates, |rates, tier| rates.overlaid(&tier.rates))
    }
}

#[cfg(test)]
mod examples;
