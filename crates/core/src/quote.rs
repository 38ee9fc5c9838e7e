//! Quotes: what a call will cost, for its caller to accept or not.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_proof::{Digest, Timestamp};

use crate::estimate::{Estimate, Prompt};
use crate::id::EstimateId;
use crate::money::Amount;

/// A quote for one call, of which the very bytes are known. It is good for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What it is accepted by.
    pub id: EstimateId,
    /// The hash of the request that it is for.
    pub input: Digest,
    /// The model that was asked for.
    pub model: String,
    /// What was asked of it, and in which dialect: the same bytes may mean another thing in another.
    pub form: String,
    /// What the call will cost.
    pub estimate: Estimate,
    /// What will be held while it runs.
    pub reserved: Amount,
    /// Until when it may be accepted.
    pub expires_at: Timestamp,
}

impl Quote {
    /// As callers see it.
    pub fn show(&self) -> Value {
        let Estimate { currency, expected, ceiling, prompt, output_expected, output_limit } =
            self.estimate;
        json!({
            "id": self.id,
            "input_sha256": self.input,
            "model": self.model,
            "expected": expected,
            "reserved": self.reserved,
            "ceiling": ceiling,
            "currency": currency,
            "basis": prompt.as_str(),
            "input_tokens": prompt.tokens(),
            "output_tokens": output_expected,
            "output_limit": output_limit,
            "expires_at": self.expires_at,
        })
    }

    /// The prompt, as it was counted for the quote.
    pub const fn prompt(&self) -> Prompt {
        self.estimate.prompt
    }
}

/// The quotes of one account that may still be accepted.
#[derive(Debug, Default)]
pub struct Quotes {
    open: HashMap<EstimateId, Quote>,
}

/// A quote cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Nobody made it, or it was accepted before, or it expired long ago.
    #[error("this estimate is not known, was used already, or has expired; ask for a new one")]
    Unknown,
    /// It expired.
    #[error("this estimate has expired; ask for a new one")]
    Expired,
    /// It is for another request.
    #[error(
        "this estimate is for another call than was made; send the very request that it was made for, \
         to the same path"
    )]
    OtherInput,
    /// Its currency is not the one that the call would be charged in now.
    #[error("this estimate is in another currency than the call would be now; ask for a new one")]
    OtherCurrency,
}

/// As many quotes are open as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Until the oldest expires.
    pub retry: Duration,
}

impl Quotes {
    /// Keeps a quote, unless `limit` are open at `now`.
    ///
    /// # Errors
    /// [`TooMany`], with the time until there is room.
    pub fn keep(&mut self, quote: Quote, limit: usize, now: Timestamp) -> Result<(), TooMany> {
        self.open.retain(|_, quote| quote.expires_at > now);
        if self.open.len() >= limit {
            let first = self.open.values().map(|quote| quote.expires_at).min().unwrap_or(now);
            let micros = (first.micros() - now.micros()).unsigned_abs();
            return Err(TooMany { retry: Duration::from_micros(micros) });
        }
        self.open.insert(quote.id, quote);
        Ok(())
    }

    /// Accepts a quote for the request with this hash, to this model and in this form: neither has
    /// to be a part of the request's bytes. It cannot be accepted again.
    ///
    /// # Errors
    /// [`NotAccepted`]; a quote for other bytes stays open.
    pub fn accept(
        &mut self,
        id: EstimateId,
        (input, model, form): (Digest, &str, &str),
        now: Timestamp,
    ) -> Result<Quote, NotAccepted> {
        let quote = self.open.get(&id).ok_or(NotAccepted::Unknown)?;
        if quote.input != input || quote.model != model || quote.form != form {
            return Err(NotAccepted::OtherInput);
        }
        let quote = self.open.remove(&id).ok_or(NotAccepted::Unknown)?;
        if quote.expires_at <= now { Err(NotAccepted::Expired) } else { Ok(quote) }
    }

    /// Puts back a quote whose call was refused before anything was dispatched.
    pub fn put_back(&mut self, quote: Quote) {
        self.open.insert(quote.id, quote);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(number: u8, expires: i64) -> Quote {
        Quote {
            id: EstimateId::from_bytes([number; 16]),
            input: Digest::of(&[number]),
            model: "m".to_owned(),
            form: "openai chat".to_owned(),
            estimate: Estimate {
                currency: "USD".parse().unwrap(),
                expected: "0.01".parse().unwrap(),
                ceiling: None,
                prompt: Prompt::Counted(7),
                output_expected: 256,
                output_limit: None,
            },
            reserved: "0.02".parse().unwrap(),
            expires_at: Timestamp::from_micros(expires),
        }
    }

    fn accept(quotes: &mut Quotes, id: u8, input: u8, now: i64) -> Result<Quote, NotAccepted> {
        let id = EstimateId::from_bytes([id; 16]);
        quotes.accept(id, (Digest::of(&[input]), "m", "openai chat"), Timestamp::from_micros(now))
    }

    #[test]
    fn a_quote_is_accepted_once_in_time_and_for_its_own_bytes() {
        let mut quotes = Quotes::default();
        let now = Timestamp::from_micros(0);
        quotes.keep(quote(1, 100), 9, now).unwrap();
        assert_eq!(accept(&mut quotes, 1, 2, 5), Err(NotAccepted::OtherInput));
        let elsewhere = (Digest::of(&[1]), "m", "openai responses");
        let refused = quotes.accept(EstimateId::from_bytes([1; 16]), elsewhere, now);
        assert_eq!(refused, Err(NotAccepted::OtherInput), "the same bytes in another dialect");
        assert_eq!(accept(&mut quotes, 1, 1, 99), Ok(quote(1, 100)));
        assert_eq!(accept(&mut quotes, 1, 1, 99), Err(NotAccepted::Unknown));
        quotes.keep(quote(2, 100), 9, now).unwrap();
        assert_eq!(accept(&mut quotes, 2, 2, 100), Err(NotAccepted::Expired));
    }

    #[test]
    fn open_quotes_are_bounded_and_expired_ones_make_room() {
        let mut quotes = Quotes::default();
        let at = Timestamp::from_micros;
        quotes.keep(quote(1, 50), 2, at(0)).unwrap();
        quotes.keep(quote(2, 90), 2, at(0)).unwrap();
        let full = quotes.keep(quote(3, 100), 2, at(10)).unwrap_err();
        assert_eq!(full.retry, Duration::from_micros(40));
        quotes.keep(quote(3, 100), 2, at(50)).unwrap();
        assert_eq!(accept(&mut quotes, 1, 1, 51), Err(NotAccepted::Unknown));
    }
}
