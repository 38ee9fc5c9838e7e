//! Writing a stream for a caller.

use super::draft::Draft;
use super::reply::put_end;
use super::{Custom, Framing, Stream};
use crate::canon::{Event, Face, Stop, Usage};

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    custom: &'static Custom,
    face: Face,
    begun: bool,
    stop: Option<Stop<'static>>,
    usage: Option<Usage>,
}

impl StreamWriter {
    /// At the start of a stream.
    #[must_use]
    pub fn new(custom: &'static Custom, face: Face) -> Self {
        Self { custom, face, begun: false, stop: None, usage: None }
    }

    /// Writes what happens, as far as it is words of the first answer.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        match event {
            Event::Text { choice: 0, piece } | Event::Refusal { choice: 0, piece } => {
                let Some(stream) = &self.custom.stream else { return };
                let mut draft = Draft::default();
                if !std::mem::replace(&mut self.begun, true) {
                    draft.text(stream.piece.id.as_ref(), &self.face.id);
                    draft.text(stream.piece.model.as_ref(), &self.face.model);
                }
                draft.text(Some(&stream.piece.text), piece);
                frame(stream, &draft, out);
            }
            Event::Stop { choice: 0, stop } => self.stop = Some(stop.clone().into_owned()),
            Event::Usage(usage) => {
                self.usage = Some(self.usage.unwrap_or_default().or_later(*usage));
            }
            _ => {}
        }
    }

    /// Writes the end, which is held.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let Some(stream) = &self.custom.stream else { return };
        let mut draft = Draft::default();
        draft.text(Some(&stream.piece.text), "");
        put_end(&stream.piece, self.stop.as_ref(), self.usage.as_ref(), &mut draft);
        frame(stream, &draft, out);
        if let Some(terminator) = &stream.terminator {
            frame_text(stream, terminator.as_bytes(), out);
        }
    }
}

fn frame(stream: &Stream, draft: &Draft, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    draft.write(&mut body);
    frame_text(stream, &body, out);
}

fn frame_text(stream: &Stream, text: &[u8], out: &mut Vec<u8>) {
    match stream.framing {
        Framing::Events => {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(text);
            out.extend_from_slice(b"\n\n");
        }
        Framing::Lines => {
            out.extend_from_slice(text);
            out.push(b'\n');
        }
    }
}
