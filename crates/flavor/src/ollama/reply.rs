//! Whole replies.

use super::said::Said;
use super::{Mode, arguments, call_ids, created, logprobs, stop};
use crate::canon::{Block, Choice, Face, Reasoning, Reply, Source, Stop, Text, ToolCall, Usage};
use crate::json::writer::Members;
use crate::json::{Misfit, Object, writer};

/// Reads a whole reply. Calls without an id get `call_N`, by their place.
///
/// # Errors
/// When it is no reply that is done, or a field is not what has to stand there.
pub fn read_reply(mode: Mode, body: &str) -> Result<Reply<'_>, Misfit> {
    let mut members = Object::parse(body)?;
    if members.take("error").is_some() {
        return Err(Misfit::new("stands in the place of a reply").at("error"));
    }
    let mut said = Said::read(mode, &mut members)?;
    if !said.done {
        return Err(Misfit::new("should be true of a whole reply").at("done"));
    }
    call_ids::of_reply(&mut said.calls, 0);
    let likely = said.logprobs.map(logprobs::read).transpose();
    let logprobs = likely.map_err(|misfit| misfit.at("logprobs"))?;
    let stop = said.stop(!said.calls.is_empty());
    let usage = said.usage();
    let mut blocks = Vec::new();
    if !said.thinking.is_empty() {
        blocks.push(Block::Reasoning(Reasoning { text: said.thinking, ..Reasoning::default() }));
    }
    blocks.extend(said.images);
    if !said.words.is_empty() {
        blocks.push(Block::Text(said.words));
    }
    blocks.extend(said.calls.into_iter().map(Block::ToolCall));
    let choices = vec![Choice { blocks, stop, logprobs }];
    Ok(Reply { id: None, model: said.model, created: said.created, choices, usage })
}

/// Writes a whole reply: its first answer, for there is but one here.
///
/// How long it took is left out: nothing that is known here says so truthfully.
#[must_use]
pub fn write_reply(mode: Mode, reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let choice = reply.choices.first();
    let answer = choice.map(Answer::of).unwrap_or_default();
    writer::object(&mut out, |root| {
        write_head(root, &face.model, &created::written(face.created));
        match mode {
            Mode::Chat => root.object("message", |message| {
                message.text("role", "assistant");
                answer.write(message, "content");
            }),
            Mode::Generate => answer.write(root, "response"),
        }
        if let Some(entries) = choice.and_then(|it| logprobs::entries(it.logprobs.as_ref()?)) {
            root.raw("logprobs", entries);
        }
        write_done(root, choice.and_then(|choice| stop::word(&choice.stop)), reply.usage);
    });
    out
}

/// Writes what answers a request without any words, which only loads a model, or with `unload` lets
/// it go.
#[must_use]
pub fn write_loaded(mode: Mode, unload: bool, face: &Face) -> Vec<u8> {
    let stop = Stop::Other(if unload { "unload" } else { "load" }.into());
    let choices = vec![Choice { blocks: Vec::new(), stop, logprobs: None }];
    let reply = Reply { id: None, model: None, created: None, choices, usage: None };
    write_reply(mode, &reply, face)
}

/// Writes what every object of a reply begins with.
pub(super) fn write_head(root: &mut Members<'_>, model: &str, created: &str) {
    root.text("model", model);
    root.text("created_at", created);
}

/// Writes what the last object of a reply ends with.
pub(super) fn write_done(root: &mut Members<'_>, reason: Option<&str>, usage: Option<Usage>) {
    root.flag("done", true);
    if let Some(reason) = reason {
        root.text("done_reason", reason);
    }
    if let Some(usage) = usage {
        root.whole("prompt_eval_count", usage.input);
        root.whole("eval_count", usage.output);
    }
}

/// An answer, sorted into the places that there are for it.
#[derive(Debug, Default)]
struct Answer<'r> {
    thinking: Text<'r>,
    images: Vec<&'r str>,
    words: Text<'r>,
    calls: Vec<(&'r ToolCall<'r>, Text<'r>)>,
}

impl<'r> Answer<'r> {
    fn of(choice: &'r Choice<'_>) -> Self {
        let mut answer = Self::default();
        for block in &choice.blocks {
            match block {
                Block::Text(text) | Block::Refusal(text) => append(&mut answer.words, text),
                Block::Reasoning(reasoning) => append(&mut answer.thinking, &reasoning.text),
                Block::Image(media) | Block::Audio(media) => {
                    if let Source::Inline(data) = &media.source {
                        answer.images.push(data);
                    }
                }
                Block::ToolCall(call) => {
                    // Half of a call must not look like one.
                    let cut =
                        choice.stop == Stop::Length && arguments::whole(&call.arguments).is_none();
                    if !cut {
                        answer.calls.push((call, arguments::or_wrapped(&call.arguments)));
                    }
                }
                Block::File(_) | Block::ToolResult(_) => {}
            }
        }
        answer
    }

    fn write(&self, members: &mut Members<'_>, words: &str) {
        members.text(words, &self.words);
        if !self.thinking.is_empty() {
            members.text("thinking", &self.thinking);
        }
        if !self.images.is_empty() {
            members.list("images", |items| self.images.iter().for_each(|image| items.text(image)));
        }
        if !self.calls.is_empty() {
            members.list("tool_calls", |items| {
                for ((call, arguments), at) in self.calls.iter().zip(0..) {
                    arguments::write_call(items, at, call, arguments);
                }
            });
        }
    }
}

fn append<'r>(text: &mut Text<'r>, more: &'r str) {
    if text.is_empty() {
        *text = more.into();
    } else {
        text.to_mut().push_str(more);
    }
}
