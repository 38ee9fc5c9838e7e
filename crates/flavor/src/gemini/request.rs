//! A request.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::value::RawValue;

use super::{config, contents, fields::Fields, part::read_parts, tools};
use crate::canon::{Block, Losses, Request, Role, Target, Text, ToolResult, Turn};
use crate::json::{object::Misfit, writer};

/// Reads the body of `generateContent`, or of `streamGenerateContent` if it is to be a stream.
/// Both that and the model stand in the path. What other flavors have no place for is named.
///
/// # Errors
/// When the body is not of this flavor.
pub fn read_request<'a>(
    body: &'a str,
    model: &'a str,
    stream: bool,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let mut root = Fields::parse(body)?;
    let mut request = Request { stream, ..Request::to(model) };
    // The path decides; some clients say it here as well.
    root.take("model")?;
    if let Some(system) = root.object("systemInstruction")? {
        request.system = read_system(system, losses).map_err(|it| it.at("systemInstruction"))?;
    }
    let contents = root.list("contents")?;
    let contents = contents.ok_or_else(|| Misfit::new("is missing").at("contents"))?;
    request.turns = read_contents(&contents, losses)?;
    let groups = root.list("tools")?.unwrap_or_default();
    (request.tools, request.searches) = tools::read_tools(&groups, losses)?;
    if let Some(choice) = root.object("toolConfig")? {
        let choice = tools::read_choice(choice, &mut request.tools, losses);
        request.tool_choice = choice.map_err(|misfit| misfit.at("toolConfig"))?;
    }
    if let Some(generation) = root.object("generationConfig")? {
        let read = config::read_config(generation, &mut request, losses);
        read.map_err(|misfit| misfit.at("generationConfig"))?;
    }
    if root.take("safetySettings")?.is_some() {
        losses.dropped("safetySettings", "each provider holds back what it sees fit");
    }
    if root.take("cachedContent")?.is_some() {
        losses.unread("cachedContent", "what is kept at Google is not elsewhere");
    }
    // The gateway has read it itself.
    root.take("hybridPolicy")?;
    root.note_rest("", losses);
    Ok(request)
}

fn read_system<'a>(mut content: Fields<'a>, losses: &mut Losses) -> Result<Vec<Text<'a>>, Misfit> {
    // Whatever role it is given, it is the system's.
    content.take("role")?;
    let parts = content.list("parts")?.unwrap_or_default();
    let mut texts = Vec::with_capacity(parts.len());
    for block in read_parts(&parts, &mut 0, losses)? {
        match block {
            Block::Text(text) => texts.push(text),
            _ => losses.refused("systemInstruction.parts[]", "only texts can be said there"),
        }
    }
    content.note_rest("systemInstruction.", losses);
    Ok(texts)
}

fn read_contents<'a>(
    contents: &[&'a RawValue],
    losses: &mut Losses,
) -> Result<Vec<Turn<'a>>, Misfit> {
    let mut made = 0;
    let mut turns = Vec::with_capacity(contents.len());
    for (at, content) in contents.iter().enumerate() {
        let turn = read_content(content, &mut made, losses);
        turns.push(turn.map_err(|misfit| misfit.within(at).at("contents"))?);
    }
    join_results(&mut turns);
    Ok(turns)
}

fn read_content<'a>(
    content: &'a RawValue,
    made: &mut u32,
    losses: &mut Losses,
) -> Result<Turn<'a>, Misfit> {
    let mut content = Fields::read(content)?;
    let role = match content.text("role")?.as_deref() {
        None | Some("" | "user" | "function") => Role::User,
        Some("model") => Role::Assistant,
        Some(_) => return Err(Misfit::new("should be user, model or function").at("role")),
    };
    let parts = content.list("parts")?.unwrap_or_default();
    let blocks = read_parts(&parts, made, losses)?;
    content.note_rest("contents[].", losses);
    Ok(Turn { role, blocks })
}

/// Gives results without an id that of the first call of their tool that no result answers.
fn join_results(turns: &mut [Turn<'_>]) {
    let blocks = || turns.iter().flat_map(|turn| &turn.blocks);
    let answered: HashSet<&str> = blocks()
        .filter_map(|block| match block {
            Block::ToolResult(result) => Some(result.call.as_ref()),
            _ => None,
        })
        .collect();
    let mut open: HashMap<String, VecDeque<String>> = HashMap::new();
    for block in blocks() {
        match block {
            Block::ToolCall(call) if !answered.contains(call.id.as_ref()) => {
                open.entry(call.name.to_string()).or_default().push_back(call.id.to_string());
            }
            _ => {}
        }
    }
    for block in turns.iter_mut().flat_map(|turn| &mut turn.blocks) {
        let Block::ToolResult(ToolResult { call, name: Some(name), .. }) = block else { continue };
        if call.is_empty() {
            let first = open.get_mut(name.as_ref()).and_then(VecDeque::pop_front);
            *call = first.unwrap_or_default().into();
        }
    }
}

/// Writes the body for `target`. What it cannot say is named. The model and whether the reply is a
/// stream belong into the path.
pub fn write_request(request: &Request<'_>, target: &Target, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        contents::write_contents(root, request, losses);
        tools::write_tools(root, request, losses);
        root.object("generationConfig", |generation| {
            config::write_config(generation, request, &target.model, losses);
        });
        if request.end_user.is_some() {
            losses.dropped("user", "callers have no name there");
        }
    });
    out
}
