//! Costs that were worked out by hand, from `fixtures/prices/worked.json`.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{Meter, Pieces, Price, Quantities, Rates, Tier};
use crate::money::Amount;

fn examples() -> Vec<Value> {
    let file = format!("{}/../../fixtures/prices/worked.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(PathBuf::from(file)).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    table["examples"].as_array().unwrap().clone()
}

fn rates(of: &Map<String, Value>) -> Rates {
    let mut rates = Rates::default();
    for meter in Meter::ALL {
        if let Some(rate) = of.get(meter.as_str()) {
            rates.set(meter, rate.as_str().unwrap().parse().unwrap());
        }
    }
    rates
}

fn price(of: &Value) -> Price {
    let tiers = of["tiers"].as_array().into_iter().flatten().map(|tier| Tier {
        above: tier["above"].as_u64().unwrap(),
        rates: rates(tier.as_object().unwrap()),
    });
    Price {
        model: "m".to_owned(),
        provider: None,
        currency: of["currency"].as_str().unwrap().parse().unwrap(),
        rates: rates(of.as_object().unwrap()),
        tiers: tiers.collect(),
        output_limit: None,
    }
}

fn used(of: &Value) -> Quantities {
    let count = |name: &str| of.get(name).map_or(0, |count| count.as_u64().unwrap());
    Quantities {
        input: count("input"),
        output: count("output"),
        cache_read: count("cache_read"),
        cache_write_5m: count("cache_write_5m"),
        cache_write_1h: count("cache_write_1h"),
        reasoning: count("reasoning"),
        audio_input: count("audio_input"),
        audio_output: count("audio_output"),
        requests: count("requests"),
        images: count("images"),
        seconds: count("seconds"),
        characters: count("characters"),
        searches: count("searches"),
    }
}

#[test]
fn forty_costs_are_what_was_worked_out_by_hand() {
    let examples = examples();
    assert_eq!(examples.len(), 40);
    for example in &examples {
        let cost = price(&example["price"]).cost(&used(&example["used"]));
        let expected: Amount = example["cost"].as_str().unwrap().parse().unwrap();
        assert_eq!(cost, expected, "{}: {}", example["name"], example["how"]);
    }
}

#[test]
fn no_call_costs_more_than_the_ceiling_of_its_tokens() {
    for example in &examples() {
        let (price, used) = (price(&example["price"]), used(&example["used"]));
        // Pieces that are no part of a conversation have no ceiling here.
        let tokens = Quantities {
            requests: used.requests.min(1),
            images: 0,
            seconds: 0,
            characters: 0,
            searches: 0,
            ..used
        };
        let parts_in =
            used.cache_read + used.cache_write_5m + used.cache_write_1h + used.audio_input;
        let parts_out = used.reasoning + used.audio_output;
        if parts_in > used.input || parts_out > used.output {
            continue;
        }
        let ceiling = price.ceiling(used.input, used.output, Pieces::default());
        let cost = price.cost(&tokens);
        assert!(cost <= ceiling, "{}: {cost} > {ceiling}", example["name"]);
    }
}
