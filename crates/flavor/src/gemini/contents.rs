//! The conversation, as it is written: `systemInstruction` and `contents`.

use std::collections::HashMap;

use super::{media, part::NO_SIGNATURE, tool_result::write_result};
use crate::canon::{Block, Losses, Reasoning, Request, Role, ToolCall, ToolResult};
use crate::json::writer::{Items, Members};

/// The calls of a conversation as far as it is written.
#[derive(Default)]
struct Calls<'a> {
    /// Each tool's name by the call's id.
    names: HashMap<&'a str, &'a str>,
    /// The places of the latest turn's calls, by their ids.
    places: HashMap<&'a str, usize>,
}

/// Writes `systemInstruction` and `contents`.
pub(super) fn write_contents(root: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    let system = system_texts(request, losses);
    if !system.is_empty() {
        root.object("systemInstruction", |content| {
            content.list("parts", |parts| {
                for text in system {
                    parts.object(|part| part.text("text", text));
                }
            });
        });
    }
    root.list("contents", |contents| {
        let mut calls = Calls::default();
        for (role, mut blocks) in merged(request, losses) {
            calls.follow(role, &mut blocks);
            contents.object(|content| {
                let role = if role == Role::Assistant { "model" } else { "user" };
                content.text("role", role);
                content.list("parts", |parts| {
                    write_blocks(parts, &blocks, &calls, is_unsigned(&blocks), losses);
                });
            });
        }
    });
}

/// All that the system says: there is one place for it, before the conversation.
fn system_texts<'a>(request: &'a Request<'_>, losses: &mut Losses) -> Vec<&'a str> {
    let mut texts: Vec<&str> = request.system.iter().map(AsRef::as_ref).collect();
    for turn in request.turns.iter().filter(|turn| turn.role == Role::System) {
        losses.approximated("messages[].role", "the system speaks before the conversation there");
        for block in &turn.blocks {
            match block {
                Block::Text(text) => texts.push(text),
                _ => losses.refused("messages[].content", "the system says only texts there"),
            }
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}

/// The turns, neighbours of one role as one, without what cannot be said there.
fn merged<'a>(request: &'a Request<'_>, losses: &mut Losses) -> Vec<(Role, Vec<&'a Block<'a>>)> {
    let mut merged: Vec<(Role, Vec<&Block<'_>>)> = Vec::new();
    for turn in request.turns.iter().filter(|turn| turn.role != Role::System) {
        for block in turn.blocks.iter().filter(|block| is_said(block, losses)) {
            match merged.last_mut() {
                Some((role, blocks)) if *role == turn.role => blocks.push(block),
                _ => merged.push((turn.role, vec![block])),
            }
        }
    }
    merged
}

/// Whether a block is written at all.
fn is_said(block: &Block<'_>, losses: &mut Losses) -> bool {
    match block {
        Block::Text(text) => !text.is_empty(),
        Block::Refusal(text) => {
            losses.approximated("refusal", "is a text like any other there");
            !text.is_empty()
        }
        Block::Reasoning(Reasoning { sealed: Some(_), .. }) => {
            losses.dropped("redacted_thinking", "only the provider it came from can open it");
            false
        }
        Block::Reasoning(Reasoning { text, signature, .. }) => {
            !text.is_empty() || signature.is_some()
        }
        Block::ToolCall(_) | Block::ToolResult(_) => true,
        Block::Image(_) | Block::Audio(_) | Block::File(_) => media::is_reachable(block, losses),
    }
}

impl<'a> Calls<'a> {
    /// Takes note of a turn's calls, or puts its results first and into the order of their calls.
    fn follow(&mut self, role: Role, blocks: &mut [&'a Block<'a>]) {
        if role != Role::Assistant {
            blocks.sort_by_key(|block| match block {
                Block::ToolResult(result) => {
                    let place = self.places.get(result.call.as_ref()).copied();
                    (false, place.unwrap_or(usize::MAX))
                }
                _ => (true, 0),
            });
            return;
        }
        self.places.clear();
        for block in blocks {
            if let Block::ToolCall(call) = block {
                self.places.insert(&call.id, self.places.len());
                self.names.insert(&call.id, &call.name);
            }
        }
    }

    /// The name of the tool that a result is of.
    fn name_for<'r>(&'r self, result: &'r ToolResult<'_>, losses: &mut Losses) -> &'r str {
        let own = result.name.as_deref().filter(|name| !name.is_empty());
        if let Some(name) = own.or_else(|| self.names.get(result.call.as_ref()).copied()) {
            return name;
        }
        losses.approximated("messages[].tool_call_id", "answers no call of this conversation");
        if result.call.is_empty() { "unknown" } else { &result.call }
    }
}

/// Writes blocks as parts. `unsigned` says that the first call has to say that its thought was
/// another provider's.
fn write_blocks(
    parts: &mut Items<'_>,
    blocks: &[&Block<'_>],
    calls: &Calls<'_>,
    mut unsigned: bool,
    losses: &mut Losses,
) {
    let mut rest = blocks.iter();
    while let Some(block) = rest.next() {
        parts.object(|part| match block {
            Block::ToolCall(call) => {
                let own = call.signature.as_deref();
                let signature = own.or(std::mem::take(&mut unsigned).then_some(NO_SIGNATURE));
                write_call(part, call, signature, losses);
            }
            Block::ToolResult(result) => {
                let name = calls.name_for(result, losses);
                part.object("functionResponse", |it| write_result(it, result, name, losses));
            }
            Block::Reasoning(thought) => write_thought(part, thought),
            block => {
                let signature = rest.as_slice().first().and_then(|next| bare_signature(next));
                if signature.is_some() {
                    rest.next();
                }
                write_said(part, block, signature, losses);
            }
        });
    }
}

/// Writes the parts of an answer. Calls whose arguments are no object are left out; whether there
/// are any is what [`has_broken_call`] says.
pub(super) fn write_answer(parts: &mut Items<'_>, blocks: &[Block<'_>]) {
    let mut losses = Losses::default();
    let is_left = |block: &&Block<'_>| !is_broken_call(block) && is_said(block, &mut losses);
    let blocks: Vec<&Block<'_>> = blocks.iter().filter(is_left).collect();
    write_blocks(parts, &blocks, &Calls::default(), false, &mut losses);
}

/// Whether an answer has a call whose arguments are no object.
pub(super) fn has_broken_call(blocks: &[Block<'_>]) -> bool {
    blocks.iter().any(is_broken_call)
}

fn is_broken_call(block: &Block<'_>) -> bool {
    matches!(block, Block::ToolCall(call) if object_of(&call.arguments).is_none())
}

/// Whether no call of a turn has a signature. Google's later models refuse such a turn.
fn is_unsigned(blocks: &[&Block<'_>]) -> bool {
    let signed =
        |block: &&Block<'_>| matches!(block, Block::ToolCall(ToolCall { signature: Some(_), .. }));
    !blocks.iter().any(signed)
}

/// The signature of an empty thought, which stood on the part before it.
fn bare_signature<'a>(block: &'a Block<'_>) -> Option<&'a str> {
    match block {
        Block::Reasoning(thought) if thought.text.is_empty() => thought.signature.as_deref(),
        _ => None,
    }
}

fn write_call(
    part: &mut Members<'_>,
    call: &ToolCall<'_>,
    signature: Option<&str>,
    losses: &mut Losses,
) {
    write_function_call(part, &call.id, &call.name, |own| match object_of(&call.arguments) {
        Some(arguments) => own.raw("args", arguments),
        None => {
            losses
                .approximated("tool_calls[].arguments", "are no JSON object, and are sent as text");
            own.object("args", |args| args.text("_raw", &call.arguments));
        }
    });
    write_signature(part, signature);
}

/// Writes `functionCall`, its arguments by `args`.
pub(super) fn write_function_call(
    part: &mut Members<'_>,
    id: &str,
    name: &str,
    args: impl FnOnce(&mut Members<'_>),
) {
    part.object("functionCall", |own| {
        if !id.is_empty() {
            own.text("id", id);
        }
        own.text("name", name);
        args(own);
    });
}

/// Writes `thoughtSignature`, where there is one.
pub(super) fn write_signature(part: &mut Members<'_>, signature: Option<&str>) {
    if let Some(signature) = signature {
        part.text("thoughtSignature", signature);
    }
}

fn write_thought(part: &mut Members<'_>, thought: &Reasoning<'_>) {
    part.text("text", &thought.text);
    part.flag("thought", true);
    write_signature(part, thought.signature.as_deref());
}

/// Writes what is said or shown.
fn write_said(
    part: &mut Members<'_>,
    block: &Block<'_>,
    signature: Option<&str>,
    losses: &mut Losses,
) {
    match block {
        Block::Text(text) | Block::Refusal(text) => part.text("text", text),
        block => media::write_media(part, block, losses),
    }
    write_signature(part, signature);
}

/// Arguments as the object they have to be there; nothing where they are none.
pub(super) fn object_of(arguments: &str) -> Option<&str> {
    let text = arguments.trim_ascii();
    if text.is_empty() {
        return Some("{}");
    }
    let value = serde_json::from_str::<&serde_json::value::RawValue>(text).ok()?;
    value.get().starts_with('{').then(|| value.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon::{Media, Source, Turn};
    use crate::json::writer;

    fn written(turns: Vec<(Role, Vec<Block<'static>>)>) -> (String, String) {
        let mut request = crate::canon::Request::to("m");
        let turns = turns.into_iter().map(|(role, blocks)| Turn { role, blocks });
        request.turns = turns.collect();
        let (mut out, mut losses) = (Vec::new(), Losses::default());
        writer::object(&mut out, |root| write_contents(root, &request, &mut losses));
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    fn says(text: &'static str) -> Block<'static> {
        Block::Text(text.into())
    }

    fn call(id: &'static str, arguments: &'static str) -> Block<'static> {
        let (id, name, arguments) = (id.into(), "f".into(), arguments.into());
        Block::ToolCall(ToolCall { id, name, arguments, signature: Some("s".into()) })
    }

    fn result(call: &'static str) -> Block<'static> {
        let blocks = vec![says("x")];
        Block::ToolResult(ToolResult { call: call.into(), name: None, blocks, failed: false })
    }

    #[test]
    fn neighbours_of_one_role_are_one_turn_and_the_system_speaks_first() {
        let (out, losses) = written(vec![
            (Role::User, vec![says("a"), says("")]),
            (Role::System, vec![says("b")]),
            (Role::Assistant, vec![says("")]),
            (Role::User, vec![says("c")]),
        ]);
        let expected = concat!(
            r#"{"systemInstruction":{"parts":[{"text":"b"}]},"#,
            r#""contents":[{"role":"user","parts":[{"text":"a"},{"text":"c"}]}]}"#
        );
        assert_eq!(out, expected);
        assert_eq!(losses, "messages[].role;approximated");
    }

    #[test]
    fn results_come_first_and_in_the_order_of_their_calls() {
        let (out, losses) = written(vec![
            (Role::Assistant, vec![call("1", ""), call("2", "{}")]),
            (Role::User, vec![says("so"), result("2")]),
            (Role::User, vec![result("1")]),
        ]);
        let at = |text: &str| out.rfind(text).unwrap();
        assert!(
            at(r#"{"id":"1","name":"f","response""#) < at(r#"{"id":"2","name":"f","response""#)
        );
        assert!(at(r#"{"id":"2""#) < at(r#"{"text":"so"}"#));
        assert_eq!(losses, "");
    }

    #[test]
    fn what_cannot_be_said_is_named() {
        let sealed = Reasoning { sealed: Some("z".into()), ..Reasoning::default() };
        let source = Source::Id("file-abc".into());
        let file = Block::File(Media { source, mime: None, name: None, detail: None });
        let (out, losses) = written(vec![
            (Role::User, vec![file]),
            (Role::System, vec![result("9")]),
            (Role::Assistant, vec![Block::Reasoning(sealed), Block::Refusal("no".into())]),
            (Role::Assistant, vec![call("1", r#"{"a":"#)]),
            (Role::User, vec![result("9")]),
        ]);
        assert!(out.contains(r#""args":{"_raw":"{\"a\":"}"#), "{out}");
        assert_eq!(
            losses,
            "messages[].role;approximated, messages[].content;refused, file_id;refused, \
             redacted_thinking;dropped, refusal;approximated, \
             tool_calls[].arguments;approximated, messages[].tool_call_id;approximated"
        );
    }
}
