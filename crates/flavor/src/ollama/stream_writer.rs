//! Writing a stream, line by line.

use std::collections::BTreeMap;

use super::reply::{write_done, write_head};
use super::{Mode, arguments, created, error_line, stop};
use crate::canon::{Event, Face, Stop, ToolCall, Usage};
use crate::json::writer::{self, Members};

/// The most that is held of calls of tools, in bytes: a call goes out as a whole, and so is held
/// until its answer ends.
pub const HELD_BYTES: usize = 8 * 1024 * 1024;

/// What a call counts for beside its texts, in bytes.
const CALL_BYTES: usize = 64;

/// Writes a stream of one answer. What happens in other answers is left out, as are signs of life,
/// for which there is no line that means nothing.
#[derive(Debug)]
pub struct StreamWriter {
    mode: Mode,
    face: Face,
    created: String,
    calls: BTreeMap<u32, ToolCall<'static>>,
    held: usize,
    stop: Option<Stop<'static>>,
    usage: Option<Usage>,
    over: Over,
}

/// How the stream is over, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Not,
    Ended,
    Failed,
}

impl StreamWriter {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(mode: Mode, face: Face) -> Self {
        Self {
            mode,
            created: created::written(face.created),
            face,
            calls: BTreeMap::new(),
            held: 0,
            stop: None,
            usage: None,
            over: Over::Not,
        }
    }

    /// Writes what one event comes to, behind what stands in `out`: whole lines, or nothing.
    ///
    /// Calls that are longer than [`HELD_BYTES`] in all end the stream in an error.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.over != Over::Not {
            return;
        }
        match event {
            Event::Text { choice: 0, piece } | Event::Refusal { choice: 0, piece } => {
                self.write_piece(out, piece, None);
            }
            Event::Reasoning { choice: 0, piece } => self.write_piece(out, "", Some(piece)),
            Event::CallStart { choice: 0, call, id, name, .. } => {
                self.hold(CALL_BYTES + id.len() + name.len(), out);
                self.calls.entry(*call).or_insert_with(|| ToolCall {
                    signature: None,
                    id: id.to_string().into(),
                    name: name.to_string().into(),
                    arguments: String::new().into(),
                });
            }
            Event::CallArguments { choice: 0, call, piece } => {
                self.hold(piece.len(), out);
                if let Some(held) = self.calls.get_mut(call) {
                    held.arguments.to_mut().push_str(piece);
                }
            }
            Event::Stop { choice: 0, stop } => {
                self.write_calls(stop, out);
                self.stop = Some(stop.clone().into_owned());
            }
            Event::Usage(usage) => {
                self.usage = Some(self.usage.map_or(*usage, |before| before.or_later(*usage)));
            }
            _ => {}
        }
        if self.over == Over::Failed {
            self.calls.clear();
        }
    }

    /// Writes the last line, by which a client knows that all is well. Only once, and not after an
    /// error.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if self.over != Over::Not {
            return;
        }
        self.over = Over::Ended;
        let reason = self.stop.as_ref().and_then(stop::word);
        self.write_line(out, |root, mode| {
            match mode {
                Mode::Chat => root.object("message", |message| {
                    message.text("role", "assistant");
                    message.text("content", "");
                }),
                Mode::Generate => root.text("response", ""),
            }
            write_done(root, reason, self.usage);
        });
    }

    /// Whether the stream ended in an error of this writer's own: what it had to hold went beyond
    /// its bound. Then there is no end to be written.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.over == Over::Failed
    }

    fn hold(&mut self, bytes: usize, out: &mut Vec<u8>) {
        self.held = self.held.saturating_add(bytes);
        if self.held > HELD_BYTES {
            self.over = Over::Failed;
            out.extend_from_slice(&error_line("the calls of tools are longer than can be held"));
        }
    }

    fn write_piece(&self, out: &mut Vec<u8>, words: &str, thinking: Option<&str>) {
        if words.is_empty() && thinking.is_none_or(str::is_empty) {
            return;
        }
        self.write_said(out, |members, name| {
            members.text(name, words);
            if let Some(thinking) = thinking {
                members.text("thinking", thinking);
            }
        });
    }

    /// Writes the calls that are whole, in their order. Of an answer that came to its limit the
    /// last may not be, and half of one must not look like one.
    fn write_calls(&mut self, stop: &Stop<'_>, out: &mut Vec<u8>) {
        let mut calls: Vec<_> = std::mem::take(&mut self.calls).into_values().collect();
        self.held = 0;
        if *stop == Stop::Length {
            calls.retain(|call| arguments::whole(&call.arguments).is_some());
        }
        if calls.is_empty() {
            return;
        }
        self.write_said(out, |members, name| {
            members.text(name, "");
            members.list("tool_calls", |items| {
                for (call, at) in calls.iter().zip(0..) {
                    let arguments = one_line(&arguments::or_wrapped(&call.arguments));
                    arguments::write_call(items, at, call, &arguments);
                }
            });
        });
    }

    /// Writes a line of the answer; `fill` is told the name that its words go by.
    fn write_said(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>, &str)) {
        self.write_line(out, |root, mode| {
            match mode {
                Mode::Chat => root.object("message", |message| {
                    message.text("role", "assistant");
                    fill(message, "content");
                }),
                Mode::Generate => fill(root, "response"),
            }
            root.flag("done", false);
        });
    }

    fn write_line(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>, Mode)) {
        writer::object(out, |root| {
            write_head(root, &self.face.model, &self.created);
            fill(root, self.mode);
        });
        out.push(b'\n');
    }
}

/// JSON without line ends, which can stand only between its tokens and would cut the line.
fn one_line(json: &str) -> String {
    json.replace(['\r', '\n'], " ")
}
