//! Writing a stream to a caller.

use super::{
    contents::{write_function_call, write_signature},
    error::error_event,
    finish::{broken_finish_word, finish_word},
    held_calls::{HeldCall, HeldCalls},
    usage::write_usage,
};
use crate::canon::{Event, Face, Stop, Text, Usage};
use crate::json::writer::{self, Members};

/// Writes a stream of events to a caller; see [`Listing`](super::Listing) for one that wants a list.
///
/// Arguments of a call are collected, and the call is written when it is whole: when the next one
/// begins, or the answer ends. At most 8 MiB are kept of all calls; a call beyond that is not
/// written, nor one whose arguments are no object, and the answer's reason to finish is
/// `MALFORMED_FUNCTION_CALL`.
#[derive(Debug)]
pub struct StreamWriter {
    face: Face,
    over: bool,
    /// The answer whose last piece was thought.
    thinking: Option<u32>,
    held: HeldCalls,
    /// The answers with a call that could not be written.
    broken: Vec<u32>,
    /// The answers that have ended, and why, as they come in the last piece.
    stops: Vec<(u32, Stop<'static>)>,
    usage: Option<Usage>,
}

impl StreamWriter {
    /// At the start of a stream.
    #[must_use]
    pub fn new(face: Face) -> Self {
        Self {
            face,
            over: false,
            thinking: None,
            held: HeldCalls::default(),
            broken: Vec::new(),
            stops: Vec::new(),
            usage: None,
        }
    }

    /// Writes what happens behind what stands in `out`. The reasons to finish and what was used
    /// are held until [`StreamWriter::end`]: they tell the caller that all is well.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        match event {
            Event::Start { .. }
            | Event::Ping
            | Event::Media { .. }
            | Event::Freeform { .. }
            | Event::Sealed { .. } => {}
            Event::Text { choice, piece } | Event::Refusal { choice, piece } => {
                self.text(*choice, piece, false, out);
            }
            Event::Reasoning { choice, piece } => self.text(*choice, piece, true, out),
            Event::Signature { choice, signature } => {
                let is_thought = self.thinking == Some(*choice);
                self.part(*choice, out, |part| {
                    part.text("text", "");
                    if is_thought {
                        part.flag("thought", true);
                    }
                    write_signature(part, Some(signature));
                });
            }
            Event::CallStart { choice, call, id, name, signature } => {
                while let Some(held) = self.held.take_whole(*choice) {
                    self.write_call(&held, out);
                }
                let is_held = self.held.begin(HeldCall {
                    choice: *choice,
                    call: *call,
                    id: id.to_string(),
                    name: name.to_string(),
                    signature: signature.as_ref().map(Text::to_string),
                    arguments: String::new(),
                });
                self.mark_broken_unless(is_held, *choice);
            }
            Event::CallArguments { choice, call, piece } => {
                let is_held = self.held.extend(*choice, *call, piece);
                self.mark_broken_unless(is_held, *choice);
            }
            Event::Stop { choice, stop } => {
                for held in self.held.take_all(*choice) {
                    self.write_call(&held, out);
                }
                if self.stops.iter().all(|(ended, _)| ended != choice) {
                    self.stops.push((*choice, stop.clone().into_owned()));
                }
            }
            Event::Usage(usage) => {
                self.usage = Some(self.usage.map_or(*usage, |earlier| earlier.or_later(*usage)));
            }
        }
    }

    /// Writes the end: why each answer ended, and what was used. Nothing is written after it.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let (stops, usage) = (std::mem::take(&mut self.stops), self.usage);
        if !stops.is_empty() || usage.is_some() {
            let broken = std::mem::take(&mut self.broken);
            self.piece(out, |root| {
                root.list("candidates", |candidates| {
                    for (choice, stop) in &stops {
                        let is_broken = broken.contains(choice);
                        let word = if is_broken { broken_finish_word } else { finish_word };
                        candidates.object(|candidate| {
                            write_content(candidate, |part| part.text("text", ""));
                            candidate.text("finishReason", word(stop));
                            candidate.whole("index", (*choice).into());
                        });
                    }
                });
                if let Some(usage) = &usage {
                    root.object("usageMetadata", |members| write_usage(members, usage));
                }
            });
        }
    }

    /// Writes the error that ends the stream instead, in the words for the HTTP status `status`.
    /// Nothing is written after it.
    pub fn fail(&mut self, status: u16, message: &str, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        out.extend_from_slice(&error_event(status, message));
    }

    fn text(&mut self, choice: u32, piece: &str, is_thought: bool, out: &mut Vec<u8>) {
        if piece.is_empty() {
            return;
        }
        self.part(choice, out, |part| {
            part.text("text", piece);
            if is_thought {
                part.flag("thought", true);
            }
        });
        self.thinking = is_thought.then_some(choice);
    }

    fn write_call(&mut self, held: &HeldCall, out: &mut Vec<u8>) {
        let Some(arguments) = held.args() else {
            return self.mark_broken_unless(false, held.choice);
        };
        self.part(held.choice, out, |part| {
            let args = |own: &mut Members<'_>| own.raw("args", &arguments);
            write_function_call(part, &held.id, &held.name, args);
            write_signature(part, held.signature.as_deref());
        });
    }

    fn mark_broken_unless(&mut self, is_well: bool, choice: u32) {
        if !is_well && !self.broken.contains(&choice) {
            self.broken.push(choice);
        }
    }

    /// Writes a piece with one part of an answer.
    fn part(&mut self, choice: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
        self.thinking = None;
        self.piece(out, |root| {
            root.list("candidates", |candidates| {
                candidates.object(|candidate| {
                    write_content(candidate, fill);
                    candidate.whole("index", choice.into());
                });
            });
        });
    }

    fn piece(&mut self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
        out.extend_from_slice(b"data: ");
        writer::object(out, |root| {
            fill(root);
            root.text("modelVersion", &self.face.model);
            root.text("responseId", &self.face.id);
        });
        out.extend_from_slice(b"\r\n\r\n");
    }
}

/// Writes the content of a candidate with one part.
fn write_content(candidate: &mut Members<'_>, fill: impl FnOnce(&mut Members<'_>)) {
    candidate.object("content", |content| {
        content.list("parts", |parts| parts.object(fill));
        content.text("role", "model");
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Face {
        let (id, model) = ("7Lq".to_owned(), "weigher".to_owned());
        Face {
            names: crate::canon::ToolNames::default(),
            id,
            model,
            created: 0,
            wants_usage: false,
        }
    }

    fn start(call: u32, name: &'static str) -> Event<'static> {
        let id = format!("c{call}").into();
        Event::CallStart { choice: 0, call, id, name: name.into(), signature: None }
    }

    fn arguments(call: u32, piece: &str) -> Event<'_> {
        Event::CallArguments { choice: 0, call, piece: piece.into() }
    }

    fn written(events: &[Event<'_>]) -> (String, String) {
        let mut writer = StreamWriter::new(face());
        let (mut out, mut held) = (Vec::new(), Vec::new());
        events.iter().for_each(|event| writer.write(event, &mut out));
        writer.end(&mut held);
        let mut after = Vec::new();
        writer.write(&Event::Text { choice: 0, piece: "late".into() }, &mut after);
        writer.end(&mut after);
        writer.fail(500, "late", &mut after);
        assert!(after.is_empty(), "F2");
        (String::from_utf8(out).unwrap(), String::from_utf8(held).unwrap())
    }

    fn stop(stop: Stop<'static>) -> Event<'static> {
        Event::Stop { choice: 0, stop }
    }

    #[test]
    fn what_says_that_all_is_well_is_held_until_the_end() {
        let text = Event::Text { choice: 0, piece: "秤\n".into() };
        let usage = Event::Usage(Usage { input: 3, output: 2, ..Usage::default() });
        let events = [text, stop(Stop::End), usage];
        let tail = r#""modelVersion":"weigher","responseId":"7Lq"}"#;
        let first = format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"秤\n"}}],"role":"model"}},"index":0}}],{tail}"#
        );
        let last = format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":""}}],"role":"model"}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}},{tail}"#
        );
        let as_events = written(&events);
        assert_eq!(as_events.0, format!("data: {first}\r\n\r\n"));
        assert_eq!(as_events.1, format!("data: {last}\r\n\r\n"));
    }

    #[test]
    fn an_error_ends_a_stream() {
        let mut writer = StreamWriter::new(face());
        let mut out = Vec::new();
        writer.fail(503, "no", &mut out);
        writer.end(&mut out);
        let error = r#"{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), format!("data: {error}\r\n\r\n"));
    }

    #[test]
    fn a_call_is_written_when_it_is_whole() {
        let mut writer = StreamWriter::new(face());
        let mut out = Vec::new();
        for event in [start(0, "f"), arguments(0, "{\"a\":\n"), arguments(0, "1.50}")] {
            writer.write(&event, &mut out);
        }
        assert!(out.is_empty());
        writer.write(&start(1, "g"), &mut out);
        let first = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert!(first.contains(r#"{"functionCall":{"id":"c0","name":"f","args":{"a": 1.50}}}"#));
        writer.write(&stop(Stop::ToolCalls), &mut out);
        let second = String::from_utf8(std::mem::take(&mut out)).unwrap();
        assert!(second.contains(r#"{"functionCall":{"id":"c1","name":"g","args":{}}}"#));
        writer.end(&mut out);
        assert!(String::from_utf8(out).unwrap().contains(r#""finishReason":"STOP""#));
    }

    #[test]
    fn calls_whose_pieces_alternate_are_each_whole() {
        let pieces = [(0, "{\"a\""), (1, "{}"), (0, ":1}")];
        let mut events = vec![start(0, "f"), start(1, "g")];
        events.extend(pieces.map(|(call, piece)| arguments(call, piece)));
        events.push(stop(Stop::ToolCalls));
        let (out, _) = written(&events);
        assert!(out.find(r#""args":{"a":1}"#).unwrap() < out.find(r#""args":{}"#).unwrap());
    }

    #[test]
    fn half_a_call_is_not_written_and_is_no_proper_end() {
        for (ended, word) in
            [(Stop::ToolCalls, "MALFORMED_FUNCTION_CALL"), (Stop::Length, "MAX_TOKENS")]
        {
            let events = [start(0, "f"), arguments(0, "{\"a\":"), stop(ended)];
            let (out, held) = written(&events);
            assert_eq!(out, "");
            assert!(held.contains(&format!(r#""finishReason":"{word}""#)), "{held}");
        }
    }

    #[test]
    fn a_call_that_there_is_no_room_for_is_not_written_and_is_no_proper_end() {
        let half = "x".repeat(4 * 1024 * 1024);
        let events = [
            start(0, "f"),
            arguments(0, "{\"a\":\""),
            arguments(0, &half),
            arguments(0, &half),
            arguments(0, "\"}"),
            start(1, "g"),
            arguments(1, "{}"),
            stop(Stop::ToolCalls),
        ];
        let (out, held) = written(&events);
        assert!(out.contains(r#""name":"g""#) && !out.contains(r#""name":"f""#));
        assert!(held.contains("MALFORMED_FUNCTION_CALL"));
    }
}
