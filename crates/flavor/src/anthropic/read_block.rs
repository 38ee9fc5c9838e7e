//! Blocks of content as callers and models write them.

use serde_json::value::RawValue;

use crate::canon::{Block, Losses, Media, Reasoning, Source, Text, ToolCall, ToolResult};
use crate::json::object::{self, Misfit, Object};

/// What is left out wherever it stands, because it only makes a call cheaper or says where its text
/// came from.
const HINTS: [&str; 3] = ["cache_control", "citations", "caller"];

/// How deep blocks may stand within blocks: a document within what a tool came to.
const DEPTH: usize = 2;

/// The blocks of a `content`: a text, or a list of blocks. `path` is how the loss report names it.
pub(super) fn content<'a>(
    value: &'a RawValue,
    path: &'static str,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    content_within(value, path, 0, losses)
}

/// The same within blocks that have blocks themselves.
fn content_within<'a>(
    value: &'a RawValue,
    path: &'static str,
    depth: usize,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    if depth > DEPTH {
        return Err(Misfit::new("has blocks within blocks within blocks"));
    }
    if object::is_text(value) {
        return Ok(vec![Block::Text(object::text(value)?)]);
    }
    let wrong = |_| Misfit::new("should be a text or a list of blocks");
    let items = object::list(value).map_err(wrong)?;
    let mut blocks = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let read = block(item, path, depth, losses).map_err(|misfit| misfit.within(index))?;
        blocks.extend(read);
    }
    Ok(blocks)
}

/// One block; nothing where it has no counterpart anywhere, and the loss report names it.
fn block<'a>(
    value: &'a RawValue,
    path: &'static str,
    depth: usize,
    losses: &mut Losses,
) -> Result<Option<Block<'a>>, Misfit> {
    let mut block = Object::read(value)?;
    let kind = block.needed_text("type")?;
    for hint in HINTS {
        if block.take(hint).is_some() {
            losses.dropped(format!("{path}.{hint}"), "a hint that only Anthropic takes");
        }
    }
    let read = match kind.as_ref() {
        "text" => Block::Text(block.needed_text("text")?),
        "image" => Block::Image(media(&mut block)?),
        "document" => document(&mut block, path, depth, losses)?,
        "tool_use" => Block::ToolCall(tool_call(&mut block)?),
        "tool_result" => Block::ToolResult(tool_result(&mut block, depth, losses)?),
        "thinking" => Block::Reasoning(Reasoning {
            text: block.text("thinking")?.unwrap_or_default(),
            signature: block.text("signature")?.filter(|signature| !signature.is_empty()),
            sealed: None,
        }),
        "redacted_thinking" => Block::Reasoning(Reasoning {
            sealed: Some(block.needed_text("data")?),
            ..Reasoning::default()
        }),
        _ => {
            losses.unread(format!("{path}[{kind}]"), "a block that only Anthropic knows");
            return Ok(None);
        }
    };
    for (name, _) in block.rest() {
        losses.dropped(format!("{path}.{name}"), "a field that only Anthropic knows");
    }
    Ok(Some(read))
}

fn media<'a>(block: &mut Object<'a>) -> Result<Media<'a>, Misfit> {
    let wrong = || Misfit::new("is missing; an object has to stand here").at("source");
    let mut source = block.object("source")?.ok_or_else(wrong)?;
    let (source, mime) = place(&mut source).map_err(|misfit| misfit.at("source"))?;
    Ok(Media { source, mime, name: None, detail: None })
}

fn place<'a>(source: &mut Object<'a>) -> Result<(Source<'a>, Option<Text<'a>>), Misfit> {
    let kind = source.needed_text("type")?;
    match kind.as_ref() {
        "base64" => {
            let mime = source.needed_text("media_type")?;
            Ok((Source::Inline(source.needed_text("data")?), Some(mime)))
        }
        "url" => Ok((Source::Url(source.needed_text("url")?), None)),
        "file" => Ok((Source::Id(source.needed_text("file_id")?), None)),
        _ => Err(Misfit::new("should be `base64`, `url` or `file`").at("type")),
    }
}

/// A document. One that is plain text is text to every other flavor.
fn document<'a>(
    block: &mut Object<'a>,
    path: &'static str,
    depth: usize,
    losses: &mut Losses,
) -> Result<Block<'a>, Misfit> {
    let name = block.text("title")?;
    if block.take("context").is_some() {
        losses.dropped(format!("{path}.context"), "a field that only Anthropic knows");
    }
    let wrong = || Misfit::new("is missing; an object has to stand here").at("source");
    let mut source = block.object("source")?.ok_or_else(wrong)?;
    let at = |misfit: Misfit| misfit.at("source");
    let mut kind = source.clone();
    match kind.needed_text("type").map_err(at)?.as_ref() {
        "text" => {
            losses.approximated(format!("{path}[document]"), "sent as a text");
            Ok(Block::Text(source.needed_text("data").map_err(at)?))
        }
        "content" => {
            losses.approximated(format!("{path}[document]"), "sent as a text");
            let wrong = || Misfit::new("is missing").at("content");
            let value = source.take("content").ok_or_else(wrong).map_err(at)?;
            let blocks = content_within(value, path, depth + 1, losses);
            let blocks = blocks.map_err(|it| at(it.at("content")))?;
            Ok(Block::Text(Text::Owned(texts_of(&blocks))))
        }
        _ => {
            let (source, mime) = place(&mut source).map_err(at)?;
            Ok(Block::File(Media { source, mime, name, detail: None }))
        }
    }
}

/// The texts among blocks, one after the other.
fn texts_of(blocks: &[Block<'_>]) -> String {
    let text = |block: &Block<'_>| match block {
        Block::Text(text) => Some(text.to_string()),
        _ => None,
    };
    blocks.iter().filter_map(text).collect()
}

fn tool_call<'a>(block: &mut Object<'a>) -> Result<ToolCall<'a>, Misfit> {
    let arguments = block.take("input").map_or("{}", RawValue::get);
    if !arguments.starts_with('{') {
        return Err(Misfit::new("should be an object").at("input"));
    }
    Ok(ToolCall {
        id: block.needed_text("id")?,
        name: block.needed_text("name")?,
        arguments: Text::Borrowed(arguments),
        signature: None,
    })
}

fn tool_result<'a>(
    block: &mut Object<'a>,
    depth: usize,
    losses: &mut Losses,
) -> Result<ToolResult<'a>, Misfit> {
    const PATH: &str = "messages[].content[tool_result].content";
    let blocks = match block.take("content") {
        Some(value) => {
            content_within(value, PATH, depth + 1, losses).map_err(|misfit| misfit.at("content"))?
        }
        None => Vec::new(),
    };
    Ok(ToolResult {
        call: block.needed_text("tool_use_id")?,
        name: None,
        blocks,
        failed: block.flag("is_error")?.unwrap_or(false),
    })
}
