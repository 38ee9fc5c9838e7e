//! How the answer is made: `generationConfig`.

use super::{fields::Fields, schema::json_schema, thinking};
use crate::canon::{Format, Json, Losses, Request, Text};
use crate::json::object::{Misfit, is_text, text};
use crate::json::writer::Members;

/// Where it stands, for the loss report.
const PATH: &str = "generationConfig.";

/// Reads `generationConfig` into `request`.
pub(super) fn read_config<'a>(
    mut config: Fields<'a>,
    request: &mut Request<'a>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    let sampling = &mut request.sampling;
    sampling.temperature = config.number("temperature")?;
    sampling.top_p = config.number("topP")?;
    sampling.top_k = config.whole("topK")?;
    sampling.seed = config.number("seed")?;
    sampling.presence_penalty = config.number("presencePenalty")?;
    sampling.frequency_penalty = config.number("frequencyPenalty")?;
    request.max_output = config.whole("maxOutputTokens")?;
    request.n = config.whole("candidateCount")?.unwrap_or(1).max(1);
    for (at, stop) in config.list("stopSequences")?.unwrap_or_default().into_iter().enumerate() {
        request.stop.push(text(stop).map_err(|it| it.within(at).at("stopSequences"))?);
    }
    request.format = read_format(&mut config, losses)?;
    let others = config.whole("logprobs")?;
    request.logprobs = match config.flag("responseLogprobs")? {
        Some(true) => Some(others.unwrap_or(0)),
        _ => None,
    };
    if let Some(thinking) = config.object("thinkingConfig")? {
        let read = thinking::read_thinking(thinking, request, losses);
        read.map_err(|misfit| misfit.at("thinkingConfig"))?;
    }
    for modality in config.list("responseModalities")?.unwrap_or_default() {
        if !is_text(modality) || !text(modality)?.eq_ignore_ascii_case("text") {
            losses.refused(format!("{PATH}responseModalities"), "only texts are answered here");
        }
    }
    config.note_rest(PATH, losses);
    Ok(())
}

fn read_format<'a>(config: &mut Fields<'a>, losses: &mut Losses) -> Result<Format<'a>, Misfit> {
    let mime = config.text("responseMimeType")?;
    let json = config.take("responseJsonSchema")?;
    let schema = match (json, config.take("responseSchema")?) {
        (Some(json), _) => Some(Json::of(json)),
        (None, Some(own)) => Some(json_schema(own, losses).map_err(|it| it.at("responseSchema"))?),
        (None, None) => None,
    };
    let is_json = mime.as_deref() == Some("application/json");
    if !is_json && mime.as_deref().is_some_and(|mime| mime != "text/plain") {
        losses.refused(format!("{PATH}responseMimeType"), "is no form of answer elsewhere");
    }
    Ok(match schema {
        Some(schema) => Format::Schema { name: None, description: None, schema, strict: None },
        None if is_json => Format::Json,
        None => Format::Text,
    })
}

/// Writes what belongs into `generationConfig`, for the provider's `model`.
pub(super) fn write_config(
    config: &mut Members<'_>,
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) {
    let sampling = &request.sampling;
    for (name, number) in [
        ("temperature", sampling.temperature),
        ("topP", sampling.top_p),
        ("seed", sampling.seed),
        ("presencePenalty", sampling.presence_penalty),
        ("frequencyPenalty", sampling.frequency_penalty),
    ] {
        if let Some(number) = number {
            config.raw(name, number);
        }
    }
    if let Some(top_k) = sampling.top_k {
        config.whole("topK", top_k);
    }
    if sampling.logit_bias.is_some() {
        losses.dropped("logit_bias", "single tokens cannot be favoured there");
    }
    if let Some(most) = request.max_output {
        config.whole("maxOutputTokens", most);
    }
    if request.n != 1 {
        config.whole("candidateCount", request.n);
    }
    if !request.stop.is_empty() {
        config.list("stopSequences", |stops| request.stop.iter().for_each(|it| stops.text(it)));
    }
    if let Some(others) = request.logprobs {
        config.flag("responseLogprobs", true);
        if others > 0 {
            config.whole("logprobs", others);
        }
    }
    write_format(config, &request.format, losses);
    thinking::write_thinking(config, request, model, losses);
}

/// Answers are always held to a schema there, so one that is strict needs no word for it.
fn write_format(config: &mut Members<'_>, format: &Format<'_>, losses: &mut Losses) {
    if *format == Format::Text {
        return;
    }
    config.text("responseMimeType", "application/json");
    let Format::Schema { name, description, schema, .. } = format else { return };
    config.raw("responseJsonSchema", schema.as_str());
    let mut note = |field: &'static str, text: &Option<Text<'_>>| {
        if text.is_some() {
            losses.dropped(field, "the form of an answer has no place for it there");
        }
    };
    note("response_format.name", name);
    note("response_format.description", description);
}
