//! What a receipt says, as far as it is judged here.

use anyhow::{Context, Result};
use serde_json::Value;
use weighbridge_core::money::Amount;

/// An exchange with a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) provider: String,
    pub(crate) outcome: String,
}

/// See the module's words.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) outcome: String,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) charged: Amount,
    /// All of it, for people.
    pub(crate) json: String,
}

impl Receipt {
    /// Reads one of the list.
    pub(crate) fn read(item: &Value) -> Result<Self> {
        Self::of(item).with_context(|| format!("not a receipt: {item}"))
    }

    fn of(item: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let attempt = |value: &Value| {
            Some(Attempt { provider: text(value, "provider")?, outcome: text(value, "outcome")? })
        };
        Some(Self {
            id: text(item, "id")?,
            outcome: text(item, "outcome")?,
            attempts: item
                .get("attempts")?
                .as_array()?
                .iter()
                .map(attempt)
                .collect::<Option<_>>()?,
            charged: match item.get("cost")?.get("actual")? {
                Value::Null => Amount::ZERO,
                actual => actual.as_str()?.parse().ok()?,
            },
            json: item.to_string(),
        })
    }

    /// The attempts, those in one that a provider was asked twice for: it had closed a connection that
    /// had been kept, which is no failure.
    pub(crate) fn exchanges(&self) -> Vec<(&str, &str)> {
        let pairs = self.attempts.windows(2);
        let anew = pairs
            .map(|pair| matches!(pair, [a, b] if a.provider == b.provider && a.outcome == "error"));
        let anew = anew.chain([false]);
        let kept = self.attempts.iter().zip(anew).filter(|(_, anew)| !anew);
        kept.map(|(it, _)| (it.provider.as_str(), it.outcome.as_str())).collect()
    }

    /// Whether a provider was asked twice.
    pub(crate) fn asked_anew(&self) -> bool {
        self.exchanges().len() < self.attempts.len()
    }

    /// Who answered, if anybody was asked.
    pub(crate) fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Whether it went wrong at one, and well at the next.
    pub(crate) fn failed_over(&self) -> bool {
        self.exchanges().len() > 1 && self.outcome == "ok"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_with_its_attempts() {
        let mut item = serde_json::json!({
            "id": "rcpt_1", "outcome": "ok", "cost": {"actual": "0.5"},
            "attempts": [{"provider": "desk", "outcome": "error", "status": null},
                         {"provider": "spare", "outcome": "ok", "status": 200}]});
        let receipt = Receipt::read(&item).unwrap();
        assert!(receipt.failed_over());
        assert_eq!(receipt.last().unwrap().provider, "spare");
        assert_eq!(receipt.charged.to_string(), "0.5");
        item["attempts"][0]["provider"] = "spare".into();
        let anew = Receipt::read(&item).unwrap();
        assert!(anew.asked_anew() && !anew.failed_over());
        assert_eq!(anew.exchanges(), [("spare", "ok")]);
        item["attempts"][0]["provider"] = Value::Null;
        assert!(Receipt::read(&item).is_err());
    }
}
