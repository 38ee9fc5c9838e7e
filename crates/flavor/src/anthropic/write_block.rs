//! Blocks of content as Anthropic takes them.

use std::borrow::Cow;

use super::ids;
use crate::canon::{Block, Losses, Media, Reasoning, Source, Text, ToolCall, ToolResult};
use crate::json::writer::{Items, Members};

const PDF: &str = "application/pdf";

/// Whether a block is written at all. A text of spaces alone is not taken there, and a thought only
/// with the signature of whoever had it.
pub(super) fn is_written(block: &Block<'_>) -> bool {
    match block {
        Block::Text(text) | Block::Refusal(text) => !text.trim().is_empty(),
        Block::Reasoning(thought) => thought.signature.is_some() || thought.sealed.is_some(),
        _ => true,
    }
}

/// Writes the blocks of a turn, as far as they are written.
pub(super) fn write(blocks: &[&Block<'_>], into: &mut Items<'_>, losses: &mut Losses) {
    for block in blocks {
        match block {
            Block::Text(text) | Block::Refusal(text) if text.trim().is_empty() => {}
            Block::Text(text) => write_text(text, into),
            Block::Refusal(text) => {
                losses
                    .approximated("messages[].refusal", "a refusal is a text like any other there");
                write_text(text, into);
            }
            Block::Image(media) => write_media("image", media, into, losses),
            Block::File(media) => write_media("document", media, into, losses),
            Block::Audio(_) => losses.refused("messages[].content[audio]", "no sounds there"),
            Block::ToolCall(call) => tool_call(call, into, losses),
            Block::ToolResult(result) => tool_result(result, into, losses),
            Block::Reasoning(thought) => write_thought(thought, into),
        }
    }
}

pub(super) fn write_text(text: &str, into: &mut Items<'_>) {
    into.object(|block| {
        block.text("type", "text");
        block.text("text", text);
    });
}

/// Writes a thought as whoever had it takes it back: with its signature, or sealed.
fn write_thought(thought: &Reasoning<'_>, into: &mut Items<'_>) {
    if let Some(signature) = &thought.signature {
        into.object(|block| {
            block.text("type", "thinking");
            block.text("thinking", &thought.text);
            block.text("signature", signature);
        });
    }
    if let Some(sealed) = &thought.sealed {
        into.object(|block| {
            block.text("type", "redacted_thinking");
            block.text("data", sealed);
        });
    }
}

fn write_media(kind: &str, media: &Media<'_>, into: &mut Items<'_>, losses: &mut Losses) {
    if media.detail.is_some() {
        losses.dropped("messages[].content[].detail", "no such knob there");
    }
    match (&media.source, media.mime.as_deref()) {
        (Source::Id(_), _) => {
            losses.refused("messages[].content[].file_id", "files of another provider");
        }
        (Source::Inline(_), mime) if kind == "document" && mime != Some(PDF) => {
            losses.refused("messages[].content[file]", "only PDF and text there");
        }
        (source, mime) => into.object(|block| {
            block.text("type", kind);
            block.object("source", |object| write_source(source, mime, object));
            if let Some(name) = media.name.as_deref().filter(|_| kind == "document") {
                block.text("title", name);
            }
        }),
    }
}

fn write_source(source: &Source<'_>, mime: Option<&str>, into: &mut Members<'_>) {
    match source {
        Source::Inline(data) => {
            into.text("type", "base64");
            into.text("media_type", mime.unwrap_or("application/octet-stream"));
            into.text("data", data);
        }
        Source::Url(url) | Source::Id(url) => {
            into.text("type", "url");
            into.text("url", url);
        }
    }
}

fn tool_call(call: &ToolCall<'_>, into: &mut Items<'_>, losses: &mut Losses) {
    let input = input(&call.arguments, losses);
    into.object(|block| {
        block.text("type", "tool_use");
        block.text("id", &ids::legal(&call.id));
        block.text("name", &call.name);
        block.raw("input", &input);
    });
}

/// Arguments as an object. Of a call that a model cut short they may be none; then what there is of
/// them is said as it is.
pub(super) fn input<'a>(arguments: &'a Text<'_>, losses: &mut Losses) -> Cow<'a, str> {
    let text = arguments.trim();
    if text.is_empty() {
        return Cow::Borrowed("{}");
    }
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_json && text.starts_with('{') {
        return Cow::Borrowed(text);
    }
    losses.approximated("messages[].tool_calls[].arguments", "they are no object");
    let mut out = Vec::new();
    crate::json::writer::object(&mut out, |object| object.text("_raw", arguments));
    Cow::Owned(String::from_utf8(out).unwrap_or_default())
}

fn tool_result(result: &ToolResult<'_>, into: &mut Items<'_>, losses: &mut Losses) {
    into.object(|block| {
        block.text("type", "tool_result");
        block.text("tool_use_id", &ids::legal(&result.call));
        match result.blocks.as_slice() {
            [] => {}
            [Block::Text(text)] => block.text("content", text),
            blocks => block.list("content", |items| {
                let blocks: Vec<&Block<'_>> = blocks.iter().collect();
                write(&blocks, items, losses);
            }),
        }
        if result.failed {
            block.flag("is_error", true);
        }
    });
}
