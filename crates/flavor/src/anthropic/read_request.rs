//! A request for a message.

use serde_json::value::RawValue;

use super::read_block;
use crate::canon::{
    Block, Effort, Format, Json, Losses, Request, Role, Sampling, Text, Thinking, Tool, ToolChoice,
    Turn,
};
use crate::json::object::{self, Misfit, Object};

/// Why a field is lost that has no other reason.
const ANTHROPICS: &str = "a field that only Anthropic knows";

/// How Claude Code begins a text that changes with every request. Before everything else that the
/// model is told, it makes every prefix cache but Anthropic's own useless.
const BILLING: &str = "x-anthropic-billing-header:";

/// Reads a request. Fields that no other flavor has are named in `losses`.
///
/// # Errors
/// [`Misfit`] for what is no request.
pub fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let model = root.needed_text("model")?;
    let max_output = root.whole("max_tokens")?;
    let system = system(&mut root, losses)?;
    let turns = turns(&mut root, losses)?;
    let tools = tools(&mut root, losses)?;
    let (tool_choice, parallel_tools) = tool_choice(&mut root, &tools, losses)?;
    let (thinking, show_thinking) = thinking(&mut root, losses)?;
    let (effort, format) = output_config(&mut root, losses)?;
    let request = Request {
        model,
        system,
        turns,
        tools: tools.known,
        tool_choice,
        parallel_tools,
        max_output,
        sampling: Sampling {
            temperature: root.number("temperature")?,
            top_p: root.number("top_p")?,
            top_k: root.whole("top_k")?,
            ..Sampling::default()
        },
        stop: stop_sequences(&mut root)?,
        format,
        thinking: with_effort(thinking, effort, losses),
        show_thinking,
        n: 1,
        made: None,
        logprobs: None,
        stream: root.flag("stream")?.unwrap_or(false),
        end_user: end_user(&mut root, losses)?,
        searches: tools.searches,
    };
    // The gateway has read it itself.
    root.take("hybrid_policy");
    name_rest(&root, "", losses);
    Ok(request)
}

/// Names what nobody has read.
fn name_rest(object: &Object<'_>, path: &str, losses: &mut Losses) {
    for (name, _) in object.rest() {
        losses.dropped(format!("{path}{name}"), ANTHROPICS);
    }
}

fn system<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Vec<Text<'a>>, Misfit> {
    let Some(value) = root.take("system") else { return Ok(Vec::new()) };
    let blocks = read_block::content(value, "system[]", losses);
    let blocks = blocks.map_err(|misfit| misfit.at("system"))?;
    let mut texts = Vec::with_capacity(blocks.len());
    for block in blocks {
        match block {
            Block::Text(text) if text.trim_start().starts_with(BILLING) => {
                losses.dropped("system[billing-header]", "it would defeat prefix caches");
            }
            Block::Text(text) => texts.push(text),
            _ => return Err(Misfit::new("should hold texts").at("system")),
        }
    }
    Ok(texts)
}

fn turns<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Vec<Turn<'a>>, Misfit> {
    const FIELD: &str = "messages";
    let wrong = || Misfit::new("is missing; a list has to stand here").at(FIELD);
    let messages = root.list(FIELD)?.ok_or_else(wrong)?;
    let mut turns = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let turn = turn(message, losses);
        turns.push(turn.map_err(|misfit| misfit.within(index).at(FIELD))?);
    }
    Ok(turns)
}

fn turn<'a>(message: &'a RawValue, losses: &mut Losses) -> Result<Turn<'a>, Misfit> {
    let mut message = Object::read(message)?;
    let role = match message.needed_text("role")?.as_ref() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => return Err(Misfit::new("should be `user`, `assistant` or `system`").at("role")),
    };
    let wrong = || Misfit::new("is missing; a text or a list of blocks has to stand here");
    let content = message.take("content").ok_or_else(|| wrong().at("content"))?;
    let blocks = read_block::content(content, "messages[].content[]", losses);
    let blocks = blocks.map_err(|misfit| misfit.at("content"))?;
    name_rest(&message, "messages[].", losses);
    Ok(Turn { role, blocks })
}

/// The tools of a request, and the names of those that run at Anthropic or are built into its
/// models.
#[derive(Default)]
struct Tools<'a> {
    known: Vec<Tool<'a>>,
    hosted: Vec<Text<'a>>,
    searches: bool,
}

fn tools<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Tools<'a>, Misfit> {
    let mut tools = Tools::default();
    for (index, value) in root.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        let read = tool(value, &mut tools, losses);
        read.map_err(|misfit| misfit.within(index).at("tools"))?;
    }
    Ok(tools)
}

fn tool<'a>(value: &'a RawValue, tools: &mut Tools<'a>, losses: &mut Losses) -> Result<(), Misfit> {
    let mut tool = Object::read(value)?;
    let kind = tool.text("type")?;
    if let Some(kind) = kind.filter(|kind| kind != "custom") {
        losses.unread(format!("tools[{kind}]"), "a tool that only Anthropic has");
        tools.searches |= kind.starts_with("web_search");
        tools.hosted.extend(tool.text("name")?);
        return Ok(());
    }
    let schema = tool.object("input_schema")?.is_some();
    let schema = if schema { schema_of(value)? } else { None };
    tools.known.push(Tool {
        name: tool.needed_text("name")?,
        description: tool.text("description")?,
        schema,
        strict: tool.flag("strict")?,
        grouped: None,
    });
    name_rest(&tool, "tools[].", losses);
    Ok(())
}

/// The schema as it is spelled.
fn schema_of(tool: &RawValue) -> Result<Option<Json<'_>>, Misfit> {
    Ok(Object::read(tool)?.take("input_schema").map(Json::of))
}

fn tool_choice<'a>(
    root: &mut Object<'a>,
    tools: &Tools<'a>,
    losses: &mut Losses,
) -> Result<(Option<ToolChoice<'a>>, Option<bool>), Misfit> {
    let Some(mut choice) = root.object("tool_choice")? else { return Ok((None, None)) };
    let at = |misfit: Misfit| misfit.at("tool_choice");
    let wanted = match choice.needed_text("type").map_err(at)?.as_ref() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => {
            let name = choice.needed_text("name").map_err(at)?;
            if tools.hosted.contains(&name) {
                losses.refused("tool_choice.name", "a tool that only Anthropic has");
            }
            ToolChoice::Named(name)
        }
        _ => {
            let words = "should be `auto`, `any`, `tool` or `none`";
            return Err(at(Misfit::new(words).at("type")));
        }
    };
    let single = choice.flag("disable_parallel_tool_use").map_err(at)?;
    name_rest(&choice, "tool_choice.", losses);
    Ok((Some(wanted), single.map(|single| !single)))
}

fn thinking(
    root: &mut Object<'_>,
    losses: &mut Losses,
) -> Result<(Option<Thinking>, Option<bool>), Misfit> {
    let Some(mut thinking) = root.object("thinking")? else { return Ok((None, None)) };
    let at = |misfit: Misfit| misfit.at("thinking");
    let wanted = match thinking.needed_text("type").map_err(at)?.as_ref() {
        "disabled" => Thinking::Off,
        "adaptive" => Thinking::Effort(None),
        "enabled" => match thinking.whole("budget_tokens").map_err(at)? {
            Some(tokens) => Thinking::Budget(tokens),
            None => Thinking::Effort(None),
        },
        _ => {
            let words = "should be `enabled`, `adaptive` or `disabled`";
            return Err(at(Misfit::new(words).at("type")));
        }
    };
    let display = thinking.text("display").map_err(at)?;
    name_rest(&thinking, "thinking.", losses);
    Ok((Some(wanted), display.map(|display| display != "omitted")))
}

/// How hard the model tries, and the form of its answer.
fn output_config<'a>(
    root: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<(Option<Effort>, Format<'a>), Misfit> {
    let Some(mut config) = root.object("output_config")? else { return Ok((None, Format::Text)) };
    let at = |misfit: Misfit| misfit.at("output_config");
    let effort = config.text("effort").map_err(at)?;
    let effort = effort.and_then(|word| {
        let known = Effort::read(&word);
        if known.is_none() {
            losses.dropped("output_config.effort", "a word that nobody here knows");
        }
        known
    });
    let format = match config.object("format").map_err(at)? {
        None => Format::Text,
        Some(format) => read_format(format, losses).map_err(|misfit| at(misfit.at("format")))?,
    };
    name_rest(&config, "output_config.", losses);
    Ok((effort, format))
}

fn read_format<'a>(mut format: Object<'a>, losses: &mut Losses) -> Result<Format<'a>, Misfit> {
    if format.needed_text("type")? != "json_schema" {
        return Err(Misfit::new("should be `json_schema`").at("type"));
    }
    let wrong = || Misfit::new("is missing; a JSON Schema has to stand here").at("schema");
    let schema = format.take("schema").map(Json::of).ok_or_else(wrong)?;
    name_rest(&format, "output_config.format.", losses);
    // Anthropic always keeps to the schema.
    Ok(Format::Schema { name: None, description: None, schema, strict: Some(true) })
}

/// An effort says how hard a model thinks that thinks as it sees fit. Beside a budget it says how many
/// words the answer is worth, which nobody else can be told.
fn with_effort(
    thinking: Option<Thinking>,
    effort: Option<Effort>,
    losses: &mut Losses,
) -> Option<Thinking> {
    match (thinking, effort) {
        (None | Some(Thinking::Effort(_)), Some(effort)) => Some(Thinking::Effort(Some(effort))),
        (thinking, Some(_)) => {
            losses.dropped("output_config.effort", "the thinking has a size of its own");
            thinking
        }
        (thinking, None) => thinking,
    }
}

fn stop_sequences<'a>(root: &mut Object<'a>) -> Result<Vec<Text<'a>>, Misfit> {
    const FIELD: &str = "stop_sequences";
    let values = root.list(FIELD)?.unwrap_or_default().into_iter().enumerate();
    let read = values.map(|(index, value)| object::text(value).map_err(|it| it.within(index)));
    read.collect::<Result<_, _>>().map_err(|misfit| misfit.at(FIELD))
}

fn end_user<'a>(root: &mut Object<'a>, losses: &mut Losses) -> Result<Option<Text<'a>>, Misfit> {
    let Some(mut metadata) = root.object("metadata")? else { return Ok(None) };
    let user = metadata.text("user_id").map_err(|misfit| misfit.at("metadata"))?;
    name_rest(&metadata, "metadata.", losses);
    Ok(user)
}
