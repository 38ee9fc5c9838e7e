//! Reading a request.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    content::{self, ReadContent},
    conversation::Conversation,
    name_rest, tool_choice, tools,
};
use crate::{
    canon::{Effort, Format, Json, Losses, Request, Sampling, Text, Thinking, Turn},
    json::{Misfit, Object, object},
};

/// Reads a request.
///
/// # Errors
/// When it is no object with a model and messages, or a field is not what has to stand there.
pub fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut body = Object::parse(body)?;
    let model = body.needed_text("model")?;
    let said = read_messages(&mut body, content::of_message, losses)?;
    read_around(model, said, body, losses)
}

/// The pieces of system text that stand first, and the conversation after them.
pub(crate) type Said<'a> = (Vec<Text<'a>>, Vec<Turn<'a>>);

/// Takes the messages out of a request. `content` takes out what each of them says.
pub(crate) fn read_messages<'a>(
    body: &mut Object<'a>,
    content: ReadContent,
    losses: &mut Losses,
) -> Result<Said<'a>, Misfit> {
    let messages = body.list("messages")?;
    let messages = messages
        .ok_or_else(|| Misfit::new("is missing; a list has to stand here").at("messages"))?;
    let Conversation { system, turns, .. } = Conversation::read(&messages, content, losses)?;
    Ok((system, turns))
}

/// Reads all that stands around what is said in a request, and names what is not known.
pub(crate) fn read_around<'a>(
    model: Text<'a>,
    (system, turns): Said<'a>,
    mut body: Object<'a>,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut tools = tools::read(&mut body, losses)?;
    let tool_choice = tool_choice::read(&mut body, &mut tools, losses)?;
    let (thinking, show_thinking) = read_thinking(&mut body, losses)?;
    let stream = body.flag("stream")?.unwrap_or(false);
    let request = Request {
        model,
        system,
        turns,
        tools,
        tool_choice,
        parallel_tools: body.flag("parallel_tool_calls")?,
        max_output: read_limit(&mut body, losses)?,
        sampling: read_sampling(&mut body, losses)?,
        stop: read_stop(&mut body)?,
        format: read_format(&mut body, losses)?,
        thinking,
        show_thinking,
        n: read_count(&mut body)?,
        made: None,
        logprobs: read_logprobs(&mut body, stream, losses)?,
        stream,
        end_user: read_end_user(&mut body, losses)?,
        searches: body.take("web_search_options").is_some(),
    };
    if request.searches {
        losses.unread("web_search_options", "a tool of one provider's own");
    }
    name_others(&mut body, losses)?;
    Ok(request)
}

/// The greater of the two limits: servers differ in which they go by. Some take nothing for none.
pub(in crate::openai) fn read_limit(
    body: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<Option<u64>, Misfit> {
    let (limit, older) = (body.whole("max_completion_tokens")?, body.whole("max_tokens")?);
    if limit.is_some() && older.is_some() && limit != older {
        losses.approximated("max_tokens", "of two limits the greater one counts");
    }
    Ok(limit.max(older).filter(|tokens| *tokens > 0))
}

pub(in crate::openai) fn read_sampling<'a>(
    body: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Sampling<'a>, Misfit> {
    let logit_bias = body.take("logit_bias");
    if logit_bias.is_some_and(|bias| !bias.get().starts_with('{')) {
        return Err(Misfit::new("should be an object").at("logit_bias"));
    }
    // No word of OpenAI's, but of many servers. Some take a negative one for none.
    let top_k = body.number("top_k")?;
    let top_k_read = top_k.and_then(|top_k| top_k.parse().ok()).filter(|top_k| *top_k > 0);
    if top_k.is_some_and(|top_k| !top_k.starts_with(['-', '0'])) && top_k_read.is_none() {
        losses.dropped("top_k", "not a whole number");
    }
    Ok(Sampling {
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        top_k: top_k_read,
        seed: body.number("seed")?,
        presence_penalty: body.number("presence_penalty")?,
        frequency_penalty: body.number("frequency_penalty")?,
        logit_bias: logit_bias.map(Json::of),
    })
}

pub(in crate::openai) fn read_stop<'a>(body: &mut Object<'a>) -> Result<Vec<Text<'a>>, Misfit> {
    let Some(stop) = body.take("stop") else { return Ok(Vec::new()) };
    if object::is_text(stop) {
        return object::text(stop).map(|text| vec![text]).map_err(|misfit| misfit.at("stop"));
    }
    let wrong = |_| Misfit::new("should be a text or a list of texts").at("stop");
    let texts = object::list(stop).map_err(wrong)?.into_iter().enumerate();
    let text = |(at, text): (usize, &'a RawValue)| {
        object::text(text).map_err(|misfit| misfit.within(at).at("stop"))
    };
    texts.map(text).collect()
}

fn read_format<'a>(body: &mut Object<'a>, losses: &mut Losses) -> Result<Format<'a>, Misfit> {
    const FIELD: &str = "response_format";
    let Some(mut format) = body.object(FIELD)? else { return Ok(Format::Text) };
    let read = match format.needed_text("type").map_err(|misfit| misfit.at(FIELD))?.as_ref() {
        "text" => Format::Text,
        "json_object" => Format::Json,
        "json_schema" => read_schema(&mut format, losses).map_err(|misfit| misfit.at(FIELD))?,
        _ => {
            losses.refused(FIELD, "a form that is not known here");
            Format::Text
        }
    };
    name_rest(&format, "response_format.", losses);
    Ok(read)
}

fn read_schema<'a>(format: &mut Object<'a>, losses: &mut Losses) -> Result<Format<'a>, Misfit> {
    const FIELD: &str = "json_schema";
    let form = format.object(FIELD)?;
    let mut form = form.ok_or_else(|| Misfit::new("is missing").at(FIELD))?;
    let mut read = || {
        let schema = tools::schema(&mut form, "schema")?;
        Ok(Format::Schema {
            name: form.text("name")?,
            description: form.text("description")?,
            schema: schema.unwrap_or(Json::empty_object()),
            strict: form.flag("strict")?,
        })
    };
    let read = read().map_err(|misfit: Misfit| misfit.at(FIELD))?;
    name_rest(&form, "response_format.json_schema.", losses);
    Ok(read)
}

/// How much the model thinks, and whether that is shown: OpenAI's one word, and OpenRouter's object
/// with more.
fn read_thinking(
    body: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<(Option<Thinking>, Option<bool>), Misfit> {
    const FIELD: &str = "reasoning";
    let mut thinking = None;
    if let Some(word) = body.text("reasoning_effort")? {
        thinking = read_effort(&word, "reasoning_effort", losses);
    }
    let mut show = body.flag("include_reasoning")?;
    let Some(mut reasoning) = body.object(FIELD)? else { return Ok((thinking, show)) };
    let mut read = || {
        if let Some(hidden) = reasoning.flag("exclude")? {
            show = Some(!hidden);
        }
        let enabled = reasoning.flag("enabled")?;
        let tokens = reasoning.whole("max_tokens")?;
        let effort = reasoning.text("effort")?;
        let effort = effort.and_then(|word| read_effort(&word, "reasoning.effort", losses));
        let enabled = enabled.map(|on| if on { Thinking::Effort(None) } else { Thinking::Off });
        Ok(tokens.map(Thinking::Budget).or(effort).or(enabled))
    };
    let more = read().map_err(|misfit: Misfit| misfit.at(FIELD))?;
    name_rest(&reasoning, "reasoning.", losses);
    Ok((thinking.or(more), show))
}

fn read_effort(word: &str, field: &'static str, losses: &mut Losses) -> Option<Thinking> {
    if word == "none" {
        return Some(Thinking::Off);
    }
    let effort = Effort::read(word);
    if effort.is_none() {
        losses.dropped(field, "an effort that is not known here");
    }
    effort.map(|effort| Thinking::Effort(Some(effort)))
}

pub(in crate::openai) fn read_count(body: &mut Object<'_>) -> Result<u64, Misfit> {
    match body.whole("n")? {
        Some(0) => Err(Misfit::new("should be a whole number from 1").at("n")),
        n => Ok(n.unwrap_or(1)),
    }
}

fn read_logprobs(
    body: &mut Object<'_>,
    stream: bool,
    losses: &mut Losses,
) -> Result<Option<u64>, Misfit> {
    let (wanted, others) = (body.flag("logprobs")?, body.whole("top_logprobs")?);
    if wanted != Some(true) {
        if others.is_some_and(|others| others > 0) {
            losses.dropped("top_logprobs", "logprobs is not true");
        }
        return Ok(None);
    }
    if stream {
        losses.dropped("logprobs", "a stream that is converted has no place for them");
        return Ok(None);
    }
    Ok(Some(others.unwrap_or(0)))
}

pub(in crate::openai) fn read_end_user<'a>(
    body: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Option<Text<'a>>, Misfit> {
    let (user, newer) = (body.text("user")?, body.text("safety_identifier")?);
    if user.is_some() && newer.is_some() && user != newer {
        losses.dropped("user", "safety_identifier says it too");
    }
    Ok(newer.or(user))
}

/// Names the fields that are known, and mean nothing elsewhere or cannot be held, and then all that
/// are not known.
fn name_others(body: &mut Object<'_>, losses: &mut Losses) -> Result<(), Misfit> {
    const PROVIDERS_OWN: [&str; 8] = [
        "audio",
        "metadata",
        "moderation",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "verbosity",
    ];
    // The gateway has read these itself.
    for field in ["hybrid_policy", "background"] {
        body.take(field);
    }
    read_stream_options(body, losses)?;
    let modalities = body.list("modalities")?.unwrap_or_default();
    if modalities.iter().any(|kind| kind.get() != "\"text\"") {
        losses.refused("modalities", "only words come back");
    }
    if body.flag("store")? == Some(true) {
        losses.dropped("store", "nothing is kept elsewhere");
    }
    let tier = body.text("service_tier")?;
    if tier.is_some_and(|tier| !matches!(tier.as_ref(), "auto" | "default")) {
        losses.dropped("service_tier", "a choice of one provider's own");
    }
    for field in PROVIDERS_OWN {
        if body.take(field).is_some() {
            losses.dropped(Cow::Borrowed(field), "a field of one provider's own");
        }
    }
    name_rest(body, "", losses);
    Ok(())
}

pub(in crate::openai) fn read_stream_options(
    body: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    if let Some(mut options) = body.object("stream_options")? {
        // What was used is always asked for, and told to whoever wants it.
        options.take("include_usage");
        name_rest(&options, "stream_options.", losses);
    }
    Ok(())
}
