//! Whole replies.

use super::{Mode, content, stop};
use crate::canon::{Block, Choice, Face, Json, Losses, Reply, Stop, Text, Usage};
use crate::json::writer::{self, Members};
use crate::json::{Misfit, Object, object};
use crate::ollama::created;
use crate::openai::chat::assistant::{self, CallIds};
use crate::openai::chat::read_reply::{read_stop, said};
use crate::openai::chat::{usage, write_reply as chat};

/// Reads a whole reply. Calls without an id get `call_N`, by their place.
///
/// # Errors
/// When it is no reply that is finished, or a field is not what has to stand there. A provider's
/// error is no reply.
pub fn read_reply(mode: Mode, body: &str) -> Result<Reply<'_>, Misfit> {
    let mut body = Object::parse(body)?;
    for error in ["business_code", "error"] {
        if body.take(error).is_some() {
            return Err(Misfit::new("stands in the place of a reply").at(error));
        }
    }
    if body.flag("finished")? == Some(false) {
        return Err(Misfit::new("should be true of a whole reply").at("finished"));
    }
    let (id, model) = (said(body.text("id")?), said(body.text("model")?));
    let created = body.take("created_at").and_then(|value| match object::text(value) {
        Ok(text) => created::read(&text),
        // Of servers that count seconds AOG gave on the number.
        Err(_) => value.get().parse().ok(),
    });
    let stop = read_stop(&mut body)?.unwrap_or_else(|| Stop::Other(Text::default()));
    let usage = body.take("usage").and_then(usage::read);
    let logprobs = body.take("logprobs").map(Json::of);
    let blocks = read_said(mode, body)?;
    let stop = stop.with_calls(blocks.iter().any(|block| matches!(block, Block::ToolCall(_))));
    let choices = vec![Choice { blocks, stop, logprobs }];
    Ok(Reply { id, model, created, choices, usage })
}

/// What is said stands in a message of its own or, in answer to a prompt, in the reply itself.
fn read_said(mode: Mode, mut body: Object<'_>) -> Result<Vec<Block<'_>>, Misfit> {
    // What a reply has more than its caller's flavor can hold, nobody asked for.
    let (mut ids, mut losses) = (CallIds::default(), Losses::default());
    match mode {
        Mode::Chat => {
            let message = body.object("message")?;
            let mut message = message.ok_or_else(|| Misfit::new("is missing").at("message"))?;
            // A spoken answer was not asked for: requests that do are refused.
            message.take("audio");
            let read = assistant::read(&mut message, content::of_message, &mut ids, &mut losses);
            read.map_err(|misfit| misfit.at("message"))
        }
        Mode::Generate => {
            if !body.rest().any(|(name, _)| matches!(name, "response" | "text")) {
                return Err(Misfit::new("is missing; a text has to stand here").at("response"));
            }
            body.take("audio");
            assistant::read(&mut body, content::of_answer, &mut ids, &mut losses)
        }
    }
}

/// Writes a whole reply: its first answer, for there is but one here.
#[must_use]
pub fn write_reply(mode: Mode, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let none = Stop::Other(Text::default());
    let choice = reply.choices.first();
    let blocks = choice.map(|choice| choice.blocks.as_slice()).unwrap_or_default();
    writer::object(&mut out, |root| {
        write_head(root, face, &created::written(face.created));
        write_said(root, mode, |members, words| {
            members.text(words, &assistant::words(blocks).unwrap_or_default());
            let mut calls = 0..;
            assistant::write_beside(members, blocks, |call| {
                chat::call_id(&call.id, face, 0, calls.next().unwrap_or_default())
            });
        });
        write_end(root, choice.map_or(&none, |choice| &choice.stop), reply.usage.as_ref());
        if let Some(logprobs) = choice.and_then(|choice| choice.logprobs.as_ref()) {
            root.raw("logprobs", logprobs.as_str());
        }
    });
    out
}

/// Writes what every object of a reply begins with.
pub(super) fn write_head(root: &mut Members<'_>, face: &Face, created: &str) {
    root.text("id", &face.id);
    root.text("model", &face.model);
    root.text("created_at", created);
}

/// Writes what is said to where it stands; `fill` is told the name that its words go by.
pub(super) fn write_said(
    root: &mut Members<'_>,
    mode: Mode,
    fill: impl FnOnce(&mut Members<'_>, &str),
) {
    match mode {
        Mode::Chat => root.object("message", |message| {
            message.text("role", "assistant");
            fill(message, "content");
        }),
        Mode::Generate => fill(root, "response"),
    }
}

/// Writes what the last object of a reply ends with.
pub(super) fn write_end(root: &mut Members<'_>, stop: &Stop<'_>, used: Option<&Usage>) {
    root.flag("finished", true);
    root.text("finish_reason", stop::word(stop));
    if let Some(used) = used {
        usage::write(root, used);
    }
}
