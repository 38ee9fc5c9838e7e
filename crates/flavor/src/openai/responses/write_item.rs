//! The turns of a conversation as items.

use std::collections::VecDeque;

use super::media;
use crate::canon::{Block, Losses, Reasoning, Role, Text, ToolCall, ToolResult, Turn};
use crate::json::writer::Items;

const PART: &str = "messages[].content";
const RESULT: &str = "messages[].tool_result";

/// How many calls without ids are looked through for the one that a result answers; models ask for a
/// few at once.
const SIDE_BY_SIDE: usize = 256;

/// How a tool's failure is said, for which there is no field.
const FAILED: &str = "The tool failed.";

/// Writes turns as items.
#[derive(Debug, Default)]
pub(super) struct ItemWriter<'a> {
    /// Calls that had no id: the tool, and the number that became its id.
    unnamed: VecDeque<(&'a str, u64)>,
    /// How many ids were made.
    made: u64,
}

impl<'a> ItemWriter<'a> {
    /// Writes the items of one turn: a message for what is said at once, and an item for each call,
    /// result and thought.
    pub(super) fn write(&mut self, turn: &'a Turn<'a>, into: &mut Items<'_>, losses: &mut Losses) {
        let mut said: &[Block<'_>] = &turn.blocks;
        while let Some(first) = said.first() {
            let length = said.iter().take_while(|block| is_part(block)).count();
            if length > 0 {
                let (message, rest) = said.split_at(length);
                write_message(turn.role, message, into, losses);
                said = rest;
                continue;
            }
            match first {
                Block::ToolCall(call) => self.call(call, into),
                Block::ToolResult(result) => self.result(result, into, losses),
                Block::Reasoning(Reasoning { sealed: Some(sealed), .. }) => thought(sealed, into),
                // A thought is only taken back sealed by whoever had it.
                _ => losses.dropped("messages[].reasoning", "thoughts of another provider"),
            }
            said = said.split_first().map_or(&[], |(_, rest)| rest);
        }
    }

    fn call(&mut self, call: &'a ToolCall<'_>, into: &mut Items<'_>) {
        let id = if call.id.is_empty() {
            self.made += 1;
            self.unnamed.push_back((&call.name, self.made));
            made(self.made)
        } else {
            call.id.clone()
        };
        into.object(|item| {
            item.text("type", "function_call");
            item.text("call_id", &id);
            item.text("name", &call.name);
            item.text("arguments", &call.arguments);
        });
    }

    fn result(&mut self, result: &ToolResult<'_>, into: &mut Items<'_>, losses: &mut Losses) {
        let id = if result.call.is_empty() {
            self.answered(result.name.as_deref())
        } else {
            result.call.clone()
        };
        if result.failed {
            losses.approximated(format!("{RESULT}.is_error"), "said in words");
        }
        into.object(|item| {
            item.text("type", "function_call_output");
            item.text("call_id", &id);
            match result.blocks.as_slice() {
                [] if result.failed => item.text("output", FAILED),
                [] => item.text("output", ""),
                [Block::Text(text)] if result.failed => {
                    item.format("output", format_args!("{FAILED}\n{text}"));
                }
                [Block::Text(text)] => item.text("output", text),
                blocks => item.list("output", |parts| {
                    if result.failed {
                        write_text("input_text", FAILED, parts);
                    }
                    for block in blocks {
                        match block {
                            Block::Audio(_) => {
                                losses.refused(format!("{RESULT}[audio]"), "no sounds there");
                            }
                            block => write_part(Role::User, block, parts, RESULT, losses),
                        }
                    }
                }),
            }
        });
    }

    /// The id of the call that a result without one answers: the first one that is open, of its
    /// tool where that is said.
    fn answered(&mut self, name: Option<&str>) -> Text<'static> {
        let is_it = |(tool, _): &(&str, u64)| name.is_none_or(|name| name == *tool);
        let open = self
            .unnamed
            .iter()
            .take(SIDE_BY_SIDE)
            .position(is_it)
            .and_then(|at| self.unnamed.remove(at));
        made(open.map_or(0, |(_, number)| number))
    }
}

/// Writes a sealed thought, as whoever had it takes it back.
fn thought(sealed: &str, into: &mut Items<'_>) {
    into.object(|item| {
        item.text("type", "reasoning");
        item.list("summary", |_| ());
        item.text("encrypted_content", sealed);
    });
}

fn made(number: u64) -> Text<'static> {
    Text::Owned(format!("call_{number}"))
}

fn is_part(block: &Block<'_>) -> bool {
    !matches!(block, Block::ToolCall(_) | Block::ToolResult(_) | Block::Reasoning(_))
}

/// Writes a message. `role` says what its texts are called.
fn write_message(role: Role, blocks: &[Block<'_>], into: &mut Items<'_>, losses: &mut Losses) {
    into.object(|item| {
        item.text("type", "message");
        item.text(
            "role",
            match role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            },
        );
        match blocks {
            [Block::Text(text)] => item.text("content", text),
            blocks => item.list("content", |parts| {
                for block in blocks {
                    write_part(role, block, parts, PART, losses);
                }
            }),
        }
    });
}

/// Writes a message of one text.
pub(super) fn write_system(text: &str, into: &mut Items<'_>) {
    into.object(|item| {
        item.text("type", "message");
        item.text("role", "system");
        item.text("content", text);
    });
}

fn write_part(
    role: Role,
    block: &Block<'_>,
    into: &mut Items<'_>,
    path: &str,
    losses: &mut Losses,
) {
    let model = role == Role::Assistant;
    match block {
        Block::Text(text) if model => write_text("output_text", text, into),
        Block::Text(text) => write_text("input_text", text, into),
        Block::Refusal(text) if model => into.object(|part| {
            part.text("type", "refusal");
            part.text("refusal", text);
        }),
        Block::Refusal(text) => write_text("input_text", text, into),
        Block::Image(_) | Block::File(_) | Block::Audio(_) if model => {
            losses.refused(format!("{path}[media]"), "models say nothing but words there");
        }
        Block::Image(media) => media::write_image(media, into, path, losses),
        Block::File(media) => media::write_file(media, into, path, losses),
        Block::Audio(media) => media::write_audio(media, into, path, losses),
        // They are no parts of a message or of a result.
        Block::ToolCall(_) | Block::ToolResult(_) | Block::Reasoning(_) => {
            losses.dropped(format!("{path}[item]"), "no place for it within a result");
        }
    }
}

fn write_text(kind: &str, text: &str, into: &mut Items<'_>) {
    into.object(|part| {
        part.text("type", kind);
        part.text("text", text);
    });
}
