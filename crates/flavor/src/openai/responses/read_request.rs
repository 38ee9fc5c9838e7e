//! A request for a response.

use serde_json::value::RawValue;

use super::names::Names;
use super::read_item::{self, Item};
use super::read_tools;
use crate::canon::{
    Block, Effort, Format, Json, Losses, Request, Role, Sampling, Text, Thinking, Turn,
};
use crate::json::object::{self, Misfit, Object};

/// What refers to something that OpenAI keeps.
const STORED: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

/// Reads a request. Fields that no other flavor has are named in `losses`.
///
/// # Errors
/// [`Misfit`] for what is no request.
pub fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let model = root.needed_text("model")?;
    let stored = stored(&mut root, losses)?;
    let mut tools = read_tools::read(&mut root, losses)?;
    let tool_choice = read_tools::read_choice(&mut root, &mut tools, losses)?;
    let mut system: Vec<Text<'a>> = root.text("instructions")?.into_iter().collect();
    let turns = input(&mut root, stored, &tools.names, &mut system, losses)?;
    let format = text(&mut root, losses)?;
    let (thinking, show_thinking) = reasoning(&mut root, losses)?;
    let request = Request {
        model,
        system,
        turns,
        tools: tools.known,
        tool_choice,
        parallel_tools: root.flag("parallel_tool_calls")?,
        max_output: root.whole("max_output_tokens")?,
        sampling: Sampling {
            temperature: root.number("temperature")?,
            top_p: root.number("top_p")?,
            ..Sampling::default()
        },
        stop: Vec::new(),
        format,
        thinking,
        show_thinking,
        n: 1,
        made: None,
        logprobs: logprobs(&mut root, losses)?,
        stream: root.flag("stream")?.unwrap_or(false),
        end_user: end_user(&mut root, losses)?,
        searches: tools.searches,
    };
    // The gateway has read it itself.
    root.take("hybrid_policy");
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "a field that only OpenAI knows");
    }
    Ok(request)
}

/// Notes what would need a store; whether the conversation, or a part of it, is in one.
fn stored(root: &mut Object<'_>, losses: &mut Losses) -> Result<bool, Misfit> {
    let mut any = false;
    for field in STORED {
        if root.take(field).is_some() {
            losses.refused(field, "nothing is stored here");
            any = true;
        }
    }
    if root.flag("background")? == Some(true) {
        losses.refused("background", "a call ends with its answer here");
    }
    if root.flag("store")? == Some(true) {
        losses.dropped("store", "nothing is stored here");
    }
    Ok(any)
}

/// Reads the conversation. What the model is told before anything else is said goes to `system`.
fn input<'a>(
    root: &mut Object<'a>,
    stored: bool,
    names: &Names<'_>,
    system: &mut Vec<Text<'a>>,
    losses: &mut Losses,
) -> Result<Vec<Turn<'a>>, Misfit> {
    const FIELD: &str = "input";
    let mut turns = Vec::new();
    let Some(value) = root.take(FIELD) else {
        let words = "is missing; a text or a list of items has to stand here";
        return if stored { Ok(turns) } else { Err(Misfit::new(words).at(FIELD)) };
    };
    if object::is_text(value) {
        let text = object::text(value).map_err(|misfit| misfit.at(FIELD))?;
        turns.push(Turn { role: Role::User, blocks: vec![Block::Text(text)] });
        return Ok(turns);
    }
    let wrong = |_| Misfit::new("should be a text or a list of items").at(FIELD);
    for (index, value) in object::list(value).map_err(wrong)?.into_iter().enumerate() {
        let item = read_item::read(value, names, losses);
        if let Some(item) = item.map_err(|misfit| misfit.within(index).at(FIELD))? {
            add(item, system, &mut turns);
        }
    }
    Ok(turns)
}

/// Adds an item to the conversation. What a model says and asks for at once is one turn, and so is
/// what its tools came to; messages stay apart.
fn add<'a>(item: Item<'a>, system: &mut Vec<Text<'a>>, turns: &mut Vec<Turn<'a>>) {
    let Item { role, blocks, message } = item;
    let is_text = |block: &Block<'_>| matches!(block, Block::Text(_));
    if role == Role::System && turns.is_empty() && blocks.iter().all(is_text) {
        system.extend(blocks.into_iter().filter_map(|block| match block {
            Block::Text(text) => Some(text),
            _ => None,
        }));
        return;
    }
    if let Some(turn) = turns.last_mut().filter(|turn| turn.role == role) {
        let joins = match (role, turn.blocks.last()) {
            (Role::Assistant, Some(Block::Text(_) | Block::Refusal(_))) => !message,
            (Role::Assistant, _) => true,
            (Role::User, Some(Block::ToolResult(_))) => !message,
            _ => false,
        };
        if joins {
            turn.blocks.extend(blocks);
            return;
        }
    }
    if !blocks.is_empty() {
        turns.push(Turn { role, blocks });
    }
}

/// Reads `text`: the form of the answer.
fn text<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Format<'a>, Misfit> {
    let Some(mut text) = root.object("text")? else { return Ok(Format::Text) };
    let at = |misfit: Misfit| misfit.at("text");
    let format = match text.object("format").map_err(at)? {
        None => Format::Text,
        Some(format) => read_format(format).map_err(|misfit| at(misfit.at("format")))?,
    };
    for (name, _) in text.rest() {
        losses.dropped(format!("text.{name}"), "a field that only OpenAI knows");
    }
    Ok(format)
}

fn read_format(mut format: Object<'_>) -> Result<Format<'_>, Misfit> {
    match format.needed_text("type")?.as_ref() {
        "text" => Ok(Format::Text),
        "json_object" => Ok(Format::Json),
        "json_schema" => {
            let wrong = || Misfit::new("is missing; a JSON Schema has to stand here").at("schema");
            Ok(Format::Schema {
                name: format.text("name")?,
                description: format.text("description")?,
                schema: format.take("schema").map(Json::of).ok_or_else(wrong)?,
                strict: format.flag("strict")?,
            })
        }
        _ => Err(Misfit::new("should be `text`, `json_object` or `json_schema`").at("type")),
    }
}

fn reasoning(
    root: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<(Option<Thinking>, Option<bool>), Misfit> {
    let Some(mut reasoning) = root.object("reasoning")? else { return Ok((None, None)) };
    let at = |misfit: Misfit| misfit.at("reasoning");
    let thinking = match reasoning.text("effort").map_err(at)?.as_deref() {
        None => None,
        Some("none") => Some(Thinking::Off),
        Some(word) => {
            let effort = Effort::read(word);
            if effort.is_none() {
                losses.dropped("reasoning.effort", "a word that nobody here knows");
            }
            effort.map(|effort| Thinking::Effort(Some(effort)))
        }
    };
    let older = reasoning.text("generate_summary").map_err(at)?;
    let summary = reasoning.text("summary").map_err(at)?.or(older);
    if summary.as_ref().is_some_and(|summary| summary != "auto" && summary != "none") {
        losses.approximated("reasoning.summary", "how long it is cannot be said there");
    }
    for (name, _) in reasoning.rest() {
        losses.dropped(format!("reasoning.{name}"), "a field that only OpenAI knows");
    }
    Ok((thinking, summary.map(|summary| summary != "none")))
}

/// Reads `include` and `top_logprobs`: what is wanted beside the answer.
fn logprobs(root: &mut Object<'_>, losses: &mut Losses) -> Result<Option<u64>, Misfit> {
    const FIELD: &str = "include";
    let most = root.whole("top_logprobs")?;
    let mut wanted = most.is_some_and(|most| most > 0);
    for (index, value) in root.list(FIELD)?.unwrap_or_default().into_iter().enumerate() {
        let text = |value: &RawValue| object::text(value).map(Text::into_owned);
        match text(value).map_err(|misfit| misfit.within(index).at(FIELD))?.as_str() {
            "message.output_text.logprobs" => wanted = true,
            // Thoughts that come sealed are kept for the caller where they are converted.
            "reasoning.encrypted_content" => {}
            other => losses.dropped(format!("include[{other}]"), "only OpenAI gives it"),
        }
    }
    Ok(wanted.then(|| most.unwrap_or(0)))
}

/// The newer name counts over the older one.
fn end_user<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Option<Text<'a>>, Misfit> {
    let (newer, older) = (root.text("safety_identifier")?, root.text("user")?);
    if newer.is_some() && older.is_some() && newer != older {
        losses.dropped("user", "`safety_identifier` says it too");
    }
    Ok(newer.or(older))
}
