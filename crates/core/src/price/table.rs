//! The price table in force.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use weighbridge_proof::Digest;

use crate::price::{Meter, Price, Rates, Tier};

/// Every price of the operator's file, found by provider and model.
#[derive(Debug, Clone, Default)]
pub struct PriceTable {
    /// By model: the prices for one provider, then the one for all.
    by_model: HashMap<String, Vec<Arc<Price>>>,
    json: String,
    digest: Option<Digest>,
}

/// A price, and the table it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The price.
    pub price: Arc<Price>,
    /// The digest of its table.
    pub table: Digest,
}

impl PriceTable {
    /// A table of these prices.
    pub fn new(prices: Vec<Price>) -> Self {
        if prices.is_empty() {
            return Self::default();
        }
        let json = Value::Array(prices.iter().map(describe).collect()).to_string();
        let mut by_model: HashMap<String, Vec<Arc<Price>>> = HashMap::new();
        for price in prices {
            by_model.entry(price.model.clone()).or_default().push(Arc::new(price));
        }
        for prices in by_model.values_mut() {
            prices.sort_by_key(|price| price.provider.is_none());
        }
        Self { by_model, digest: Some(Digest::of(json.as_bytes())), json }
    }

    /// Reads a table back from the canonical JSON it was kept as.
    ///
    /// # Errors
    /// [`NotAPriceTable`] for anything that [`Self::json`] cannot have written.
    pub fn parse(json: &str) -> Result<Self, NotAPriceTable> {
        let prices: Vec<Map<String, Value>> =
            serde_json::from_str(json).map_err(|_| NotAPriceTable)?;
        let prices: Option<Vec<Price>> = prices.iter().map(read).collect();
        let table = Self::new(prices.ok_or(NotAPriceTable)?);
        if table.json == json { Ok(table) } else { Err(NotAPriceTable) }
    }

    /// The price of a provider's model.
    pub fn find(&self, provider: &str, model: &str) -> Option<Priced> {
        let price = self
            .by_model
            .get(model)?
            .iter()
            .find(|price| price.provider.as_deref().is_none_or(|only| only == provider))?;
        Some(Priced { price: Arc::clone(price), table: self.digest? })
    }

    /// The table as canonical JSON, of which [`Self::digest`] is the SHA-256.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What receipts cite; nothing where there are no prices.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }
}

/// The text is no table of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no table of prices")]
pub struct NotAPriceTable;

fn read(price: &Map<String, Value>) -> Option<Price> {
    let text = |name: &str| price.get(name).and_then(Value::as_str);
    let tiers = price.get("tiers").and_then(Value::as_array).into_iter().flatten();
    let tiers = tiers.map(|tier| {
        let tier = tier.as_object()?;
        Some(Tier { above: tier.get("above")?.as_u64()?, rates: read_rates(tier)? })
    });
    Some(Price {
        model: text("model")?.to_owned(),
        provider: text("provider").map(str::to_owned),
        currency: text("currency")?.parse().ok()?,
        rates: read_rates(price)?,
        tiers: tiers.collect::<Option<_>>()?,
        output_limit: match price.get("output_limit") {
            None => None,
            Some(limit) => Some(limit.as_u64()?),
        },
    })
}

fn read_rates(of: &Map<String, Value>) -> Option<Rates> {
    let mut rates = Rates::default();
    for meter in Meter::ALL {
        if let Some(rate) = of.get(meter.as_str()) {
            rates.set(meter, rate.as_str()?.parse().ok()?);
        }
    }
    Some(rates)
}

fn describe(price: &Price) -> Value {
    let mut shown = describe_rates(&price.rates);
    shown.insert("model".to_owned(), json!(price.model));
    shown.insert("currency".to_owned(), json!(price.currency));
    if let Some(provider) = &price.provider {
        shown.insert("provider".to_owned(), json!(provider));
    }
    if let Some(limit) = price.output_limit {
        shown.insert("output_limit".to_owned(), json!(limit));
    }
    if !price.tiers.is_empty() {
        let tiers = price.tiers.iter().map(|tier| {
            let mut shown = describe_rates(&tier.rates);
            shown.insert("above".to_owned(), json!(tier.above));
            Value::Object(shown)
        });
        shown.insert("tiers".to_owned(), tiers.collect());
    }
    Value::Object(shown)
}

fn describe_rates(rates: &Rates) -> Map<String, Value> {
    let rates = Meter::ALL
        .into_iter()
        .filter_map(|meter| Some((meter.as_str().to_owned(), json!(rates.own(meter)?))));
    rates.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Amount;

    fn price(model: &str, provider: Option<&str>, input: &str) -> Price {
        let mut rates = Rates::default();
        rates.set(Meter::Input, input.parse().unwrap());
        rates.set(Meter::Output, Amount::ZERO);
        Price {
            model: model.to_owned(),
            provider: provider.map(str::to_owned),
            currency: "USD".parse().unwrap(),
            rates,
            tiers: Vec::new(),
            output_limit: None,
        }
    }

    #[test]
    fn a_providers_own_price_comes_before_the_one_for_all() {
        let table = PriceTable::new(vec![price("m", None, "1"), price("m", Some("a"), "2")]);
        let input = |provider, model| {
            table.find(provider, model).and_then(|found| found.price.rates.own(Meter::Input))
        };
        assert_eq!(input("a", "m"), "2".parse().ok());
        assert_eq!(input("b", "m"), "1".parse().ok());
        assert_eq!(input("a", "n"), None);
        let only = PriceTable::new(vec![price("m", Some("a"), "2")]);
        assert!(only.find("b", "m").is_none());
    }

    #[test]
    fn a_kept_table_reads_back_as_it_was() {
        let mut tiered = price("n", Some("a"), "0.25");
        let mut rates = Rates::default();
        rates.set(Meter::CacheRead, "0.000000001".parse().unwrap());
        tiered.tiers.push(Tier { above: 200_000, rates });
        tiered.output_limit = Some(8_192);
        let table = PriceTable::new(vec![price("m", None, "1"), tiered.clone()]);
        let read = PriceTable::parse(table.json()).unwrap();
        assert_eq!(read.digest(), table.digest());
        assert_eq!(*read.find("a", "n").unwrap().price, tiered);
        for wrong in ["", "{}", "[{}]", "[ ]", r#"[{"model":"m","currency":"USD","input":0.2}]"#] {
            assert_eq!(PriceTable::parse(wrong).unwrap_err(), NotAPriceTable, "{wrong}");
        }
    }

    #[test]
    fn the_digest_is_of_canonical_json() {
        let table = PriceTable::new(vec![price("m", Some("a"), "0.20")]);
        assert!(weighbridge_proof::canonical::is_canonical(table.json().as_bytes()));
        assert_eq!(
            table.json(),
            r#"[{"currency":"USD","input":"0.2","model":"m","output":"0","provider":"a"}]"#
        );
        assert_eq!(table.digest(), Some(Digest::of(table.json().as_bytes())));
        assert_eq!(PriceTable::default().digest(), None);
    }
}
