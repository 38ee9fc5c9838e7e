//! A call's money while it runs and at its end: rides with the meter.

use std::sync::Arc;

use weighbridge_core::clock::Clock;
use weighbridge_core::cost::{Charge, Cost, CostBasis, Held};
use weighbridge_core::estimate::Estimate;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::{Level, Reserve};
use weighbridge_core::money::Amount;
use weighbridge_core::price::{Pieces, Price, Priced, Quantities};
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_flavor::estimate::estimate_tokens;
use weighbridge_proof::Timestamp;

use crate::money::account::LiveAccount;
use crate::money::agreement::needed_for;
use crate::money::hold::Hold;
use crate::money::offer::Offer;

/// The least that a growing answer is paid ahead for, in tokens.
const AHEAD: u64 = 256;

/// Where nothing more is free: how many tokens later it is looked again.
const LOOK_AGAIN: u64 = 64;

/// Bytes that the stated rule takes for a token.
const BYTES_PER_TOKEN: u64 = 4;

/// More bytes than any token has, however it is escaped: an answer that passes so many for each
/// token that it was allowed is not kept to its limit.
const LONGEST_TOKEN: u64 = 256;

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Bill {
    account: Arc<LiveAccount>,
    level: Arc<Level>,
    hold: Option<Hold>,
    /// The most that the caller wants to pay.
    max_cost: Option<Amount>,
    /// What it was quoted, where that was accepted.
    quoted: Option<Amount>,
    serving: Option<Serving>,
    /// Tokens of the prompt, for as long as no provider has said.
    prompt: u64,
    pieces: Pieces,
    /// How many answers were asked for.
    answers: u64,
    /// Bytes of the answer's text up to which nothing has to be looked at.
    paid_bytes: u64,
}

/// The price at the provider that serves the call.
#[derive(Debug)]
struct Serving {
    priced: Priced,
    estimate: Estimate,
}

/// What a bill is opened with.
pub(crate) struct Opening {
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
    pub(crate) hold: Option<Hold>,
    pub(crate) max_cost: Option<Amount>,
    pub(crate) quoted: Option<Amount>,
    pub(crate) prompt: u64,
    pub(crate) pieces: Pieces,
    pub(crate) answers: u64,
}

impl Bill {
    pub(crate) fn open(opening: Opening) -> Self {
        let Opening { account, level, hold, max_cost, quoted, prompt, pieces, answers } = opening;
        Self {
            account,
            level,
            hold,
            max_cost,
            quoted,
            serving: None,
            prompt,
            pieces,
            answers,
            paid_bytes: u64::MAX,
        }
    }

    /// What one answer at this offer has to be kept to: under a ceiling the limit that it is made
    /// of, and what the caller's own limit of the cost pays for.
    pub(crate) fn output_limit(&self, offer: &Offer) -> Option<u64> {
        let (priced, estimate) = offer.priced.as_ref()?;
        let of_ceiling = estimate.output_limit.filter(|_| self.level.reserve == Reserve::Ceiling);
        let of_max = self.max_cost.and_then(|max| {
            let max = max.minus_down_to_zero(self.by_the_piece(&priced.price));
            let all = priced.price.any_output_within(max, estimate.prompt.tokens())?;
            Some((all / self.answers()).max(1))
        });
        match (of_ceiling, of_max) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// The limit of one answer, by the call itself or its model.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.serving.as_ref().and_then(|serving| serving.estimate.output_limit)
    }

    /// Tokens of the prompt, for as long as no provider has said.
    pub(crate) fn prompt(&self) -> u64 {
        self.prompt
    }

    /// Whether the call costs something by the token.
    pub(crate) fn charges_tokens(&self) -> bool {
        self.serving.as_ref().is_some_and(|serving| serving.priced.price.charges_tokens())
    }

    /// What is counted by the piece, as it was asked for.
    pub(crate) fn pieces(&self) -> Pieces {
        self.pieces
    }

    /// How often the model searches; nothing where it does not.
    pub(crate) fn searches(&self) -> Option<u64> {
        (self.pieces.searches > 0).then_some(self.pieces.searches)
    }

    /// How many answers were asked for; at least one.
    pub(crate) fn answers(&self) -> u64 {
        self.answers.max(1)
    }

    /// Another provider serves the call from now on.
    ///
    /// # Errors
    /// When its price is in another currency, of which nothing can be held.
    pub(crate) fn serve(&mut self, offer: &Offer, now: Timestamp) -> Result<(), Failure> {
        let Some((priced, estimate)) = &offer.priced else {
            self.serving = None;
            self.paid_bytes = u64::MAX;
            return Ok(());
        };
        if self.hold.as_ref().is_none_or(|hold| hold.currency() != estimate.currency) {
            let needed = needed_for(&self.level, estimate)?;
            let hold = Hold::take(&self.account, estimate.currency, needed, now);
            self.hold = Some(hold.map_err(|_| budget_changed())?);
        }
        self.serving = Some(Serving { priced: priced.clone(), estimate: *estimate });
        self.paid_bytes = self.pays_for();
        Ok(())
    }

    /// The answer has come to this many bytes of text: holds more where what is held does not pay
    /// for it.
    ///
    /// # Errors
    /// Where the overrun would pass the level's cap: the stream has to end.
    #[inline]
    pub(crate) fn grow(&mut self, text_bytes: u64, clock: &dyn Clock) -> Result<(), Box<Failure>> {
        if text_bytes <= self.paid_bytes {
            return Ok(());
        }
        self.extend(text_bytes, clock.now().wall)
    }

    #[cold]
    fn extend(&mut self, text_bytes: u64, now: Timestamp) -> Result<(), Box<Failure>> {
        let (Some(serving), Some(hold)) = (&self.serving, &mut self.hold) else {
            self.paid_bytes = u64::MAX;
            return Ok(());
        };
        if self.level.reserve == Reserve::Ceiling {
            return Err(Box::new(unlimited()));
        }
        let tokens = estimate_tokens(text_bytes);
        let price = &serving.priced.price;
        let needed = cost(price, self.prompt, tokens, self.pieces);
        let ahead = tokens.saturating_add(AHEAD.max(tokens / 4));
        let target = cost(price, self.prompt, ahead, self.pieces);
        hold.extend_to(self.max_cost.map_or(target, |max| target.min(max)), now);
        if hold.amount() >= needed {
            self.paid_bytes = self.pays_for().max(text_bytes);
            return Ok(());
        }
        let borne = hold.amount() + self.level.overrun_cap_in(hold.currency());
        if needed > borne {
            return Err(Box::new(self.over_cap()));
        }
        // Something may have become free by then; but no later than the cap is reached.
        let soon = text_bytes.saturating_add(LOOK_AGAIN * BYTES_PER_TOKEN);
        self.paid_bytes = soon.min(self.bytes_for(borne)).max(text_bytes);
        Ok(())
    }

    /// Bytes of text that what is held pays for. A ceiling pays for all that the request allows, and
    /// is not measured by an estimate.
    fn pays_for(&self) -> u64 {
        let (Some(serving), Some(hold)) = (&self.serving, &self.hold) else { return u64::MAX };
        if self.level.reserve == Reserve::Ceiling {
            let limit = serving.estimate.output_limit.unwrap_or(u64::MAX);
            return limit.saturating_mul(self.answers()).saturating_mul(LONGEST_TOKEN);
        }
        self.bytes_for(hold.amount())
    }

    /// Bytes of text that an amount pays for.
    fn bytes_for(&self, amount: Amount) -> u64 {
        let Some(serving) = &self.serving else { return u64::MAX };
        let price = &serving.priced.price;
        let left = amount.minus_down_to_zero(self.by_the_piece(price));
        let tokens = price.output_within(left, self.prompt);
        tokens.map_or(u64::MAX, |tokens| tokens.saturating_mul(BYTES_PER_TOKEN))
    }

    fn by_the_piece(&self, price: &Price) -> Amount {
        price.cost(&Quantities::of_pieces(self.pieces))
    }

    fn over_cap(&self) -> Failure {
        // Where as much is held as the caller wants to pay, it is not the budget that ends it.
        let reached = self.hold.as_ref().zip(self.max_cost);
        if let Some((hold, max)) = reached.filter(|(hold, max)| hold.amount() >= *max) {
            let words = format!(
                "the answer was ended: it had come to more than x-weighbridge-max-cost ({max} {})",
                hold.currency()
            );
            return Failure::gateway(Code::OverMaxCost, Retry::Never, words);
        }
        let words = "the answer was ended: the account's budget is used up, and what the platform \
                     bears beyond it (overrun_cap) is too";
        Failure::gateway(Code::BudgetExceeded, Retry::Never, words)
    }

    /// Settles the call: charges what it cost, at most what is held, and frees the rest. `usage` is
    /// nothing where nothing is known to have been used; `certain` says whether that is so for
    /// sure.
    pub(crate) fn settle(
        &mut self,
        usage: Option<&Usage>,
        certain: bool,
        finished_at: Timestamp,
    ) -> Cost {
        let hold = self.hold.take();
        let (Some(serving), Some(mut hold)) = (self.serving.take(), hold) else {
            return Cost::UNPRICED;
        };
        let used = usage.map(Quantities::of_call);
        let cost: Amount = used.map(|used| serving.priced.price.cost(&used)).unwrap_or_default();
        let measured = usage.is_some_and(|usage| usage.basis == Basis::Measured);
        if measured && self.level.reserve == Reserve::Expected {
            hold.extend_to(self.max_cost.map_or(cost, |max| cost.min(max)), finished_at);
        }
        let reserved = hold.amount();
        let actual = cost.min(reserved);
        let held = Held {
            estimate: self.quoted.unwrap_or(serving.estimate.expected),
            reserved,
            currency: hold.currency(),
            price_sha256: serving.priced.table,
        };
        hold.settle(actual, finished_at);
        let basis = match usage {
            Some(_) if measured => CostBasis::Measured,
            Some(_) => CostBasis::Estimated,
            None if certain => CostBasis::Measured,
            None => CostBasis::Unknown,
        };
        Cost { basis, charge: Some(Charge { held, actual, overrun: cost - actual }) }
    }
}

fn cost(price: &Price, input: u64, output: u64, pieces: Pieces) -> Amount {
    price.cost(&Quantities::of(input, output, pieces))
}

fn unlimited() -> Failure {
    let words = "the answer was ended: the provider did not keep it to the limit of the request";
    Failure::provider(Code::ProviderGarbage, Retry::Never, words)
}

fn budget_changed() -> Failure {
    let words = "the account's budget changed while this call began; try again";
    Failure::gateway(Code::BudgetExceeded, Retry::After(1), words)
}
