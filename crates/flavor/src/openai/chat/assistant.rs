//! A message of the model, in a request's history and in a reply.

use serde_json::value::RawValue;

use super::{content::ReadContent, name_rest, reasoning};
use crate::{
    canon::{Block, Losses, Media, Source, Text, ToolCall},
    json::{Misfit, Object, object, writer, writer::Members},
};

const CALL: &str = "messages[].tool_calls[].";

/// Ids for calls that came without one.
#[derive(Debug, Default)]
pub(crate) struct CallIds {
    /// How many calls were read.
    calls: u64,
    /// The id made for the last call of the older form, which never has one.
    pub(super) last_function: Option<String>,
}

impl CallIds {
    fn id<'a>(&mut self, own: Option<Text<'a>>) -> Text<'a> {
        let number = self.calls;
        self.calls += 1;
        own.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{number}").into())
    }
}

/// Takes what the model said out of its message, in the order in which it says it: reasoning,
/// words, refusal, calls. `content` takes out its words.
pub(crate) fn read<'a>(
    message: &mut Object<'a>,
    content: ReadContent,
    ids: &mut CallIds,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    let thoughts = reasoning::read(message, "messages[].", losses)?;
    let mut blocks: Vec<_> = thoughts.into_iter().map(Block::Reasoning).collect();
    blocks.extend(content(message, losses)?);
    let refusal = message.text("refusal")?.filter(|words| !words.is_empty());
    blocks.extend(refusal.map(Block::Refusal));
    if let Some(mut audio) = message.object("audio")? {
        let id = audio.needed_text("id").map_err(|misfit| misfit.at("audio"))?;
        let source = Source::Id(id);
        blocks.push(Block::Audio(Media { source, mime: None, name: None, detail: None }));
    }
    for (at, call) in message.list("tool_calls")?.into_iter().flatten().enumerate() {
        let call = read_call(call, ids, losses);
        let call = call.map_err(|misfit| misfit.within(at).at("tool_calls"))?;
        blocks.push(Block::ToolCall(call));
    }
    if let Some(mut function) = message.object("function_call")? {
        let id = ids.id(None);
        ids.last_function = Some(id.clone().into_owned());
        let call = read_function(&mut function, id, losses);
        blocks.push(Block::ToolCall(call.map_err(|misfit| misfit.at("function_call"))?));
    }
    Ok(blocks)
}

fn read_call<'a>(
    call: &'a RawValue,
    ids: &mut CallIds,
    losses: &mut Losses,
) -> Result<ToolCall<'a>, Misfit> {
    let mut call = Object::read(call)?;
    let id = ids.id(call.text("id")?);
    // It says nothing more than which of the two members is there.
    call.take("type");
    call.take("index");
    let read = if let Some(mut custom) = call.object("custom")? {
        losses.approximated(format!("{CALL}custom"), "its text becomes the member `input`");
        let name = custom.needed_text("name").map_err(|misfit| misfit.at("custom"))?;
        let input = custom.text("input").map_err(|misfit| misfit.at("custom"))?;
        ToolCall {
            id,
            name,
            arguments: as_object(&input.unwrap_or_default()).into(),
            signature: None,
        }
    } else {
        let function = call.object("function")?;
        let mut function = function.ok_or_else(|| Misfit::new("is missing").at("function"))?;
        read_function(&mut function, id, losses).map_err(|misfit| misfit.at("function"))?
    };
    name_rest(&call, CALL, losses);
    Ok(read)
}

fn read_function<'a>(
    function: &mut Object<'a>,
    id: Text<'a>,
    losses: &mut Losses,
) -> Result<ToolCall<'a>, Misfit> {
    let name = function.needed_text("name")?;
    let arguments = arguments(function)?.filter(|arguments| !arguments.is_empty());
    name_rest(function, "messages[].tool_calls[].function.", losses);
    Ok(ToolCall { id, name, arguments: arguments.unwrap_or(Text::Borrowed("{}")), signature: None })
}

/// Takes arguments out: JSON within a text, though some servers have the object itself.
pub(super) fn arguments<'a>(function: &mut Object<'a>) -> Result<Option<Text<'a>>, Misfit> {
    let Some(value) = function.take("arguments") else { return Ok(None) };
    if value.get().starts_with('{') {
        return Ok(Some(Text::Borrowed(value.get())));
    }
    object::text(value).map(Some).map_err(|misfit| misfit.at("arguments"))
}

fn as_object(input: &str) -> String {
    let mut out = Vec::with_capacity(input.len() + 12);
    writer::object(&mut out, |it| it.text("input", input));
    String::from_utf8(out).unwrap_or_default()
}

/// Writes the members of the model's message. `id_of` gives a call its id. What else there is
/// among the blocks is not looked at.
pub(super) fn write<'b>(
    message: &mut Members<'_>,
    blocks: &'b [Block<'_>],
    id_of: impl FnMut(&'b ToolCall<'_>) -> Text<'b>,
) {
    message.text("role", "assistant");
    let has_more = |block| matches!(block, &Block::ToolCall(_) | &Block::Refusal(_));
    match words(blocks) {
        Some(words) => message.text("content", &words),
        None if blocks.iter().any(has_more) => message.null("content"),
        None => message.text("content", ""),
    }
    write_beside(message, blocks, id_of);
}

/// The model's words as one text; nothing where there are none.
pub(crate) fn words<'b>(blocks: &'b [Block<'_>]) -> Option<Text<'b>> {
    joined(blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(text.as_ref()),
        _ => None,
    }))
}

/// Writes what stands beside the model's words: why it declines, what it thought, its calls.
pub(crate) fn write_beside<'b>(
    message: &mut Members<'_>,
    blocks: &'b [Block<'_>],
    mut id_of: impl FnMut(&'b ToolCall<'_>) -> Text<'b>,
) {
    let refusal = blocks.iter().filter_map(|block| match block {
        Block::Refusal(text) => Some(text.as_ref()),
        _ => None,
    });
    if let Some(refusal) = joined(refusal) {
        message.text("refusal", &refusal);
    }
    let thoughts = blocks.iter().filter_map(|block| match block {
        Block::Reasoning(thought) => Some(thought),
        _ => None,
    });
    reasoning::write(message, &thoughts.collect::<Vec<_>>());
    if blocks.iter().any(|block| matches!(block, Block::ToolCall(_))) {
        message.list("tool_calls", |calls| {
            for block in blocks {
                if let Block::ToolCall(call) = block {
                    calls.object(|it| write_call(it, &id_of(call), call));
                }
            }
        });
    }
}

fn write_call(members: &mut Members<'_>, id: &str, call: &ToolCall<'_>) {
    members.text("id", id);
    members.text("type", "function");
    members.object("function", |function| {
        function.text("name", &call.name);
        let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
        function.text("arguments", arguments);
    });
}

/// The texts as one, with nothing between them; nothing where there is none.
fn joined<'t>(mut texts: impl Iterator<Item = &'t str>) -> Option<Text<'t>> {
    let mut all = Text::Borrowed(texts.next()?);
    for text in texts {
        all.to_mut().push_str(text);
    }
    Some(all)
}
