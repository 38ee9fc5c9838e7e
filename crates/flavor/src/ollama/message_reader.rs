//! Reading the messages of a chat.

use serde_json::value::RawValue;

use super::{call_ids, media, tools};
use crate::canon::{Block, Losses, Reasoning, Role, Text, ToolResult, Turn};
use crate::json::{Misfit, Object};

/// The pieces of system text that stand first, and the conversation after them.
pub(crate) type Conversation<'a> = (Vec<Text<'a>>, Vec<Turn<'a>>);

/// Takes the messages out of a request.
pub(super) fn read<'a>(
    request: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Conversation<'a>, Misfit> {
    let (mut system, mut turns) = (Vec::new(), Vec::new());
    for (at, message) in request.list("messages")?.unwrap_or_default().into_iter().enumerate() {
        let placed = |misfit: Misfit| misfit.within(at).at("messages");
        let mut turn = read_message(message, losses).map_err(placed)?;
        match turn.blocks.as_mut_slice() {
            [Block::Text(text)] if turn.role == Role::System && turns.is_empty() => {
                system.push(std::mem::take(text));
            }
            _ => turns.push(turn),
        }
    }
    call_ids::of_conversation(&mut turns);
    Ok((system, turns))
}

fn read_message<'a>(value: &'a RawValue, losses: &mut Losses) -> Result<Turn<'a>, Misfit> {
    let mut members = Object::read(value)?;
    let role = members.needed_text("role")?.to_ascii_lowercase();
    let content = members.text("content")?.unwrap_or_default();
    // Servers set the pictures before the words.
    let mut blocks = media::read(&mut members)?;
    let turn = match role.as_str() {
        "system" => Turn { role: Role::System, blocks: with_text(blocks, content) },
        "user" => Turn { role: Role::User, blocks: with_text(blocks, content) },
        "assistant" => {
            let thinking = members.text("thinking")?.filter(|text| !text.is_empty());
            if let Some(text) = thinking {
                blocks.insert(0, Block::Reasoning(Reasoning { text, ..Reasoning::default() }));
            }
            let calls = tools::read_calls(&mut members, Some(losses))?;
            if !content.is_empty() || (blocks.is_empty() && calls.is_empty()) {
                blocks.push(Block::Text(content));
            }
            blocks.extend(calls.into_iter().map(Block::ToolCall));
            Turn { role: Role::Assistant, blocks }
        }
        "tool" => {
            let call = members.text("tool_call_id")?.unwrap_or_default();
            let name = members.text("tool_name")?.filter(|name| !name.is_empty());
            let blocks = with_text(blocks, content);
            let result = ToolResult { call, name, blocks, failed: false };
            Turn { role: Role::User, blocks: vec![Block::ToolResult(result)] }
        }
        _ => return Err(Misfit::new("should be system, user, assistant or tool").at("role")),
    };
    for (name, _) in members.rest() {
        losses.dropped(format!("messages[].{name}"), "not known in a message");
    }
    Ok(turn)
}

/// The words behind the pictures. Words that are empty are left out unless they are all there is.
fn with_text<'a>(mut blocks: Vec<Block<'a>>, text: Text<'a>) -> Vec<Block<'a>> {
    if !text.is_empty() || blocks.is_empty() {
        blocks.push(Block::Text(text));
    }
    blocks
}
