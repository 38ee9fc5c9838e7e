//! Writing a whole reply.

use super::{assistant, finish, usage};
use crate::{
    canon::{Choice, Face, Reply, Text},
    json::{
        writer,
        writer::{Items, Members},
    },
};

/// Writes a whole reply.
pub fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |body| {
        write_head(body, "chat.completion", face);
        body.list("choices", |choices| {
            for (index, choice) in (0..).zip(&reply.choices) {
                write_choice(choices, index, choice, face);
            }
        });
        if let Some(used) = &reply.usage {
            usage::write(body, used);
        }
    });
    out
}

/// Writes what stands at the head of a reply and of every chunk of a stream.
pub(super) fn write_head(body: &mut Members<'_>, object: &str, face: &Face) {
    body.text("id", &format!("chatcmpl-{}", face.id));
    body.text("object", object);
    body.whole("created", face.created);
    body.text("model", &face.model);
}

fn write_choice(choices: &mut Items<'_>, index: u64, choice: &Choice<'_>, face: &Face) {
    choices.object(|it| {
        it.whole("index", index);
        it.object("message", |message| {
            let mut call = 0;
            assistant::write(message, &choice.blocks, |own| {
                call += 1;
                call_id(&own.id, face, index, call - 1)
            });
        });
        match &choice.logprobs {
            Some(logprobs) => it.raw("logprobs", logprobs.as_str()),
            None => it.null("logprobs"),
        }
        it.text("finish_reason", finish::word(&choice.stop));
    });
}

/// A call's id; one of this reply's own where it has none. Callers keep calls of many replies apart
/// by it.
pub(crate) fn call_id<'c>(own: &'c str, face: &Face, choice: u64, call: u64) -> Text<'c> {
    match (own, choice) {
        ("", 0) => format!("call_{}_{call}", face.id).into(),
        ("", choice) => format!("call_{}_{choice}_{call}", face.id).into(),
        (own, _) => own.into(),
    }
}
