//! Writing a stream, event by event.

use super::Mode;
use super::reply::{write_end, write_head, write_said};
use crate::canon::{Event, Face, Stop, Text, Usage};
use crate::json::writer::{self, Members};
use crate::ollama::created;
use crate::openai::chat::write_stream::{write_arguments, write_call};
use crate::openai::chat::{reasoning, write_reply};

/// The number of the one answer.
const ANSWER: u32 = 0;

/// Writes a stream of one answer. What happens in other answers is left out, as are signs of life,
/// for AOG's clients take every line for JSON; and state that only its provider can read.
///
/// The event that says that all is well, with why the answer ended and what was used, is held back
/// until [`StreamWriter::end`]. So a stream that fails late has shown neither.
#[derive(Debug)]
pub struct StreamWriter {
    mode: Mode,
    face: Face,
    created: String,
    /// The calls that have no arguments yet.
    bare_calls: Vec<u32>,
    stop: Option<Stop<'static>>,
    used: Option<Usage>,
    ended: bool,
}

impl StreamWriter {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(mode: Mode, face: Face) -> Self {
        Self {
            mode,
            created: created::written(face.created),
            face,
            bare_calls: Vec::new(),
            stop: None,
            used: None,
            ended: false,
        }
    }

    /// Writes what happened behind what stands in `out`, apart from what is held back.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Text { choice: ANSWER, piece } => self.write_piece(out, piece, |_| ()),
            Event::Reasoning { choice: ANSWER, piece } => {
                self.write_piece(out, "", |it| reasoning::write_piece(it, piece));
            }
            Event::Refusal { choice: ANSWER, piece } => {
                self.write_piece(out, "", |it| it.text("refusal", piece));
            }
            Event::CallStart { choice: ANSWER, call, id, name, .. } => {
                self.bare_calls.push(*call);
                let id = write_reply::call_id(id, &self.face, ANSWER.into(), (*call).into());
                self.write_piece(out, "", |it| write_call(it, *call, &id, name));
            }
            Event::CallArguments { choice: ANSWER, call, piece } => {
                self.bare_calls.retain(|bare| bare != call);
                self.write_piece(out, "", |it| write_arguments(it, *call, piece));
            }
            Event::Stop { choice: ANSWER, stop } => self.stop(stop, out),
            Event::Usage(used) => {
                self.used = Some(self.used.map_or(*used, |it| it.or_later(*used)));
            }
            _ => {}
        }
    }

    /// Writes the last event, which was held back. Only the first time.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let none = Stop::Other(Text::default());
        self.write_event(
            out,
            "",
            |_| (),
            |root| {
                write_end(root, self.stop.as_ref().unwrap_or(&none), self.used.as_ref());
            },
        );
    }

    fn stop(&mut self, stop: &Stop<'_>, out: &mut Vec<u8>) {
        if self.stop.is_some() {
            return;
        }
        self.stop = Some(stop.clone().into_owned());
        // Of what was cut off nobody knows which arguments were to come.
        let whole = matches!(stop, Stop::End | Stop::ToolCalls | Stop::Sequence(_));
        let bare = std::mem::take(&mut self.bare_calls);
        for call in bare.into_iter().filter(|_| whole) {
            self.write_piece(out, "", |it| write_arguments(it, call, "{}"));
        }
    }

    /// Writes an event with the next words, and what else `fill` says beside them.
    fn write_piece(&self, out: &mut Vec<u8>, words: &str, fill: impl FnOnce(&mut Members<'_>)) {
        self.write_event(out, words, fill, |root| {
            root.flag("finished", false);
            root.null("finish_reason");
        });
    }

    fn write_event(
        &self,
        out: &mut Vec<u8>,
        words: &str,
        fill: impl FnOnce(&mut Members<'_>),
        end: impl FnOnce(&mut Members<'_>),
    ) {
        out.extend_from_slice(b"data: ");
        writer::object(out, |root| {
            write_head(root, &self.face, &self.created);
            write_said(root, self.mode, |members, name| {
                members.text(name, words);
                fill(members);
            });
            end(root);
        });
        out.extend_from_slice(b"\n\n");
    }
}
