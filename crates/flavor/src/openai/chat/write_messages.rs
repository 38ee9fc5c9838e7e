//! The turns of a conversation, written as messages.

use std::collections::VecDeque;

use super::{assistant, content};
use crate::{
    canon::{Block, Losses, Request, Role, Text, ToolCall, ToolResult, Turn},
    json::writer::{Items, Members},
};

/// How far a result without an id looks for its call among those that wait.
const LOOK_AHEAD: usize = 128;

const RESULT: &str = "messages[].content[].content";

/// Writes a member `messages`.
pub(super) fn write(body: &mut Members<'_>, request: &Request<'_>, losses: &mut Losses) {
    body.list("messages", |items| {
        if !request.system.is_empty() {
            write_system(items, request.system.iter());
        }
        write_turns(items, &request.turns, losses);
    });
}

/// Writes the turns, each as the messages that it needs.
pub(crate) fn write_turns(items: &mut Items<'_>, turns: &[Turn<'_>], losses: &mut Losses) {
    let (media, waiting) = (Vec::new(), VecDeque::new());
    let mut messages = Messages { items, losses, media, calls: 0, waiting };
    for turn in turns {
        messages.write_turn(turn);
    }
    messages.write_media(Vec::new());
}

/// Pieces become one text, for many servers take nothing else here.
pub(crate) fn write_system<'t>(items: &mut Items<'_>, texts: impl Iterator<Item = &'t Text<'t>>) {
    let texts: Vec<&str> = texts.map(AsRef::as_ref).collect();
    items.object(|message| {
        message.text("role", "system");
        message.text("content", &texts.join("\n\n"));
    });
}

struct Messages<'i, 'w, 'r> {
    items: &'i mut Items<'w>,
    losses: &'i mut Losses,
    /// What of results is no text, and goes with the caller's next words: between results there may
    /// be no other message. Each with the call that it answers.
    media: Vec<(String, Vec<&'r Block<'r>>)>,
    calls: u64,
    /// Calls that came without an id, by name, with the ids made for them.
    waiting: VecDeque<(&'r str, String)>,
}

impl<'r> Messages<'_, '_, 'r> {
    fn write_turn(&mut self, turn: &'r Turn<'r>) {
        match turn.role {
            Role::System => {
                self.write_media(Vec::new());
                self.write_system(turn);
            }
            Role::User => self.write_user(turn),
            Role::Assistant => {
                self.write_media(Vec::new());
                self.write_assistant(turn);
            }
        }
    }

    fn write_system(&mut self, turn: &'r Turn<'r>) {
        let mut texts = Vec::new();
        for block in &turn.blocks {
            match block {
                Block::Text(text) => texts.push(text),
                _ => self.losses.refused("messages[].content[]", "only words can stand there"),
            }
        }
        write_system(self.items, texts.into_iter());
    }

    /// Results of tools come first, each in a message of its own, then all else in one.
    fn write_user(&mut self, turn: &'r Turn<'r>) {
        let mut others = Vec::new();
        for block in &turn.blocks {
            if let Block::ToolResult(result) = block {
                if !others.is_empty() {
                    let why = "results of tools come before other words there";
                    self.losses.approximated("messages[].content[]", why);
                }
                self.write_result(result);
            } else {
                others.push(block);
            }
        }
        if !others.is_empty() {
            self.write_media(others);
        } else if turn.blocks.is_empty() {
            self.write_media(Vec::new());
            self.write_message(&[]);
        }
    }

    /// Pieces become one text here too: of parts some servers forget whose result they are.
    fn write_result(&mut self, result: &'r ToolResult<'r>) {
        let made = self.answered(result);
        let id = made.as_deref().unwrap_or(&result.call);
        let mut texts = Vec::new();
        let mut media = Vec::new();
        for block in &result.blocks {
            match block {
                Block::Text(text) => texts.push(Text::Borrowed(text.as_ref())),
                Block::Image(_) | Block::Audio(_) | Block::File(_) => media.push(block),
                _ => self.losses.refused(RESULT, "a result is words, pictures and files"),
            }
        }
        if result.failed {
            self.losses.approximated("messages[].content[].is_error", "said in words there");
            match texts.first_mut() {
                Some(text) => *text = format!("Error: {text}").into(),
                None => texts.push("Error".into()),
            }
        }
        if !media.is_empty() {
            let why = "pictures and files of a result follow in a message of the caller there";
            self.losses.approximated(RESULT, why);
            texts.push("(What this tool returned beside words follows the tools' results.)".into());
            self.media.push((id.to_owned(), media));
        }
        self.items.object(|message| {
            message.text("role", "tool");
            message.text("tool_call_id", id);
            message.text("content", &texts.join("\n"));
        });
    }

    /// The id made for the call that a result without one answers: the first that waits, and of the
    /// tool that the result names.
    fn answered(&mut self, result: &ToolResult<'_>) -> Option<String> {
        if !result.call.is_empty() {
            return None;
        }
        let is_of_tool = |(name, _): &(&str, String)| {
            result.name.as_ref().is_none_or(|own| own.as_ref() == *name)
        };
        let at = self.waiting.iter().take(LOOK_AHEAD).position(is_of_tool);
        Some(match at.and_then(|at| self.waiting.remove(at)) {
            Some((_, id)) => id,
            None => made_id(&mut self.calls),
        })
    }

    fn write_assistant(&mut self, turn: &'r Turn<'r>) {
        let mut called = false;
        for block in &turn.blocks {
            match block {
                Block::ToolCall(_) => called = true,
                Block::Text(_) | Block::Refusal(_) | Block::Reasoning(_) if called => {
                    let why = "calls come after all words there";
                    self.losses.approximated("messages[].content[]", why);
                }
                Block::Text(_) | Block::Refusal(_) | Block::Reasoning(_) => {}
                Block::Image(_) | Block::Audio(_) | Block::File(_) | Block::ToolResult(_) => {
                    let why = "the model's messages are words and calls there";
                    self.losses.refused("messages[].content[]", why);
                }
            }
        }
        let (calls, waiting) = (&mut self.calls, &mut self.waiting);
        self.items.object(|message| {
            assistant::write(message, &turn.blocks, |call| id_of(call, calls, waiting));
        });
    }

    /// Writes a message of the caller with what is left of results, and then `blocks`.
    fn write_media(&mut self, blocks: Vec<&'r Block<'r>>) {
        let media = std::mem::take(&mut self.media);
        let label = |call: &String| Block::Text(format!("From the result of {call}:").into());
        let labels: Vec<_> = media.iter().map(|(call, _)| label(call)).collect();
        let mut all: Vec<&Block<'_>> = Vec::new();
        for (label, (_, media)) in labels.iter().zip(&media) {
            all.push(label);
            all.extend(media);
        }
        all.extend(blocks);
        if !all.is_empty() {
            self.write_message(&all);
        }
    }

    fn write_message(&mut self, blocks: &[&Block<'_>]) {
        let losses = &mut *self.losses;
        self.items.object(|message| {
            message.text("role", "user");
            content::write(message, blocks, losses);
        });
    }
}

/// A call's id, made where it has none.
fn id_of<'r>(
    call: &'r ToolCall<'_>,
    calls: &mut u64,
    waiting: &mut VecDeque<(&'r str, String)>,
) -> Text<'r> {
    if !call.id.is_empty() {
        return Text::Borrowed(&call.id);
    }
    let id = made_id(calls);
    waiting.push_back((&call.name, id.clone()));
    id.into()
}

fn made_id(calls: &mut u64) -> String {
    let number = *calls;
    *calls += 1;
    format!("call_{number}")
}
