//! Levels: what an account may do, as the operator's file says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use weighbridge_proof::Digest;

use crate::money::{Amount, Currency, Money};
use crate::routing::Policy;
use crate::window::Pace;

/// The level that accounts have when nobody says otherwise.
pub const DEFAULT: &str = "default";

/// What is held against a budget while a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reserve {
    /// What the call will probably cost; more is held as the reply grows.
    #[default]
    Expected,
    /// The most that it can cost. What has no ceiling is refused.
    Ceiling,
}

impl Reserve {
    /// The word in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Ceiling => "ceiling",
        }
    }
}

/// How an account's calls follow upon each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// They go out in the order in which they came, and run beside each other.
    #[default]
    Arrival,
    /// One begins when the one before it is over.
    Strict,
}

impl Order {
    /// The word in configurations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Strict => "strict",
        }
    }
}

/// One level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// Calls.
    pub sync: Pace,
    /// Reads of the native API.
    pub view: Pace,
    /// What is held while a call runs.
    pub reserve: Reserve,
    /// How its calls follow upon each other.
    pub order: Order,
    /// How far one call may pass what was held for it, at the platform's own expense. Nothing
    /// said means [`OVERRUN_CAP`] of whatever currency the call is priced in.
    pub overrun_cap: Option<Money>,
    /// Where its calls run, where it has a word in that.
    pub policy: Option<Policy>,
    /// Its calls run in these regions only, if any are named.
    pub regions: Vec<String>,
}

/// The overrun that one call may have where its level does not say: half a unit.
pub const OVERRUN_CAP: Amount = Amount::from_nanos(500_000_000);

impl Level {
    /// A level of this name with nothing said about it.
    pub fn named(name: &str) -> Self {
        let pace = Pace { requests: 600, window: std::time::Duration::from_secs(60) };
        Self {
            name: name.to_owned(),
            sync: pace,
            view: pace,
            reserve: Reserve::default(),
            order: Order::default(),
            overrun_cap: None,
            policy: None,
            regions: Vec::new(),
        }
    }

    /// Whether its calls may run in this region. A provider that names none is in none.
    pub fn allows(&self, region: Option<&str>) -> bool {
        crate::routing::allows(&self.regions, region)
    }

    /// How far a call priced in `currency` may pass what was held for it.
    pub fn overrun_cap_in(&self, currency: Currency) -> Amount {
        match self.overrun_cap {
            None => OVERRUN_CAP,
            Some(cap) if cap.currency == currency => cap.amount,
            Some(_) => Amount::ZERO,
        }
    }
}

/// Every level, and the digest that receipts cite.
#[derive(Debug, Clone)]
pub struct LevelTable {
    levels: BTreeMap<String, Arc<Level>>,
    default: Arc<Level>,
    json: String,
    digest: Digest,
}

impl LevelTable {
    /// A table of these levels. There is always one called `default`.
    pub fn new(levels: Vec<Level>) -> Self {
        let mut by_name: BTreeMap<String, Arc<Level>> =
            levels.into_iter().map(|level| (level.name.clone(), Arc::new(level))).collect();
        let default = by_name.entry(DEFAULT.to_owned());
        let default = default.or_insert_with(|| Arc::new(Level::named(DEFAULT))).clone();
        let shown: BTreeMap<&str, serde_json::Value> =
            by_name.iter().map(|(name, level)| (name.as_str(), describe(level))).collect();
        let json = json!(shown).to_string();
        let digest = Digest::of(json.as_bytes());
        Self { levels: by_name, default, json, digest }
    }

    /// The level of this name, or the default one where there is none of that name.
    pub fn of(&self, name: &str) -> &Arc<Level> {
        self.levels.get(name).unwrap_or(&self.default)
    }

    /// The level of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Level>> {
        self.levels.get(name)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.levels.keys().map(String::as_str)
    }

    /// The table as canonical JSON, of which [`Self::digest`] is the SHA-256.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What receipts cite.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn describe(level: &Level) -> serde_json::Value {
    let pace = |pace: Pace| {
        let micros = u64::try_from(pace.window.as_micros()).unwrap_or(u64::MAX);
        json!({ "requests": pace.requests, "window_us": micros })
    };
    let mut shown = json!({
        "sync": pace(level.sync),
        "view": pace(level.view),
        "order": level.order.as_str(),
        "reserve": level.reserve.as_str(),
    });
    if let Some(cap) = level.overrun_cap {
        shown["overrun_cap"] = json!(cap.to_string());
    }
    if let Some(policy) = level.policy {
        shown["hybrid_policy"] = json!(policy.as_str());
    }
    if !level.regions.is_empty() {
        shown["regions"] = json!(level.regions);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_a_default_level_and_a_digest_of_canonical_json() {
        let table = LevelTable::new(vec![Level::named("gold")]);
        assert_eq!(table.names().collect::<Vec<_>>(), ["default", "gold"]);
        assert!(weighbridge_proof::canonical::is_canonical(table.json().as_bytes()));
        assert_ne!(table.digest(), LevelTable::new(Vec::new()).digest());
    }

    #[test]
    fn a_cap_in_another_currency_allows_no_overrun() {
        let level = Level { overrun_cap: "0.2 USD".parse().ok(), ..Level::named("x") };
        let cap = |currency: &str| level.overrun_cap_in(currency.parse().unwrap());
        assert_eq!(cap("USD"), "0.2".parse().unwrap());
        assert_eq!(cap("CNY"), Amount::ZERO);
        assert_eq!(Level::named("x").overrun_cap_in("CNY".parse().unwrap()), OVERRUN_CAP);
    }
}
