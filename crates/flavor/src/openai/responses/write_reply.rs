//! A whole response as its clients take it.

use super::output::{Item, Part, Status, write_response};
use super::stop;
use crate::canon::{Block, Choice, Face, Json, Reply, Stop, Text};
use crate::json::Object;
use crate::json::writer;

/// Writes a whole reply: the first answer, as there is one at a time.
pub fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let none = Stop::Other(Text::Borrowed(""));
    let choice = reply.choices.first();
    let stop = choice.map_or(&none, |choice| &choice.stop);
    let output = choice.map_or_else(Vec::new, |choice| items(choice, face));
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        let status = Status::Ended(stop, reply.usage);
        let write = |items: &mut writer::Items<'_>| {
            for (index, item) in output.iter().enumerate() {
                // What a response was in the midst of when it was cut off is its last item.
                let cut = index + 1 == output.len() && stop::incomplete(stop).is_some();
                let status = if cut { "incomplete" } else { "completed" };
                items.object(|object| item.write(face, index, status, object));
            }
        };
        write_response(face, status, write, root);
    });
    out
}

/// The items of an answer: what is said at once is one message.
fn items(choice: &Choice<'_>, face: &Face) -> Vec<Item> {
    let mut logprobs = choice.logprobs.as_ref().and_then(tokens);
    let mut items: Vec<Item> = Vec::new();
    let mut calls = 0;
    for block in &choice.blocks {
        let part = match block {
            Block::Text(text) => Part::Text(text.to_string(), logprobs.take()),
            Block::Refusal(text) => Part::Refusal(text.to_string()),
            Block::Reasoning(thought) => {
                // What it was sealed or signed with means nothing to who may send it elsewhere.
                if !thought.text.is_empty() {
                    items.push(Item::Reasoning(thought.text.to_string()));
                }
                continue;
            }
            Block::ToolCall(call) => {
                let (name, arguments) = (call.name.to_string(), call.arguments.to_string());
                items.push(Item::Call { id: call_id(&call.id, face, calls), name, arguments });
                calls += 1;
                continue;
            }
            // Nothing else is said by a model.
            _ => continue,
        };
        match items.last_mut() {
            Some(Item::Message(parts)) => parts.push(part),
            _ => items.push(Item::Message(vec![part])),
        }
    }
    items
}

/// The id of a call, which some providers do not give: then one of this reply's own.
pub(super) fn call_id(id: &str, face: &Face, call: u32) -> String {
    if id.is_empty() { format!("call_{}_{call}", face.id) } else { id.to_owned() }
}

/// How likely tokens were, without what chat completions have around the list.
fn tokens(logprobs: &Json<'_>) -> Option<String> {
    let mut logprobs = Object::parse(logprobs.as_str()).ok()?;
    let list = logprobs.take("content")?.get();
    list.starts_with('[').then(|| list.to_owned())
}
