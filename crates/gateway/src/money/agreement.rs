//! What is agreed about a call's cost before anything is dispatched.

use std::sync::Arc;

use bytes::Bytes;
use weighbridge_core::clock::Moment;
use weighbridge_core::cost::{Consent, Held, Terms};
use weighbridge_core::entropy;
use weighbridge_core::estimate::{Demand, Estimate, Prompt};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::EstimateId;
use weighbridge_core::level::{Level, Reserve};
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::quote::{NotAccepted, Quote};
use weighbridge_proof::Digest;

use crate::front::request::{MaxCost, Wishes};
use crate::gateway::Gateway;
use crate::money::account::LiveAccount;
use crate::money::bill::{Bill, Opening};
use crate::money::hold::Hold;
use crate::money::offer::{Offer, offers};
use crate::money::refusal;
use crate::money::taken_quote::TakenQuote;
use crate::pipeline::way::Way;
use crate::setting::Setting;

/// A call for which there is nothing agreed yet.
pub(crate) struct Proposal<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) setting: &'a Setting,
    pub(crate) account: &'a Arc<LiveAccount>,
    pub(crate) level: &'a Arc<Level>,
    pub(crate) model: &'a str,
    /// The call in the form whose tokens can be counted exactly, if it has that.
    pub(crate) countable: Option<&'a Bytes>,
    pub(crate) input: Digest,
    /// What is asked, and in which dialect.
    pub(crate) form: String,
    /// How the call goes to those who may serve it, the best first.
    pub(crate) ways: &'a [Way],
    /// Whether the best is the one that costs least.
    pub(crate) cheapest_first: bool,
    pub(crate) demand: Demand,
    /// Tokens of the prompt by the stated rule.
    pub(crate) prompt: u64,
    pub(crate) at: Moment,
}

/// What is agreed: the terms for the intent, and what is held.
pub(crate) struct Agreement {
    pub(crate) offers: Vec<Offer>,
    pub(crate) terms: Terms,
    pub(crate) bill: Bill,
    /// Open again when the call is refused after all, or nothing of it is ever sent.
    pub(crate) quote: Option<TakenQuote>,
}

impl Proposal<'_> {
    /// Agrees, or says why not. What is held is free again when the agreement is dropped.
    ///
    /// # Errors
    /// 402 for the budget, the caller's own limit, the level's wish for a bound, a missing price,
    /// and for a caller who wants to be asked; 409 for a quote that cannot be accepted.
    pub(crate) async fn agree(mut self, wishes: &Wishes) -> Result<Agreement, Failure> {
        let taken = match wishes.estimate {
            Some(id) => Some(self.accept(id)?),
            None if wishes.ask => return Err(refusal::confirm(&self.quote().await?)),
            None => None,
        };
        let quote = taken.as_ref().and_then(TakenQuote::quote);
        let agreement = self.agree_on(wishes.max_cost, quote).await?;
        Ok(Agreement { quote: taken, ..agreement })
    }

    async fn agree_on(
        &mut self,
        max_cost: Option<MaxCost>,
        quote: Option<&Quote>,
    ) -> Result<Agreement, Failure> {
        if let Some(quote) = quote {
            self.demand.prompt = quote.prompt();
        }
        let agreed = max_cost.is_some() || quote.is_some();
        let offers = self.agreed_offers(agreed)?;
        match self.hold(offers, max_cost, quote) {
            // The bound refuses what the exact count may allow.
            Err(refused) if self.may_count(&refused) => match self.count().await {
                true => {
                    let offers = self.agreed_offers(agreed)?;
                    self.hold(offers, max_cost, quote)
                }
                false => Err(refused),
            },
            agreed => agreed,
        }
    }

    fn may_count(&self, refused: &Failure) -> bool {
        matches!(refused.code, Code::BudgetExceeded | Code::OverMaxCost)
            && matches!(self.demand.prompt, Prompt::AtMost(_))
    }

    /// Counts the prompt, if that can be done.
    async fn count(&mut self) -> bool {
        let Prompt::AtMost(bound) = self.demand.prompt else { return false };
        let Some(body) = self.countable else { return false };
        let counting = &self.gateway.counting;
        let Some(tokens) = counting.prompt(self.model, body).await else { return false };
        self.demand.prompt = Prompt::Counted(tokens.min(bound));
        true
    }

    /// Tokens of the prompt: counted, or by the stated rule.
    pub(crate) async fn tokens(&mut self) -> u64 {
        self.count().await;
        match self.demand.prompt {
            Prompt::Counted(tokens) => tokens,
            Prompt::AtMost(_) | Prompt::Open(_) => self.prompt,
        }
    }

    /// A quote for the call, which may be accepted once.
    ///
    /// # Errors
    /// As for the call itself, but for the budget: that counts when the call is made.
    pub(crate) async fn quote(&mut self) -> Result<Quote, Failure> {
        self.count().await;
        let offers = self.offers()?;
        let Some(estimate) = offers.iter().find_map(Offer::estimate).copied() else {
            return Err(refusal::unpriced(self.model, "so there is nothing to estimate"));
        };
        let (_, reserved) = self.needed(&offers, estimate.currency)?;
        let limits = &self.gateway.parts.limits;
        let now = self.at.wall;
        let random = entropy::fresh(self.gateway.entropy()).map_err(|_| {
            let words = "the gateway has no random bytes; try again";
            Failure::gateway(Code::Internal, Retry::After(1), words)
        })?;
        let lasts = i64::try_from(limits.estimate_time.as_micros()).unwrap_or(i64::MAX);
        let quote = Quote {
            id: EstimateId::new(now, random),
            input: self.input,
            model: self.model.to_owned(),
            form: self.form.clone(),
            estimate,
            reserved,
            expires_at: now.plus_micros(lasts),
        };
        let mut quotes = self.account.quotes();
        quotes
            .keep(quote.clone(), limits.estimates, now)
            .map_err(|full| refusal::too_many(limits.estimates, full))?;
        Ok(quote)
    }

    fn accept(&self, id: EstimateId) -> Result<TakenQuote, Failure> {
        let call = (self.input, self.model, self.form.as_str());
        let accepted = self.account.quotes().accept(id, call, self.at.wall);
        let quote = accepted.map_err(refusal::not_accepted)?;
        Ok(TakenQuote::new(self.account, quote))
    }

    /// The offers that this account may take: with a budget only those with a price in the
    /// budget's currency.
    pub(crate) fn offers(&self) -> Result<Vec<Offer>, Failure> {
        let usual = self.gateway.lengths.expected(self.model);
        let prices = &self.setting.prices;
        let mut all = offers(self.ways, prices, &self.demand, usual);
        if self.cheapest_first {
            // Those in another currency cannot be compared, and those without a price come last.
            let first = all.iter().find_map(Offer::estimate).map(|estimate| estimate.currency);
            all.sort_by_key(|offer| {
                let estimate = offer.estimate();
                let is_other = estimate.map(|estimate| estimate.currency) != first;
                (estimate.is_none(), is_other, estimate.map(|estimate| estimate.expected))
            });
        }
        let Some(budget) = self.account.purse().budget(self.at.wall) else { return Ok(all) };
        let currency = all.iter().find_map(Offer::estimate).map(|estimate| estimate.currency);
        let fits = |offer: &Offer| {
            offer.estimate().is_some_and(|estimate| estimate.currency == budget.currency)
        };
        let fitting: Vec<Offer> = all.into_iter().filter(fits).collect();
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        Err(match currency {
            Some(currency) => refusal::other_currency(currency, budget.currency),
            None => refusal::unpriced(self.model, "the account has a budget"),
        })
    }

    /// The same; where the caller agreed to an amount, only those that are priced in one currency.
    fn agreed_offers(&self, to_an_amount: bool) -> Result<Vec<Offer>, Failure> {
        let mut offers = self.offers()?;
        let first = offers.iter().find_map(Offer::estimate).map(|estimate| estimate.currency);
        if to_an_amount && first.is_some() {
            offers.retain(|offer| offer.estimate().map(|estimate| estimate.currency) == first);
        }
        Ok(offers)
    }

    /// What has to be held for any of the offers in this currency to be taken: what the dearest of
    /// them needs.
    fn needed(&self, offers: &[Offer], currency: Currency) -> Result<(Estimate, Amount), Failure> {
        let mut dearest: Option<(Estimate, Amount)> = None;
        let of_currency = |estimate: &&Estimate| estimate.currency == currency;
        for estimate in offers.iter().filter_map(Offer::estimate).filter(of_currency) {
            let needed = needed_for(self.level, estimate)?;
            if dearest.is_none_or(|(_, most)| needed > most) {
                dearest = Some((*estimate, needed));
            }
        }
        dearest.ok_or_else(|| refusal::unpriced(self.model, "so there is nothing to estimate"))
    }

    fn hold(
        &self,
        offers: Vec<Offer>,
        max_cost: Option<MaxCost>,
        quote: Option<&Quote>,
    ) -> Result<Agreement, Failure> {
        let now = self.at.wall;
        let first = offers.iter().find_map(|offer| offer.priced.as_ref());
        let max_amount = match (max_cost, first) {
            (None, _) => None,
            (Some(max), Some((_, estimate))) => Some(max.in_currency(estimate.currency)?),
            (Some(_), None) => {
                let why = "so it cannot be kept below x-weighbridge-max-cost";
                return Err(refusal::unpriced(self.model, why));
            }
        };
        let consent = match (quote, max_amount) {
            (Some(_), _) => Consent::Confirmed,
            (None, Some(_)) => Consent::MaxCost,
            (None, None) => Consent::Standing,
        };
        let mut held = None;
        let hold = match first {
            None => None,
            Some((priced, estimate)) => {
                let (dearest, mut needed) = self.needed(&offers, estimate.currency)?;
                if let Some(quote) = quote {
                    needed = quoted(self.level, quote, estimate, needed)?;
                }
                if let Some(max) = max_amount.filter(|max| needed > *max) {
                    return Err(refusal::over_max(needed, max, &dearest));
                }
                let hold = Hold::take(self.account, estimate.currency, needed, now);
                let hold = hold.map_err(|short| refusal::short(&short, needed, &dearest))?;
                held = Some(Held {
                    estimate: quote.map_or(estimate.expected, |quote| quote.estimate.expected),
                    reserved: needed,
                    currency: estimate.currency,
                    price_sha256: priced.table,
                });
                Some(hold)
            }
        };
        let level_sha256 = self.setting.levels.digest();
        let policy_sha256 = Some(self.setting.policies.digest());
        let terms = Terms { consent, level_sha256, policy_sha256, held };
        let prompt = match self.demand.prompt {
            Prompt::Counted(tokens) => tokens,
            Prompt::AtMost(_) | Prompt::Open(_) => self.prompt,
        };
        let bill = Bill::open(Opening {
            account: Arc::clone(self.account),
            level: Arc::clone(self.level),
            hold,
            max_cost: max_amount,
            quoted: quote.map(|quote| quote.estimate.expected),
            prompt,
            pieces: self.demand.pieces,
            answers: self.demand.answers,
        });
        Ok(Agreement { offers, terms, bill, quote: None })
    }
}

/// What is held for a call whose quote was accepted: what the quote said, and a ceiling in any case
/// where the level has come to want one.
fn quoted(level: &Level, quote: &Quote, now: &Estimate, needed: Amount) -> Result<Amount, Failure> {
    if quote.estimate.currency != now.currency {
        return Err(refusal::not_accepted(NotAccepted::OtherCurrency));
    }
    Ok(match level.reserve {
        Reserve::Expected => quote.reserved,
        Reserve::Ceiling => quote.reserved.max(needed),
    })
}

/// What has to be held for an offer, as the level wants it.
pub(crate) fn needed_for(level: &Level, estimate: &Estimate) -> Result<Amount, Failure> {
    match level.reserve {
        Reserve::Expected => Ok(estimate.expected),
        Reserve::Ceiling => estimate.ceiling.ok_or_else(|| refusal::unbounded(estimate)),
    }
}
