//! Writing a stream.

use super::write_reply;
use crate::{
    canon::{Event, Face, Stop, Usage},
    json::writer,
    openai::{chat, comment},
};

const EVENT: &[u8] = b"data: ";
const EVENT_END: &[u8] = b"}\n\n";

/// Writes a stream of chunks.
///
/// What a caller takes for the sign that all is well is held back until [`StreamWriter::end`]: the
/// chunks with finish reasons, what was used, and `[DONE]`. What the model thinks has no place here.
#[derive(Debug)]
pub struct StreamWriter {
    wants_usage: bool,
    /// What every chunk begins with, up to its choices.
    head: Vec<u8>,
    stops: Vec<(u32, Stop<'static>)>,
    used: Option<Usage>,
    ended: bool,
}

impl StreamWriter {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(face: Face) -> Self {
        let mut head = EVENT.to_vec();
        writer::object(&mut head, |it| write_reply::write_head(it, &face));
        // The object stays open: what differs from chunk to chunk follows.
        head.pop();
        let wants_usage = face.wants_usage;
        Self { wants_usage, head, stops: Vec::new(), used: None, ended: false }
    }

    /// Writes what happened behind what stands in `out`, apart from what is held back.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Text { choice, piece } | Event::Refusal { choice, piece } => {
                self.write_chunk(*choice, piece, None, out);
            }
            Event::Stop { choice, stop } => {
                if self.stops.iter().all(|(known, _)| known != choice) {
                    self.stops.push((*choice, stop.clone().into_owned()));
                }
            }
            Event::Usage(used) => {
                self.used = Some(self.used.map_or(*used, |it| it.or_later(*used)));
            }
            // A comment is no part of a reply: whoever sends the stream says that it goes on.
            Event::Ping
            | Event::Media { .. }
            | Event::Freeform { .. }
            | Event::Start { .. }
            | Event::Reasoning { .. }
            | Event::Signature { .. }
            | Event::Sealed { .. }
            | Event::CallStart { .. }
            | Event::CallArguments { .. } => {}
        }
    }

    /// Writes what was held back: why the answers ended, what was used, and the end mark. Only the
    /// first time.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        for (choice, stop) in &self.stops {
            self.write_chunk(*choice, "", Some(chat::finish_word(stop)), out);
        }
        if let Some(used) = self.used.filter(|_| self.wants_usage) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(br#","choices":[],"#);
            // A member of its own: the braces around it are those of the chunk.
            let mut object = Vec::new();
            writer::object(&mut object, |it| chat::write_usage(it, &used));
            out.extend_from_slice(object.get(1..object.len() - 1).unwrap_or_default());
            out.extend_from_slice(EVENT_END);
        }
        out.extend_from_slice(&comment::DONE);
    }

    fn write_chunk(&self, choice: u32, text: &str, finish: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#","choices":["#);
        writer::object(out, |it| {
            it.text("text", text);
            it.whole("index", choice.into());
            it.null("logprobs");
            match finish {
                Some(reason) => it.text("finish_reason", reason),
                None => it.null("finish_reason"),
            }
        });
        out.push(b']');
        if self.wants_usage {
            out.extend_from_slice(br#","usage":null"#);
        }
        out.extend_from_slice(EVENT_END);
    }
}
