//! Writing a whole reply.

use super::logprobs;
use crate::{
    canon::{Block, Choice, Face, Reply},
    json::{
        writer,
        writer::{Items, Members},
    },
    openai::chat,
};

/// Writes a whole reply. It has the words of the answers; what the model thought has no place in it.
pub fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |body| {
        write_head(body, face);
        body.list("choices", |choices| {
            for (index, choice) in (0..).zip(&reply.choices) {
                write_choice(choices, index, choice);
            }
        });
        if let Some(used) = &reply.usage {
            chat::write_usage(body, used);
        }
    });
    out
}

/// Writes what stands at the head of a reply and of every chunk of a stream.
pub(super) fn write_head(body: &mut Members<'_>, face: &Face) {
    body.text("id", &format!("cmpl-{}", face.id));
    body.text("object", "text_completion");
    body.whole("created", face.created);
    body.text("model", &face.model);
}

fn write_choice(choices: &mut Items<'_>, index: u64, choice: &Choice<'_>) {
    let mut text = String::new();
    for block in &choice.blocks {
        if let Block::Text(words) | Block::Refusal(words) = block {
            text.push_str(words);
        }
    }
    choices.object(|it| {
        it.text("text", &text);
        it.whole("index", index);
        match choice.logprobs.as_ref().and_then(logprobs::of_chat) {
            Some(lists) => it.raw("logprobs", &lists),
            None => it.null("logprobs"),
        }
        it.text("finish_reason", chat::finish_word(&choice.stop));
    });
}
