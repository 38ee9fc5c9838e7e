//! A whole message as Anthropic's clients take it.

use super::{ids, stop, usage, write_block};
use crate::canon::{Block, Choice, Face, Losses, Reply};
use crate::json::writer::{self, Items};

/// Writes a whole reply: the first answer, as there is one at a time.
pub fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("id", &format!("msg_{}", face.id));
        root.text("type", "message");
        root.text("role", "assistant");
        root.text("model", &face.model);
        let choice = reply.choices.first();
        root.list("content", |items| {
            if let Some(choice) = choice {
                content(choice, items);
            }
        });
        match choice.map(|choice| stop::write(&choice.stop)) {
            Some((reason, sequence)) => {
                root.text("stop_reason", reason);
                match sequence {
                    Some(text) => root.text("stop_sequence", text),
                    None => root.null("stop_sequence"),
                }
            }
            None => root.null("stop_reason"),
        }
        let used = reply.usage.unwrap_or_default();
        root.object("usage", |object| usage::write(&used, object));
    });
    out
}

fn content(choice: &Choice<'_>, items: &mut Items<'_>) {
    for block in &choice.blocks {
        match block {
            // Its signature means nothing to a client that may send it elsewhere.
            Block::Reasoning(thought) if !thought.text.is_empty() => items.object(|block| {
                block.text("type", "thinking");
                block.text("thinking", &thought.text);
                block.text("signature", "");
            }),
            Block::ToolCall(call) => items.object(|block| {
                block.text("type", "tool_use");
                block.text("id", &ids::legal(&call.id));
                block.text("name", &call.name);
                let mut unreported = Losses::default();
                block.raw("input", &write_block::input(&call.arguments, &mut unreported));
            }),
            // What was said is said, be it spaces alone.
            Block::Text(text) | Block::Refusal(text) if !text.is_empty() => {
                write_block::write_text(text, items);
            }
            // Nothing else is said by a model.
            _ => {}
        }
    }
}

/// The body of an answer to `count_tokens`.
pub fn count_body(input_tokens: u64) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| root.whole("input_tokens", input_tokens));
    out
}
