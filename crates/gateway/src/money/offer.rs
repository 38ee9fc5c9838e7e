//! What a call would cost at each provider that may serve it.

use weighbridge_core::directory::Seat;
use weighbridge_core::estimate::{Demand, Estimate, PART, Prompt, TEMPLATE, TOOLS};
use weighbridge_core::price::{Pieces, PriceTable, Priced};
use weighbridge_flavor::estimate::estimate_tokens;
use weighbridge_flavor::facts::Facts;

use crate::pipeline::way::Way;

/// One provider, and what the call costs there.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) seat: Seat,
    /// Nothing where the model has no price there.
    pub(crate) priced: Option<(Priced, Estimate)>,
}

impl Offer {
    pub(crate) fn estimate(&self) -> Option<&Estimate> {
        self.priced.as_ref().map(|(_, estimate)| estimate)
    }
}

/// The offers on these ways, in their order; `usual` is how long the model's answers are.
pub(crate) fn offers(ways: &[Way], prices: &PriceTable, demand: &Demand, usual: u64) -> Vec<Offer> {
    let offer = |way: &Way| {
        let priced = prices.find(&way.provider.name, &way.model);
        let priced = priced.map(|priced| {
            let estimate = Estimate::of(&priced.price, demand, usual);
            (priced, estimate)
        });
        Offer { seat: way.seat, priced }
    };
    ways.iter().map(offer).collect()
}

/// What a request asks for, its prompt bounded by the `bytes` of its body.
pub(crate) fn demand(facts: &Facts, bytes: usize) -> Demand {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let around = if facts.tools { TOOLS } else { TEMPLATE };
    let prompt = if facts.media == 0 && !facts.searches {
        Prompt::AtMost(bytes.saturating_add(around))
    } else if facts.media == 0 {
        // What a search finds becomes part of the prompt.
        Prompt::Open(bytes.saturating_add(around))
    } else {
        let parts = facts.media.saturating_mul(PART);
        Prompt::Open(facts.text_bytes.saturating_add(around).saturating_add(parts))
    };
    Demand {
        prompt,
        max_output: facts.max_output,
        answers: facts.n,
        pieces: Pieces { searches: u64::from(facts.searches), ..Pieces::default() },
    }
}

/// The tokens of a prompt that nobody counts, by the stated rule: of the whole body, whatever its
/// texts stand under, unless pictures or sounds stand in it too.
pub(crate) fn estimated_prompt(facts: &Facts, bytes: usize) -> u64 {
    if facts.media == 0 {
        return estimate_tokens(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
    estimate_tokens(facts.text_bytes).saturating_add(facts.media.saturating_mul(PART))
}
