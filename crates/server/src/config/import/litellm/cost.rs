//! What a deployment of LiteLLM's costs, as a price of ours: per million tokens instead of per
//! token, to the last digit.

use weighbridge_core::directory::Service;
use weighbridge_core::money::Amount;
use weighbridge_core::price::Meter;

use super::super::decimal::Decimal;
use super::super::node::{Field, Map};
use super::super::plan::{Price, Rates};
use super::super::report::{Report, shown};

/// Costs of tokens, with the meters that count them.
const TOKENS: [(&str, Meter); 8] = [
    ("input_cost_per_token", Meter::Input),
    ("output_cost_per_token", Meter::Output),
    ("cache_read_input_token_cost", Meter::CacheRead),
    ("cache_creation_input_token_cost", Meter::CacheWrite5m),
    ("cache_creation_input_token_cost_above_1hr", Meter::CacheWrite1h),
    ("output_cost_per_reasoning_token", Meter::Reasoning),
    ("input_cost_per_audio_token", Meter::AudioInput),
    ("output_cost_per_audio_token", Meter::AudioOutput),
];

/// Costs of other things, which mean the same here for one service only.
const PIECES: [(&str, Service, Meter); 4] = [
    ("output_cost_per_image", Service::TextToImage, Meter::Image),
    ("input_cost_per_second", Service::SpeechToText, Meter::Second),
    ("input_cost_per_character", Service::TextToSpeech, Meter::Character),
    ("input_cost_per_query", Service::Rerank, Meter::Request),
];

/// Lengths of prompts beyond which LiteLLM knows other costs, in thousands of tokens.
const ABOVE: [u64; 6] = [100, 128, 200, 256, 272, 512];

/// What has to have a rate before a tier may change it.
const BASE: [Meter; 2] = [Meter::Input, Meter::Output];

/// Ten to the power of this many is a million.
const MILLION: i32 = 6;

/// Reads the price, if there is one that says what the whole call costs.
pub(super) fn read<'a>(
    model: &str,
    service: Service,
    params: &Map<'a>,
    info: Option<&Map<'a>>,
    report: &mut Report,
) -> Option<Price> {
    let costs = Costs { params, info };
    let mut rates = Rates::new();
    for (name, meter) in TOKENS {
        costs.read(name, meter, MILLION, &mut rates, report);
    }
    for (name, _, meter) in PIECES.into_iter().filter(|(_, of, _)| *of == service) {
        costs.read(name, meter, 0, &mut rates, report);
    }
    let mut tiers = Vec::new();
    for thousands in ABOVE {
        let mut tier = Rates::new();
        for (name, meter) in TOKENS {
            let name = format!("{name}_above_{thousands}k_tokens");
            costs.read(&name, meter, MILLION, &mut tier, report);
        }
        // A tier changes what there is.
        let open = |meter: Meter| rates.iter().all(|(own, _)| *own != meter);
        if tier.iter().any(|(meter, _)| BASE.contains(meter) && open(*meter)) {
            let what = "a cost of long prompts where there is none of short ones";
            let instead = "write the whole price as a `[[prices]]`";
            report.lose(&params.path, params.line, what, instead);
        } else if !tier.is_empty() {
            tiers.push((thousands * 1_000, tier));
        }
    }
    let limit = costs.field("max_output_tokens", report);
    if rates.is_empty() && tiers.is_empty() {
        if let Some(limit) = limit {
            let what = "the longest answer of a model that has no price here";
            let instead = "it is `output_limit` of a `[[prices]]`; add one with its rates";
            report.lose(&limit.path, limit.line, what, instead);
        }
        return None;
    }
    if !complete(&mut rates, service) {
        let at = costs.first(report)?;
        let what = format!("a cost of `{}` that leaves a part of its calls open", shown(model));
        let instead = "write a `[[prices]]` with `input` and `output`; \"0\" is an explicit free";
        report.lose(&at.path, at.line, what, instead);
        return None;
    }
    let output_limit = limit.and_then(|limit| limit.count()).filter(|limit| *limit > 0);
    Some(Price { model: model.to_owned(), provider: None, rates, tiers, output_limit })
}

/// A price has to say what prompt and answer cost, or what a call does. What is not made of tokens
/// in LiteLLM's file costs nothing beside, and what has no answer in tokens none for it.
fn complete(rates: &mut Rates, service: Service) -> bool {
    let has = |rates: &Rates, meter| rates.iter().any(|(own, _)| *own == meter);
    let (input, output) = (has(rates, Meter::Input), has(rates, Meter::Output));
    match (input, output) {
        (true, true) => true,
        (true, false) if matches!(service, Service::Embed | Service::Rerank) => {
            let at = rates.iter().position(|(own, _)| *own == Meter::Input).unwrap_or_default();
            rates.insert(at + 1, (Meter::Output, Amount::ZERO));
            true
        }
        (true, false) | (false, true) => false,
        (false, false) => {
            let pieces = [Meter::Image, Meter::Second, Meter::Character];
            if !has(rates, Meter::Request) && pieces.into_iter().any(|it| has(rates, it)) {
                rates.insert(0, (Meter::Request, Amount::ZERO));
            }
            has(rates, Meter::Request)
        }
    }
}

/// Costs stand in the parameters, in the information, or in both.
struct Costs<'m, 'a> {
    params: &'m Map<'a>,
    info: Option<&'m Map<'a>>,
}

impl<'a> Costs<'_, 'a> {
    /// What stands at `name`: that of the parameters counts.
    fn field(&self, name: &str, report: &mut Report) -> Option<Field<'a>> {
        let own = self.params.take(name);
        let other = self.info.and_then(|info| info.take(name));
        if let (Some(own), Some(other)) = (&own, &other)
            && own.text() != other.text()
        {
            let what = "another figure than in `litellm_params`, which counts";
            report.lose(&other.path, other.line, what, "look whether the price is right");
        }
        own.or(other)
    }

    fn read(&self, name: &str, meter: Meter, power: i32, rates: &mut Rates, report: &mut Report) {
        let Some(field) = self.field(name, report) else { return };
        match field.text().and_then(Decimal::read).and_then(|cost| cost.amount(power)) {
            Some(amount) => rates.push((meter, amount)),
            None => {
                let what = "a cost that is no number, or finer than a billionth of a dollar";
                let instead = "write it into `[[prices]]` by hand, rounded as you see fit";
                report.lose(&field.path, field.line, what, instead);
            }
        }
    }

    /// Where the first of them stands.
    fn first(&self, report: &mut Report) -> Option<Field<'a>> {
        let names = TOKENS.into_iter().map(|(name, _)| name);
        let names = names.chain(PIECES.into_iter().map(|(name, ..)| name));
        names.into_iter().find_map(|name| self.field(name, report))
    }
}
