//! The knobs, which stand together under `options`.

use crate::canon::{Losses, Request, Sampling, Text};
use crate::json::{Misfit, Object, object, writer};

/// What `options` say, as far as other flavors can say it too.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) max_output: Option<u64>,
    pub(super) sampling: Sampling<'a>,
    pub(super) stop: Vec<Text<'a>>,
}

impl<'a> Options<'a> {
    /// Takes the options out of a request.
    pub(super) fn read(request: &mut Object<'a>, losses: &mut Losses) -> Result<Self, Misfit> {
        let Some(mut members) = request.object("options")? else { return Ok(Self::default()) };
        let options = Self::of(&mut members, losses).map_err(|misfit| misfit.at("options"))?;
        for (name, _) in members.rest() {
            losses.dropped(format!("options.{name}"), "a knob of Ollama's own");
        }
        Ok(options)
    }

    fn of(members: &mut Object<'a>, losses: &mut Losses) -> Result<Self, Misfit> {
        // Below nothing is no limit, and minus one is how that is said.
        let limit = whole(members, "num_predict")?;
        if limit.is_some_and(|limit| limit < -1) {
            losses.dropped("options.num_predict", "no limit of the answer's own");
        }
        let top_k = whole(members, "top_k")?;
        if top_k.is_some_and(|top_k| top_k < 0) {
            losses.dropped("options.top_k", "all words, which is said by nothing elsewhere");
        }
        Ok(Self {
            max_output: limit.and_then(|limit| u64::try_from(limit).ok()),
            sampling: Sampling {
                temperature: members.number("temperature")?,
                top_p: members.number("top_p")?,
                top_k: top_k.and_then(|top_k| u64::try_from(top_k).ok()),
                // Minus one is chance, as is nothing.
                seed: members.number("seed")?.filter(|seed| *seed != "-1"),
                presence_penalty: members.number("presence_penalty")?,
                frequency_penalty: members.number("frequency_penalty")?,
                logit_bias: None,
            },
            stop: stop(members)?,
        })
    }
}

/// Takes a whole number out; clients whose numbers all have fractions send `40.0`.
fn whole(members: &mut Object<'_>, name: &str) -> Result<Option<i64>, Misfit> {
    let Some(digits) = members.number(name)? else { return Ok(None) };
    let before = match digits.split_once('.') {
        Some((before, zeros)) if zeros.bytes().all(|digit| digit == b'0') => before,
        _ => digits,
    };
    let read = before.parse().map_err(|_| Misfit::new("should be a whole number").at(name))?;
    Ok(Some(read))
}

fn stop<'a>(members: &mut Object<'a>) -> Result<Vec<Text<'a>>, Misfit> {
    let texts = members.list("stop")?.unwrap_or_default().into_iter().enumerate();
    let placed = |at: usize| move |misfit: Misfit| misfit.within(at).at("stop");
    texts.map(|(at, text)| object::text(text).map_err(placed(at))).collect()
}

/// Writes the options into a request, where there are any.
pub(super) fn write(request: &Request<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    let sampling = &request.sampling;
    if sampling.logit_bias.is_some() {
        losses.dropped("logit_bias", "there is no such knob there");
    }
    let numbers = [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("seed", sampling.seed),
        ("presence_penalty", sampling.presence_penalty),
        ("frequency_penalty", sampling.frequency_penalty),
    ];
    let numbers = numbers.into_iter().filter_map(|(name, digits)| Some((name, digits?)));
    let wholes = [("num_predict", request.max_output), ("top_k", sampling.top_k)];
    let wholes = wholes.into_iter().filter_map(|(name, number)| Some((name, number?)));
    if numbers.clone().count() + wholes.clone().count() + request.stop.len() == 0 {
        return;
    }
    root.object("options", |options| {
        wholes.for_each(|(name, number)| options.whole(name, number));
        numbers.for_each(|(name, digits)| options.raw(name, digits));
        if !request.stop.is_empty() {
            options.list("stop", |items| request.stop.iter().for_each(|text| items.text(text)));
        }
    });
}
