//! Items of a conversation as callers and models write them.

use serde_json::value::RawValue;

use super::media;
use super::names::Names;
use crate::canon::{Block, Losses, Reasoning, Role, Text, ToolCall, ToolResult};
use crate::json::object::{self, Misfit, Object};

const PATH: &str = "input";
const PART: &str = "input[].content";
const RESULT: &str = "input[].output";

/// What stands between the parts of one thought.
pub(super) const BETWEEN_THOUGHTS: &str = "\n\n";

/// An item that is a part of the conversation.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// Whose it is.
    pub role: Role,
    /// What it consists of; one block, unless it is a message.
    pub blocks: Vec<Block<'a>>,
    /// Whether it is a message, and no call, result or thought.
    pub message: bool,
}

/// Reads an item; nothing where it has no counterpart anywhere, and the loss report names it.
pub(super) fn read<'a>(
    value: &'a RawValue,
    names: &Names<'_>,
    losses: &mut Losses,
) -> Result<Option<Item<'a>>, Misfit> {
    let mut item = Object::read(value)?;
    // A message may do without.
    let kind = item.text("type")?.unwrap_or(Text::Borrowed("message"));
    // Where it stands in OpenAI's store, and how far it had come; neither says anything elsewhere.
    let id = item.take("id").map_or("", RawValue::get);
    item.take("status");
    let one = |role, block| Item { role, blocks: vec![block], message: false };
    let read = match kind.as_ref() {
        "message" => message(&mut item, losses)?,
        "function_call" => one(Role::Assistant, Block::ToolCall(call(&mut item, names)?)),
        "function_call_output" => {
            one(Role::User, Block::ToolResult(result(&mut item, names, losses)?))
        }
        "reasoning" => {
            let thought = reasoning(&mut item)?;
            if thought.text.is_empty() && thought.sealed.is_none() && !id.is_empty() {
                losses.unread("input[reasoning].id", "the thought itself is kept at OpenAI");
            }
            one(Role::Assistant, Block::Reasoning(thought))
        }
        "item_reference" => {
            // Of a thought there is nothing to send to anybody else.
            if id.starts_with("\"rs_") {
                losses.unread("input[item_reference].reasoning", "thoughts of an earlier turn");
            } else {
                let why = "nothing is stored here; with `store: false` SDKs send items whole";
                losses.refused("input[item_reference]", why);
            }
            return Ok(None);
        }
        "compaction" | "compaction_summary" => {
            let kind = format!("input[{kind}]");
            losses.refused(kind, "it stands for turns that only OpenAI can read");
            return Ok(None);
        }
        _ => {
            losses.unread(format!("input[{kind}]"), "an item that only OpenAI knows");
            return Ok(None);
        }
    };
    note_rest(&item, PATH, losses);
    Ok(Some(read))
}

fn note_rest(object: &Object<'_>, path: &str, losses: &mut Losses) {
    for (name, _) in object.rest() {
        losses.dropped(format!("{path}[].{name}"), "a field that only OpenAI knows");
    }
}

fn message<'a>(item: &mut Object<'a>, losses: &mut Losses) -> Result<Item<'a>, Misfit> {
    let role = match item.needed_text("role")?.as_ref() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        _ => {
            let words = "should be `user`, `assistant`, `system` or `developer`";
            return Err(Misfit::new(words).at("role"));
        }
    };
    let wrong = || Misfit::new("is missing; a text or a list of parts has to stand here");
    let content = item.take("content").ok_or_else(|| wrong().at("content"))?;
    let blocks = parts(content, PART, losses).map_err(|misfit| misfit.at("content"))?;
    Ok(Item { role, blocks, message: true })
}

/// A text, or a list of parts. `path` is how the loss report names one.
fn parts<'a>(
    value: &'a RawValue,
    path: &'static str,
    losses: &mut Losses,
) -> Result<Vec<Block<'a>>, Misfit> {
    if object::is_text(value) {
        return Ok(vec![Block::Text(object::text(value)?)]);
    }
    let wrong = |_| Misfit::new("should be a text or a list of parts");
    let items = object::list(value).map_err(wrong)?;
    let mut blocks = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let read = part(item, path, losses).map_err(|misfit| misfit.within(index))?;
        blocks.extend(read);
    }
    Ok(blocks)
}

fn part<'a>(
    value: &'a RawValue,
    path: &'static str,
    losses: &mut Losses,
) -> Result<Option<Block<'a>>, Misfit> {
    let mut part = Object::read(value)?;
    let kind = part.needed_text("type")?;
    let block = match kind.as_ref() {
        "input_text" | "output_text" | "text" => {
            // Every text of a model has them, and nearly always none.
            for list in ["annotations", "logprobs"] {
                if part.take(list).is_some_and(|list| list.get() != "[]") {
                    losses.dropped(format!("{path}[].{list}"), "it says where a text came from");
                }
            }
            Block::Text(part.needed_text("text")?)
        }
        "refusal" => Block::Refusal(part.needed_text("refusal")?),
        "input_image" => Block::Image(media::read_image(&mut part)?),
        "input_file" => Block::File(media::read_file(&mut part)?),
        "input_audio" => Block::Audio(media::read_audio(&mut part)?),
        _ => {
            losses.refused(format!("{path}[{kind}]"), "a part that only OpenAI knows");
            return Ok(None);
        }
    };
    note_rest(&part, path, losses);
    Ok(Some(block))
}

/// Reads a call of a function.
pub(super) fn call<'a>(item: &mut Object<'a>, names: &Names<'_>) -> Result<ToolCall<'a>, Misfit> {
    let group = item.text("namespace")?;
    let name = item.needed_text("name")?;
    let arguments = item.needed_text("arguments")?;
    let none = arguments.trim().is_empty();
    Ok(ToolCall {
        signature: None,
        id: item.needed_text("call_id")?,
        name: names.flat(group.as_deref(), name),
        arguments: if none { Text::Borrowed("{}") } else { arguments },
    })
}

fn result<'a>(
    item: &mut Object<'a>,
    names: &Names<'_>,
    losses: &mut Losses,
) -> Result<ToolResult<'a>, Misfit> {
    let group = item.text("namespace")?;
    let name = item.text("name")?;
    let wrong = || Misfit::new("is missing; a text or a list of parts has to stand here");
    let output = item.take("output").ok_or_else(|| wrong().at("output"))?;
    Ok(ToolResult {
        call: item.needed_text("call_id")?,
        name: name.map(|name| names.flat(group.as_deref(), name)),
        blocks: parts(output, RESULT, losses).map_err(|misfit| misfit.at("output"))?,
        failed: false,
    })
}

/// Reads a thought: its own words where they are shown, and else what they come to.
pub(super) fn reasoning<'a>(item: &mut Object<'a>) -> Result<Reasoning<'a>, Misfit> {
    let summary = thoughts(item, "summary")?;
    let content = thoughts(item, "content")?;
    Ok(Reasoning {
        text: if content.is_empty() { summary } else { content },
        signature: None,
        sealed: item.text("encrypted_content")?.filter(|sealed| !sealed.is_empty()),
    })
}

fn thoughts<'a>(item: &mut Object<'a>, field: &str) -> Result<Text<'a>, Misfit> {
    let mut whole = Text::Borrowed("");
    for (index, value) in item.list(field)?.unwrap_or_default().into_iter().enumerate() {
        let text = Object::read(value).and_then(|mut part| part.needed_text("text"));
        let text = text.map_err(|misfit| misfit.within(index).at(field))?;
        if index == 0 {
            whole = text;
        } else {
            let whole = whole.to_mut();
            whole.push_str(BETWEEN_THOUGHTS);
            whole.push_str(&text);
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(item: &str) -> Block<'static> {
        let item: &'static str = item.to_owned().leak();
        let value: &RawValue = serde_json::from_str(item).unwrap();
        let read = read(value, &Names::default(), &mut Losses::default()).unwrap().unwrap();
        read.blocks.into_iter().next().unwrap()
    }

    #[test]
    fn the_words_of_a_thought_count_over_their_summary() {
        let item = r#"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"content":CONTENT,"encrypted_content":"gAAA"}"#;
        let sealed = Some("gAAA".into());
        let thought = |text: &'static str| {
            Block::Reasoning(Reasoning {
                text: text.into(),
                signature: None,
                sealed: sealed.clone(),
            })
        };
        assert_eq!(block(&item.replace("CONTENT", "null")), thought("a\n\nb"));
        let content = r#"[{"type":"reasoning_text","text":"c"}]"#;
        assert_eq!(block(&item.replace("CONTENT", content)), thought("c"));
    }

    #[test]
    fn a_call_without_arguments_has_none() {
        let call = block(
            r#"{"type":"function_call","call_id":"c","name":"f","arguments":"","namespace":"g"}"#,
        );
        let expected = ToolCall {
            signature: None,
            id: "c".into(),
            name: "g__f".into(),
            arguments: "{}".into(),
        };
        assert_eq!(call, Block::ToolCall(expected));
    }
}
