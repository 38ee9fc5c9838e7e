//! Writing a stream.

use super::{finish, reasoning, usage, write_reply};
use crate::{
    canon::{Event, Face, Stop, Text, Usage},
    json::{writer, writer::Members},
    openai::comment,
};

const EVENT: &[u8] = b"data: ";
const EVENT_END: &[u8] = b"}\n\n";

/// Writes a stream of chunks.
///
/// What a caller takes for the sign that all is well is held back until [`StreamWriter::end`]: not
/// only `[DONE]`, but the chunks with finish reasons before it, for agents begin to run tools at
/// those, and callers take a stream that was cut after them for whole. What was used comes between
/// the two. So a stream that fails late has shown neither.
#[derive(Debug)]
pub struct StreamWriter {
    face: Face,
    /// What every chunk begins with, up to its choices.
    head: Vec<u8>,
    choices: Vec<Choice>,
    used: Option<Usage>,
    ended: bool,
}

/// One answer.
#[derive(Debug)]
struct Choice {
    number: u32,
    /// How many of its thoughts are signed or sealed.
    thoughts: u64,
    /// Its calls that have no arguments yet.
    bare_calls: Vec<u32>,
    stop: Option<Stop<'static>>,
}

impl StreamWriter {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(face: Face) -> Self {
        let mut head = EVENT.to_vec();
        writer::object(&mut head, |it| write_reply::write_head(it, "chat.completion.chunk", &face));
        // The object stays open: what differs from chunk to chunk follows.
        head.pop();
        Self { face, head, choices: Vec::new(), used: None, ended: false }
    }

    /// Writes what happened behind what stands in `out`, apart from what is held back.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Start { .. } => {
                self.choice(0, out);
            }
            Event::Text { choice, piece } => {
                self.write_delta(*choice, out, |delta| delta.text("content", piece));
            }
            Event::Reasoning { choice, piece } => {
                self.write_delta(*choice, out, |delta| reasoning::write_piece(delta, piece));
            }
            Event::Signature { choice, signature } => {
                let index = self.next_thought(*choice, out);
                self.write_delta(*choice, out, |delta| {
                    reasoning::write_signature(delta, index, signature);
                });
            }
            Event::Sealed { choice, sealed } => {
                let index = self.next_thought(*choice, out);
                self.write_delta(*choice, out, |delta| reasoning::write_seal(delta, index, sealed));
            }
            Event::Refusal { choice, piece } => {
                self.write_delta(*choice, out, |delta| delta.text("refusal", piece));
            }
            Event::CallStart { choice, call, id, name, .. } => {
                self.choice(*choice, out).bare_calls.push(*call);
                let id = write_reply::call_id(id, &self.face, (*choice).into(), (*call).into());
                let id = id.into_owned();
                self.write_delta(*choice, out, |delta| write_call(delta, *call, &id, name));
            }
            Event::CallArguments { choice, call, piece } => {
                self.choice(*choice, out).bare_calls.retain(|bare| bare != call);
                self.write_delta(*choice, out, |delta| write_arguments(delta, *call, piece));
            }
            Event::Stop { choice, stop } => self.stop(*choice, stop, out),
            Event::Usage(used) => {
                self.used = Some(self.used.map_or(*used, |it| it.or_later(*used)))
            }
            // A comment is no part of a reply: whoever sends the stream says that it goes on.
            Event::Ping | Event::Media { .. } | Event::Freeform { .. } => {}
        }
    }

    /// Writes what was held back: why the answers ended, what was used, and the end mark. Only the
    /// first time.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        for choice in &self.choices {
            if let Some(stop) = &choice.stop {
                self.write_chunk(choice.number, Some(finish::word(stop)), out, |_| ());
            }
        }
        if let Some(used) = self.used.filter(|_| self.face.wants_usage) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(br#","choices":[],"#);
            // A member of its own: the braces around it are those of the chunk.
            let mut object = Vec::new();
            writer::object(&mut object, |it| usage::write(it, &used));
            out.extend_from_slice(object.get(1..object.len() - 1).unwrap_or_default());
            out.extend_from_slice(EVENT_END);
        }
        out.extend_from_slice(&comment::DONE);
    }

    fn stop(&mut self, choice: u32, stop: &Stop<'_>, out: &mut Vec<u8>) {
        let state = self.choice(choice, out);
        if state.stop.is_some() {
            return;
        }
        state.stop = Some(stop.clone().into_owned());
        // Of what was cut off nobody knows which arguments were to come.
        let whole = matches!(stop, Stop::End | Stop::ToolCalls | Stop::Sequence(_));
        let bare = std::mem::take(&mut state.bare_calls);
        for call in bare.into_iter().filter(|_| whole) {
            self.write_delta(choice, out, |delta| write_arguments(delta, call, "{}"));
        }
    }

    fn next_thought(&mut self, choice: u32, out: &mut Vec<u8>) -> u64 {
        let state = self.choice(choice, out);
        state.thoughts += 1;
        state.thoughts - 1
    }

    fn write_delta(&mut self, choice: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
        self.choice(choice, out);
        self.write_chunk(choice, None, out, fill);
    }

    /// An answer, which begins with a chunk that says whose it is.
    fn choice(&mut self, number: u32, out: &mut Vec<u8>) -> &mut Choice {
        let at = match self.choices.iter().position(|choice| choice.number == number) {
            Some(at) => at,
            None => {
                self.write_chunk(number, None, out, |delta| {
                    delta.text("role", "assistant");
                    delta.text("content", "");
                });
                let new = Choice { number, thoughts: 0, bare_calls: Vec::new(), stop: None };
                self.choices.push(new);
                self.choices.len() - 1
            }
        };
        &mut self.choices[at]
    }

    fn write_chunk(
        &self,
        choice: u32,
        finish: Option<&str>,
        out: &mut Vec<u8>,
        fill: impl FnOnce(&mut Members<'_>),
    ) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#","choices":["#);
        writer::object(out, |it| {
            it.whole("index", choice.into());
            it.object("delta", fill);
            it.null("logprobs");
            match finish {
                Some(reason) => it.text("finish_reason", reason),
                None => it.null("finish_reason"),
            }
        });
        out.push(b']');
        if self.face.wants_usage {
            out.extend_from_slice(br#","usage":null"#);
        }
        out.extend_from_slice(EVENT_END);
    }
}

/// Writes the begin of a call.
pub(crate) fn write_call(delta: &mut Members<'_>, call: u32, id: &str, name: &Text<'_>) {
    delta.list("tool_calls", |calls| {
        calls.object(|it| {
            it.whole("index", call.into());
            it.text("id", id);
            it.text("type", "function");
            it.object("function", |function| {
                function.text("name", name);
                function.text("arguments", "");
            });
        });
    });
}

/// Writes the next of a call's arguments.
pub(crate) fn write_arguments(delta: &mut Members<'_>, call: u32, piece: &str) {
    delta.list("tool_calls", |calls| {
        calls.object(|it| {
            it.whole("index", call.into());
            it.object("function", |function| function.text("arguments", piece));
        });
    });
}
