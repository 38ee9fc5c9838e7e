//! A request as Anthropic takes it.

use std::borrow::Cow;

use super::{narrow_schema, write_block};
use crate::canon::{
    Block, Format, Json, Losses, Request, Role, Target, Text, Thinking, Tool, ToolChoice, Turn,
};
use crate::json::Object;
use crate::json::writer::{self, Items, Members};

/// The least that may be thought, in tokens.
pub(crate) const LEAST_BUDGET: u64 = 1024;

/// The least of the most likely words that a model that thinks may choose from.
const LEAST_TOP_P: f64 = 0.95;

/// What a model is told that has to answer in JSON of any form.
const ANSWER_JSON: &str = "Answer with one JSON object and nothing else.";

/// Writes a request. What Anthropic has no place for is named in `losses`.
pub fn write_request(request: &Request<'_>, target: &Target, losses: &mut Losses) -> Vec<u8> {
    note_losses(request, losses);
    let thinking = thinking(request, losses);
    let max_tokens = request.max_output.unwrap_or_else(|| {
        losses.approximated("max_tokens", "none was set, and it is needed there: set one");
        // What is thought counts there, too, and is none of the answer.
        target.max_output.saturating_add(thinking.flatten().unwrap_or(0))
    });
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", &target.model);
        root.whole("max_tokens", max_tokens);
        system(request, root, losses);
        root.list("messages", |items| messages(request, items, losses));
        tools(request, root, losses);
        if let Some(thinking) = thinking {
            root.object("thinking", |object| match thinking {
                Some(tokens) => {
                    object.text("type", "enabled");
                    object.whole("budget_tokens", tokens);
                }
                None => object.text("type", "disabled"),
            });
        }
        sampling(request, thinking.flatten().is_some(), root, losses);
        format(request, root, losses);
        if request.stream {
            root.flag("stream", true);
        }
        if let Some(user) = &request.end_user {
            root.object("metadata", |metadata| metadata.text("user_id", user));
        }
    });
    out
}

/// Whatever is lost whole.
fn note_losses(request: &Request<'_>, losses: &mut Losses) {
    const NO_KNOB: &str = "no such knob there";
    let sampling = &request.sampling;
    for (field, given) in [
        ("seed", sampling.seed.is_some()),
        ("presence_penalty", sampling.presence_penalty.is_some()),
        ("frequency_penalty", sampling.frequency_penalty.is_some()),
        ("logit_bias", sampling.logit_bias.is_some()),
        ("logprobs", request.logprobs.is_some()),
    ] {
        if given {
            losses.dropped(field, NO_KNOB);
        }
    }
    if request.n > 1 {
        losses.refused("n", "one answer at a time there");
    }
}

/// What the model is told beforehand; what it is told in between is told it beforehand, too.
fn system(request: &Request<'_>, root: &mut Members<'_>, losses: &mut Losses) {
    let mut texts: Vec<Cow<'_, str>> = request.system.clone();
    for turn in request.turns.iter().filter(|turn| turn.role == Role::System) {
        losses.approximated("messages[system]", "told beforehand");
        texts.extend(turn.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(Cow::Borrowed(text.as_ref())),
            _ => None,
        }));
    }
    if request.format == Format::Json {
        losses.approximated("response_format", "asked for in words");
        texts.push(Cow::Borrowed(ANSWER_JSON));
    }
    texts.retain(|text| !text.trim().is_empty());
    match texts.as_slice() {
        [] => {}
        [text] => root.text("system", text),
        texts => root.list("system", |items| {
            for text in texts {
                items.object(|block| {
                    block.text("type", "text");
                    block.text("text", text);
                });
            }
        }),
    }
}

/// The conversation, in turns that take turns. One that says nothing is none.
fn messages(request: &Request<'_>, items: &mut Items<'_>, losses: &mut Losses) {
    let is_spoken = |turn: &&Turn<'_>| {
        turn.role != Role::System && turn.blocks.iter().any(write_block::is_written)
    };
    let is_foreign = |block: &Block<'_>| is_thought(block) && !write_block::is_written(block);
    if request.turns.iter().flat_map(|turn| &turn.blocks).any(is_foreign) {
        losses.dropped("messages[].reasoning", "thoughts of another provider");
    }
    let spoken: Vec<&Turn<'_>> = request.turns.iter().filter(is_spoken).collect();
    for turns in spoken.chunk_by(|one, other| one.role == other.role) {
        let user = turns.first().is_some_and(|turn| turn.role == Role::User);
        let blocks = turns.iter().flat_map(|turn| &turn.blocks);
        let blocks: Vec<&Block<'_>> =
            blocks.filter(|block| write_block::is_written(block)).collect();
        items.object(|message| {
            message.text("role", if user { "user" } else { "assistant" });
            match blocks.as_slice() {
                [Block::Text(text)] => message.text("content", text),
                _ => message.list("content", |items| {
                    // What tools came to stands before everything else.
                    let (results, others): (Vec<_>, Vec<_>) = blocks
                        .iter()
                        .copied()
                        .partition(|block| matches!(block, Block::ToolResult(_)));
                    write_block::write(&results, items, losses);
                    write_block::write(&others, items, losses);
                }),
            }
        });
    }
}

fn is_thought(block: &Block<'_>) -> bool {
    matches!(block, Block::Reasoning(_))
}

fn tools(request: &Request<'_>, root: &mut Members<'_>, losses: &mut Losses) {
    if request.tools.is_empty() {
        if matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_))) {
            losses.refused("tool_choice", "there are no tools to choose");
        }
        return;
    }
    root.list("tools", |items| {
        for tool in &request.tools {
            items.object(|object| write_tool(tool, object, losses));
        }
    });
    let single = request.parallel_tools == Some(false);
    let choice = match &request.tool_choice {
        None if single => &ToolChoice::Auto,
        None => return,
        Some(choice) => choice,
    };
    root.object("tool_choice", |object| {
        let kind = match choice {
            ToolChoice::Auto => "auto",
            ToolChoice::Required => "any",
            ToolChoice::None => "none",
            ToolChoice::Named(_) => "tool",
        };
        object.text("type", kind);
        if let ToolChoice::Named(name) = choice {
            object.text("name", name);
        }
        if single && *choice != ToolChoice::None {
            object.flag("disable_parallel_tool_use", true);
        }
    });
}

fn write_tool(tool: &Tool<'_>, object: &mut Members<'_>, losses: &mut Losses) {
    object.text("name", &tool.name);
    if let Some(description) = &tool.description {
        object.text("description", description);
    }
    match tool.schema.as_ref().filter(|schema| has_type(schema)) {
        // Only what calls are held to has to be within what can be held there.
        Some(schema) if tool.strict == Some(true) => {
            let schema = narrow_schema::of(schema, "tools[].parameters", losses);
            object.raw("input_schema", schema.as_str());
        }
        Some(schema) => object.raw("input_schema", schema.as_str()),
        None => object.object("input_schema", |schema| {
            schema.text("type", "object");
            schema.object("properties", |_| ());
        }),
    }
    if let Some(strict) = tool.strict {
        object.flag("strict", strict);
    }
}

/// Whether a schema says what kind of value it is of, as it has to there. One that does not is the
/// empty one, as servers have it that need none.
fn has_type(schema: &Json<'_>) -> bool {
    Object::parse(schema.as_str()).is_ok_and(|mut schema| schema.take("type").is_some())
}

/// What is to be thought: nothing said, not at all, or up to so many tokens. A model that thinks
/// cannot be made to use a tool there, and what the caller wants it to do comes first.
fn thinking(request: &Request<'_>, losses: &mut Losses) -> Option<Option<u64>> {
    let (tokens, is_callers) = match request.thinking? {
        Thinking::Off => return Some(None),
        Thinking::Budget(tokens) => (tokens, true),
        Thinking::Effort(effort) => {
            losses.approximated("reasoning_effort", "sent as a budget of tokens");
            (effort.map_or(LEAST_BUDGET, crate::canon::Effort::tokens), false)
        }
    };
    if matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_))) {
        losses.dropped("reasoning_effort", "no thinking where a tool is forced there");
        return None;
    }
    if goes_on_without_its_thought(request) {
        losses
            .dropped("reasoning_effort", "what was thought before its tools is not here any more");
        return None;
    }
    let tokens = tokens.max(LEAST_BUDGET);
    let Some(max_tokens) = request.max_output else { return Some(Some(tokens)) };
    // The limit holds both. Of a budget that is made of a word, half is left to the answer.
    let most = if is_callers { max_tokens.saturating_sub(1) } else { max_tokens / 2 };
    if most < LEAST_BUDGET {
        losses.dropped("reasoning_effort", "the limit of the answer leaves no room for it");
        return None;
    }
    if tokens > most {
        losses.approximated("thinking.budget_tokens", "kept within the answer's limit");
    }
    Some(Some(tokens.min(most)))
}

/// Whether the model is to go on from calls whose thought is gone: with thinking, that is refused there.
fn goes_on_without_its_thought(request: &Request<'_>) -> bool {
    let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult(_));
    let mut turns = request.turns.iter().rev().filter(|turn| turn.role != Role::System);
    let is_answered = turns
        .by_ref()
        .take_while(|turn| turn.role == Role::User)
        .any(|turn| turn.blocks.iter().any(is_result));
    let said = request.turns.iter().rev().find(|turn| turn.role == Role::Assistant);
    let first = said.and_then(|turn| turn.blocks.iter().find(|it| write_block::is_written(it)));
    is_answered && first.is_some_and(|block| !is_thought(block))
}

fn sampling(request: &Request<'_>, thinks: bool, root: &mut Members<'_>, losses: &mut Losses) {
    const THINKS: &str = "fixed there for a model that thinks";
    const ONE: &str = "one of temperature and top_p there";
    let sampling = &request.sampling;
    let is_one = |number: &str| is(number, |it| it == 1.0);
    if thinks && sampling.temperature.is_some_and(|it| !is_one(it)) {
        losses.dropped("temperature", THINKS);
    }
    let temperature = sampling.temperature.filter(|it| !thinks || is_one(it));
    // Of the two, the one that changes nothing is left out, else the second.
    let both = temperature.is_some() && sampling.top_p.is_some();
    let keeps_top_p = temperature.is_none_or(is_one) && !sampling.top_p.is_none_or(is_one);
    if let Some(temperature) = temperature {
        if both && keeps_top_p {
            losses.dropped("temperature", ONE);
        } else if is(temperature, |it| it > 1.0) {
            losses.approximated("temperature", "at most 1 there");
            root.raw("temperature", "1");
        } else {
            root.raw("temperature", temperature);
        }
    }
    if let Some(top_p) = sampling.top_p {
        if thinks && is(top_p, |it| it < LEAST_TOP_P) {
            losses.dropped("top_p", "at least 0.95 there for a model that thinks");
        } else if both && !keeps_top_p {
            losses.dropped("top_p", ONE);
        } else {
            root.raw("top_p", top_p);
        }
    }
    if let Some(top_k) = sampling.top_k {
        if thinks {
            losses.dropped("top_k", THINKS);
        } else {
            root.whole("top_k", top_k);
        }
    }
    let stop: Vec<&Text<'_>> = request.stop.iter().filter(|text| !text.trim().is_empty()).collect();
    if stop.len() < request.stop.len() {
        losses.dropped("stop", "no stopping at spaces there");
    }
    if !stop.is_empty() {
        root.list("stop_sequences", |items| stop.iter().for_each(|text| items.text(text)));
    }
}

/// Whether it is a number of which that holds.
fn is(number: &str, holds: impl FnOnce(f64) -> bool) -> bool {
    number.parse().is_ok_and(holds)
}

fn format(request: &Request<'_>, root: &mut Members<'_>, losses: &mut Losses) {
    if let Format::Schema { schema, .. } = &request.format {
        let schema = narrow_schema::of(schema, "response_format.schema", losses);
        root.object("output_config", |config| {
            config.object("format", |format| {
                format.text("type", "json_schema");
                format.raw("schema", schema.as_str());
            });
        });
    }
}
