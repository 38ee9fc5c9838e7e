//! `[[prices]]`.

use weighbridge_core::money::Amount;
use weighbridge_core::price::{Meter, Price, PriceTable, Rates, Tier};

use super::offer::Offer;
use super::reader::Table;

const KNOWN: [&str; 5] = ["model", "provider", "currency", "output_limit", "tiers"];

/// The most tokens that any limit may say.
const TOKENS: usize = 1 << 40;

pub(super) fn read(root: &Table<'_>, offer: &Offer<'_>, notes: &mut Vec<String>) -> PriceTable {
    let mut prices: Vec<Price> = Vec::new();
    for table in root.tables("prices") {
        let Some(price) = read_price(&table, offer, notes) else { continue };
        let same = |other: &&Price| other.model == price.model && other.provider == price.provider;
        if prices.iter().any(|other| same(&other)) {
            let words = format!("`{}` has a price already", price.model);
            table.complain("model", words);
        }
        prices.push(price);
    }
    PriceTable::new(prices)
}

fn read_price(table: &Table<'_>, offer: &Offer<'_>, notes: &mut Vec<String>) -> Option<Price> {
    let known: Vec<&str> =
        KNOWN.into_iter().chain(Meter::ALL.map(|meter| meter.as_str())).collect();
    table.only(&known, &[]);
    let model = table.needed("model");
    let currency = table.needed("currency").and_then(|text| {
        table.parsed("currency", &text, "three capital letters such as USD, EUR or CNY")
    });
    let provider = table.text("provider");
    if let Some(name) = &provider
        && !offer.has_provider(name)
    {
        table.complain("provider", format!("there is no provider `{name}`"));
    }
    let rates = read_rates(table);
    check_whole(table, &rates);
    let tiers = read_tiers(table, &rates);
    let price = Price {
        model: model?,
        provider,
        currency: currency?,
        rates,
        tiers,
        output_limit: table.count("output_limit", TOKENS).map(|limit| limit as u64),
    };
    if !offer.serves(price.provider.as_deref(), &price.model) {
        notes.push(format!("the price of `{}` is for a model that nobody serves", price.model));
    }
    Some(price)
}

/// What is priced in part would be free in the other part, and nobody would have said so.
fn check_whole(table: &Table<'_>, rates: &Rates) {
    let has = |meter| rates.own(meter).is_some();
    if rates.is_empty() {
        let words =
            "has no rate; give it at least `input` and `output` (\"0\" is an explicit free)";
        table.complain("model", words.to_owned());
    } else if has(Meter::Input) != has(Meter::Output) {
        let (given, missing) =
            if has(Meter::Input) { ("input", "output") } else { ("output", "input") };
        let words = format!("is needed beside `{given}` (\"0\" is an explicit free)");
        table.complain(missing, words);
    } else if !has(Meter::Input) && !has(Meter::Request) {
        let words = "are needed, or `per_request` (\"0\" is an explicit free)";
        table.complain("input", format!("and `output` {words}"));
    }
}

fn read_rates(table: &Table<'_>) -> Rates {
    let mut rates = Rates::default();
    for meter in Meter::ALL {
        let name = meter.as_str();
        let Some(text) = table.text(name) else { continue };
        let wanted = "a decimal number such as \"0.20\", with at most 9 digits after the point";
        let Some(rate) = table.parsed::<Amount>(name, &text, wanted) else { continue };
        if rate.is_negative() {
            table.complain(name, "should not be less than nothing".to_owned());
        }
        rates.set(meter, rate);
    }
    rates
}

fn read_tiers(table: &Table<'_>, base: &Rates) -> Vec<Tier> {
    let known: Vec<&str> =
        ["above"].into_iter().chain(Meter::ALL.map(|meter| meter.as_str())).collect();
    let mut tiers: Vec<Tier> = Vec::new();
    for tier in table.tables("tiers") {
        tier.only(&known, &[]);
        let Some(above) = tier.count("above", TOKENS) else {
            tier.complain(
                "above",
                "is needed: the tokens of prompt beyond which it counts".to_owned(),
            );
            continue;
        };
        let (above, rates) = (above as u64, read_rates(&tier));
        if rates.is_empty() {
            tier.complain("above", "has no rate beside it".to_owned());
        }
        for meter in [Meter::Input, Meter::Output] {
            if rates.own(meter).is_some() && base.own(meter).is_none() {
                let words = "has to be in the price itself before it can be in a tier";
                tier.complain(meter.as_str(), words.to_owned());
            }
        }
        if tiers.last().is_some_and(|last| last.above >= above) {
            tier.complain("above", "should be more than in the tier before".to_owned());
        }
        tiers.push(Tier { above, rates });
    }
    tiers
}
