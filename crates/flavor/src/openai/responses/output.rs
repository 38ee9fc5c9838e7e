//! The output of a response, and the response around it, as its clients take them.

use super::{stop, usage};
use crate::canon::{Face, Stop, ToolNames, Usage};
use crate::json::writer::{Items, Members};

/// An item of the output.
#[derive(Debug)]
pub(super) enum Item {
    /// Words.
    Message(Vec<Part>),
    /// A thought, in words.
    Reasoning(String),
    /// A call of a function.
    Call {
        /// Names the call.
        id: String,
        /// The function, by the name that the provider knows.
        name: String,
        /// What stands for an object.
        arguments: String,
    },
}

/// A part of a message.
#[derive(Debug)]
pub(super) enum Part {
    /// Words, with how likely their tokens were: a list.
    Text(String, Option<String>),
    /// The model declines, in words.
    Refusal(String),
}

impl Part {
    /// Its words.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text, _) | Self::Refusal(text) => text,
        }
    }

    /// Writes it.
    pub(super) fn write(&self, part: &mut Members<'_>) {
        match self {
            Self::Text(text, logprobs) => {
                part.text("type", "output_text");
                part.list("annotations", |_| ());
                part.raw("logprobs", logprobs.as_deref().unwrap_or("[]"));
                part.text("text", text);
            }
            Self::Refusal(text) => {
                part.text("type", "refusal");
                part.text("refusal", text);
            }
        }
    }
}

impl Item {
    /// The id of the item that stands at `index` of the output.
    pub(super) fn id(&self, face: &Face, index: usize) -> String {
        let kind = match self {
            Self::Message(_) => "msg",
            Self::Reasoning(_) => "rs",
            Self::Call { .. } => "fc",
        };
        format!("{kind}_{}_{index}", face.id)
    }

    /// Writes it as it stands at `index`; `status` says how far it has come.
    pub(super) fn write(&self, face: &Face, index: usize, status: &str, item: &mut Members<'_>) {
        item.text("id", &self.id(face, index));
        match self {
            Self::Message(parts) => {
                item.text("type", "message");
                item.text("status", status);
                item.text("role", "assistant");
                item.list("content", |items| {
                    parts.iter().for_each(|part| items.object(|object| part.write(object)));
                });
            }
            Self::Reasoning(text) => {
                item.text("type", "reasoning");
                item.list("summary", |parts| {
                    if !text.is_empty() {
                        parts.object(|part| write_summary(text, part));
                    }
                });
            }
            Self::Call { id, name, arguments } => {
                item.text("type", "function_call");
                item.text("status", status);
                item.text("call_id", id);
                write_name(name, &face.names, item);
                item.text("arguments", arguments);
            }
        }
    }
}

/// Writes a part of a thought.
pub(super) fn write_summary(text: &str, part: &mut Members<'_>) {
    part.text("type", "summary_text");
    part.text("text", text);
}

/// A function of a group is called by the group and its name there, and by nothing else.
fn write_name(name: &str, names: &ToolNames, item: &mut Members<'_>) {
    match names.grouped(name) {
        Some(grouped) => {
            item.text("namespace", &grouped.group);
            item.text("name", &grouped.name);
        }
        None => item.text("name", name),
    }
}

/// How a response is doing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Status<'s> {
    /// It goes on.
    Running,
    /// It has ended.
    Ended(&'s Stop<'s>, Option<Usage>),
    /// It has failed, with a code and a sentence.
    Failed(&'s str, &'s str),
}

/// Writes the members of a response with this output.
pub(super) fn write_response(
    face: &Face,
    status: Status<'_>,
    output: impl FnOnce(&mut Items<'_>),
    root: &mut Members<'_>,
) {
    let (word, reason) = match &status {
        Status::Running => ("in_progress", None),
        Status::Failed(..) => ("failed", None),
        Status::Ended(stop, _) => match stop::incomplete(stop) {
            None => ("completed", None),
            reason => ("incomplete", reason),
        },
    };
    root.text("id", &format!("resp_{}", face.id));
    root.text("object", "response");
    root.whole("created_at", face.created);
    root.text("status", word);
    match status {
        Status::Failed(code, message) => root.object("error", |error| {
            error.text("code", code);
            error.text("message", message);
        }),
        _ => root.null("error"),
    }
    match reason {
        Some(reason) => root.object("incomplete_details", |it| it.text("reason", reason)),
        None => root.null("incomplete_details"),
    }
    root.text("model", &face.model);
    root.list("output", output);
    // The SDKs' types need these; what the caller sent it knows itself.
    root.null("instructions");
    root.object("metadata", |_| ());
    root.flag("parallel_tool_calls", true);
    root.flag("store", false);
    root.text("tool_choice", "auto");
    root.list("tools", |_| ());
    root.null("temperature");
    root.null("top_p");
    match status {
        Status::Ended(_, Some(used)) => root.object("usage", |it| usage::write(&used, it)),
        _ => root.null("usage"),
    }
}
