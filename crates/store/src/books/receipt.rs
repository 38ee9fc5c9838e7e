//! What one receipt says about money.

use std::collections::HashMap;

use serde::Deserialize;
use weighbridge_core::invariant::{self, Broken};
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::price::{PriceTable, Quantities};
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_proof::Digest;

/// The parts of a receipt that money depends on. Everything else in them is left alone.
pub(super) struct Said {
    call: Call,
    money: Money,
}

#[derive(Deserialize)]
struct Call {
    model_asked: String,
    model_served: Option<String>,
    attempts: Vec<Attempt>,
    usage: Option<UsageSaid>,
}

#[derive(Deserialize)]
struct Attempt {
    provider: String,
}

#[derive(Deserialize)]
struct UsageSaid {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    cache_write_1h_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    audio_input_tokens: Option<u64>,
    audio_output_tokens: Option<u64>,
    searches: Option<u64>,
    images: Option<u64>,
    seconds: Option<u64>,
    characters: Option<u64>,
}

#[derive(Deserialize)]
struct Money {
    actual: Option<Amount>,
    basis: String,
    currency: Option<Currency>,
    #[serde(default)]
    entries: Vec<Entry>,
    overrun: Option<Amount>,
    price_sha256: Option<Digest>,
    reserved: Option<Amount>,
}

#[derive(Deserialize)]
struct Entry {
    amount: Amount,
    party: String,
}

/// A receipt's charge, whole.
pub(super) struct Charge<'a> {
    pub(super) actual: Amount,
    pub(super) overrun: Amount,
    pub(super) currency: Currency,
    reserved: Amount,
    entries: &'a [Entry],
}

impl Said {
    pub(super) fn read(call: &str, money: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { call: serde_json::from_str(call)?, money: serde_json::from_str(money)? })
    }

    pub(super) fn basis(&self) -> &str {
        &self.money.basis
    }

    /// The charge, if there is one; the name of what it lacks, if it is not whole.
    pub(super) fn charge(&self) -> Option<Result<Charge<'_>, &'static str>> {
        let Money { actual, currency, entries, overrun, reserved, .. } = &self.money;
        let actual = (*actual)?;
        Some((|| {
            Ok(Charge {
                actual,
                overrun: overrun.ok_or("an overrun")?,
                currency: currency.ok_or("a currency")?,
                reserved: reserved.ok_or("what was held")?,
                entries,
            })
        })())
    }

    /// What the call costs at the price that the receipt cites, where its end was seen.
    pub(super) fn recompute(&self, prices: &HashMap<Digest, PriceTable>) -> Option<Amount> {
        if !matches!(self.basis(), "measured" | "estimated") {
            return None;
        }
        let table = prices.get(&self.money.price_sha256?)?;
        let provider = &self.call.attempts.last()?.provider;
        let model = self.call.model_served.as_ref().unwrap_or(&self.call.model_asked);
        let price = table.find(provider, model)?.price;
        Some(
            self.call
                .usage
                .as_ref()
                .map_or(Amount::ZERO, |usage| price.cost(&Quantities::of_call(&usage.as_usage()))),
        )
    }
}

impl UsageSaid {
    fn as_usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens,
            cache_write_1h_tokens: self.cache_write_1h_tokens,
            reasoning_tokens: self.reasoning_tokens,
            audio_input_tokens: self.audio_input_tokens,
            audio_output_tokens: self.audio_output_tokens,
            searches: self.searches,
            images: self.images,
            seconds: self.seconds,
            characters: self.characters,
            basis: Basis::Measured,
        }
    }
}

impl Charge<'_> {
    /// What providers are owed.
    pub(super) fn owed(&self) -> Amount {
        let providers = self.entries.iter().filter(|entry| entry.party.starts_with("provider:"));
        providers.map(|entry| entry.amount).sum()
    }

    /// M1, and that its parts belong together.
    pub(super) fn check(&self) -> Vec<Broken> {
        let broken = |id, what: String| Broken { id, what };
        let entries: Vec<_> =
            self.entries.iter().map(|entry| (self.currency, entry.amount)).collect();
        let account = self.entries.iter().filter(|entry| entry.party == "account");
        let paid: Amount = account.map(|entry| -entry.amount).sum();
        let mut found = Vec::new();
        found.extend(invariant::m1(&entries).err());
        if paid != self.actual {
            let what = format!("{} charged, the account's entry says {paid}", self.actual);
            found.push(broken("M1", what));
        }
        if self.actual > self.reserved {
            let what = format!("{} charged of {} held", self.actual, self.reserved);
            found.push(broken("M2", what));
        }
        found
    }
}
