//! A stream of events, which OpenAI's pictures, speech and transcripts may come as, on its way to a
//! caller. It is never converted, and its events say what was used. The one that says that it is
//! whole, and all behind it, is held until the receipt is committed (invariant F2).

use bytes::Bytes;

use super::{Service, Usage, transcription};
use crate::json::Object;
use crate::openai::OURS;
use crate::sse::{Event, EventReader};

/// What ends the type of an event that has all of a sound or a transcript in it, or all of a picture.
const WHOLE: [&str; 2] = [".done", ".completed"];

/// What servers end a stream with that has no such event.
const END: &[u8] = b"[DONE]";

/// The most bytes of a provider's words that are told.
const SAID: usize = 256;

/// Follows a stream.
#[derive(Debug)]
pub struct Flow {
    service: Service,
    reader: EventReader,
    usage: Usage,
    text_bytes: u64,
    /// How many things are still to come, each whole.
    to_come: u64,
    is_whole: bool,
    held: Vec<u8>,
    most_held: usize,
}

/// Why it cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// An event that is longer than the bound, or more of them behind the last.
    #[error("the provider sent an event longer than {0} bytes")]
    TooLong(usize),
    /// The provider says that it failed.
    #[error("the provider failed: {0}")]
    Failed(String),
    /// It ended before it was whole.
    #[error("the provider's stream ended before its end")]
    Cut,
}

impl Flow {
    /// At the start of a stream of so many `items`, of which one event, and all that are held, have at
    /// most so many bytes.
    pub fn new(service: Service, items: u64, max_event: usize) -> Self {
        Self {
            service,
            reader: EventReader::new(max_event),
            usage: Usage::default(),
            text_bytes: 0,
            to_come: items.max(1),
            is_whole: false,
            held: Vec::new(),
            most_held: max_event,
        }
    }

    /// Reads the next piece. What goes on of it is added to `out`, also where it cannot be read to
    /// its end.
    ///
    /// # Errors
    /// [`FlowError`]; then nothing more may be read.
    pub fn push(&mut self, piece: Bytes, out: &mut Vec<u8>) -> Result<(), FlowError> {
        self.reader.push(piece);
        loop {
            match self.reader.next_event() {
                Ok(Some(event)) => self.take(&event, out)?,
                Ok(None) => return Ok(()),
                Err(crate::sse::SseError::TooLong { limit }) => {
                    return Err(FlowError::TooLong(limit));
                }
            }
        }
    }

    /// The provider has closed the stream: what is held of it.
    ///
    /// # Errors
    /// [`FlowError`], where it is not whole.
    pub fn close(&mut self) -> Result<Bytes, FlowError> {
        let reader = std::mem::replace(&mut self.reader, EventReader::new(0));
        let mut out = std::mem::take(&mut self.held);
        if let Some(event) = reader.finish() {
            self.take(&event, &mut out)?;
        }
        out.append(&mut self.held);
        if self.is_whole { Ok(Bytes::from(out)) } else { Err(FlowError::Cut) }
    }

    /// What was used, as far as it was said.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The bytes of text so far.
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Whether the event has come that says that it is whole.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn take(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), FlowError> {
        let text = std::str::from_utf8(&event.data).ok();
        // What is no object is an end mark, or a comment.
        if let Some(object) = text.and_then(|text| Object::parse(text).ok()) {
            self.read(object)?;
        }
        self.is_whole |= event.data.trim_ascii() == END;
        let Some(raw) = event.without_comments(OURS) else { return Ok(()) };
        if !self.is_whole {
            out.extend_from_slice(&raw);
        } else if self.held.len() + raw.len() <= self.most_held {
            self.held.extend_from_slice(&raw);
        } else {
            return Err(FlowError::TooLong(self.most_held));
        }
        Ok(())
    }
}

impl Flow {
    /// Reads what an event says of what was used, the last word counting.
    fn read(&mut self, mut event: Object<'_>) -> Result<(), FlowError> {
        if let Some(error) = event.take("error") {
            let said = Object::read(error).ok().and_then(|mut error| error.text("message").ok()?);
            return Err(FlowError::Failed(said.map_or("no words".to_owned(), |it| start_of(&it))));
        }
        let kind = event.text("type").ok().flatten().unwrap_or_default();
        if self.service == Service::Transcription {
            let text = text_of(&mut event);
            self.text_bytes += u64::try_from(text).unwrap_or(u64::MAX);
        }
        let is_one = WHOLE.iter().any(|end| kind.ends_with(end));
        if is_one {
            self.to_come = self.to_come.saturating_sub(1);
            self.is_whole |= self.to_come == 0;
        }
        if event.rest().any(|(name, _)| name == "usage") {
            let said = transcription::read_usage(&mut event);
            self.usage = if self.service == Service::Image { self.and(said) } else { said };
        }
        if self.service == Service::Image && is_one {
            self.usage.images = Some(self.usage.images.unwrap_or(0).saturating_add(1));
        }
        Ok(())
    }

    /// What was used with one more picture: each says what it took, and they have one prompt.
    fn and(&self, said: Usage) -> Usage {
        let output = self.usage.output_tokens.unwrap_or(0);
        let sum = said.output_tokens.map(|tokens| tokens.saturating_add(output));
        Usage { output_tokens: sum.or(self.usage.output_tokens), images: self.usage.images, ..said }
    }
}

/// The bytes of the next words of a transcript: under `delta`, or as vLLM has them, in the delta of a
/// choice.
fn text_of(event: &mut Object<'_>) -> usize {
    let own = event.text("delta").ok().flatten().map_or(0, |delta| delta.len());
    let choices = event.list("choices").ok().flatten().unwrap_or_default();
    let choices = choices.into_iter().filter_map(|choice| {
        let delta = Object::read(choice).ok()?.object("delta").ok()??.text("content").ok()??;
        Some(delta.len())
    });
    own + choices.sum::<usize>()
}

/// The beginning of a provider's words.
fn start_of(said: &str) -> String {
    said.get(..said.floor_char_boundary(SAID)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "event: transcript.text.delta\r\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\"秤\"}\r\n\r\n\
        : a comment\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\"!\"}\n\n\
        data: {\"type\":\"transcript.text.done\",\"text\":\"秤!\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":4,\"output_tokens\":2}}\n\n\
        data: [DONE]\n\n";

    /// What goes on, what is held, and what becomes of it, cut into pieces of so many bytes.
    fn followed(
        service: Service,
        stream: &str,
        size: usize,
    ) -> (String, Result<String, FlowError>) {
        let mut flow = Flow::new(service, 1, 4096);
        let mut out = Vec::new();
        let mut run = || {
            for piece in stream.as_bytes().chunks(size) {
                flow.push(Bytes::copy_from_slice(piece), &mut out)?;
            }
            flow.close()
        };
        let held = run().map(|held| String::from_utf8(held.to_vec()).unwrap());
        (String::from_utf8(out).unwrap(), held)
    }

    #[test]
    fn the_last_word_is_held_wherever_the_stream_is_cut() {
        let start = WORDS.find("data: {\"type\":\"transcript.text.done").unwrap();
        for size in 1..WORDS.len() {
            let (out, held) = followed(Service::Transcription, WORDS, size);
            assert_eq!((out.as_str(), held.as_deref()), (&WORDS[..start], Ok(&WORDS[start..])));
        }
        let mut flow = Flow::new(Service::Transcription, 1, 4096);
        flow.push(Bytes::from_static(WORDS.as_bytes()), &mut Vec::new()).unwrap();
        assert_eq!((flow.text_bytes(), flow.is_whole()), (4, true));
        assert_eq!((flow.usage().input_tokens, flow.usage().output_tokens), (Some(4), Some(2)));
    }

    #[test]
    fn a_stream_that_is_not_whole_is_cut() {
        let part = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AA==\"}\n\n";
        assert_eq!(followed(Service::Speech, part, 7), (part.to_owned(), Err(FlowError::Cut)));
        let error = format!("{part}data: {{\"error\":{{\"message\":\"no\"}}}}\n\n");
        let failed = Err(FlowError::Failed("no".to_owned()));
        assert_eq!(followed(Service::Speech, &error, 9), (part.to_owned(), failed));
        let long = format!("data: {}\n\n", "a".repeat(5000));
        assert_eq!(followed(Service::Speech, &long, 50).1, Err(FlowError::TooLong(4096)));
        let behind = format!("data: [DONE]\n\n{}", "data: 1\n\n".repeat(600));
        assert_eq!(followed(Service::Speech, &behind, 50).1, Err(FlowError::TooLong(4096)));
    }

    #[test]
    fn pictures_are_counted_and_what_each_took_is_added_up() {
        let pictures = "event: image_generation.partial_image\n\
            data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"\"}\n\n\
            data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":7,\"output_tokens\":9}}\n\n";
        let mut flow = Flow::new(Service::Image, 2, 4096);
        // The first goes on; the last one is held.
        let mut out = Vec::new();
        flow.push(Bytes::from(pictures), &mut out).unwrap();
        assert_eq!((out.len(), flow.is_whole()), (pictures.len(), false));
        flow.push(Bytes::from(pictures), &mut out).unwrap();
        assert!(out.len() < 2 * pictures.len() && flow.is_whole());
        let expected = Usage {
            images: Some(2),
            input_tokens: Some(7),
            output_tokens: Some(18),
            ..Usage::default()
        };
        assert_eq!(flow.usage(), &expected);
        let mut bare = Flow::new(Service::Image, 1, 4096);
        bare.push(Bytes::from_static(b"data: [DONE]\n\n"), &mut Vec::new()).unwrap();
        assert_eq!((bare.usage(), bare.is_whole()), (&Usage::default(), true));
        let words = "data: {\"type\":\"transcript.text.done\",\"usage\":{\"type\":\"duration\",\"seconds\":2.5}}\n\n";
        let mut flow = Flow::new(Service::Transcription, 1, 4096);
        flow.push(Bytes::from(words), &mut Vec::new()).unwrap();
        assert_eq!(flow.usage(), &Usage { seconds: Some(3), ..Usage::default() });
    }

    #[test]
    fn a_transcript_in_chunks_of_choices_is_weighed() {
        let chunks = "data: {\"object\":\"transcription.chunk\",\"choices\":[{\"delta\":{\"content\":\"7.5\"}}]}\n\n\
            data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
        let mut flow = Flow::new(Service::Transcription, 1, 4096);
        flow.push(Bytes::from_static(chunks.as_bytes()), &mut Vec::new()).unwrap();
        assert_eq!((flow.text_bytes(), flow.is_whole()), (3, true));
        assert_eq!((flow.usage().input_tokens, flow.usage().output_tokens), (Some(11), Some(2)));
    }

    #[test]
    fn an_end_without_its_blank_line_is_one() {
        let end = "data: {\"type\":\"speech.audio.done\"}";
        assert_eq!(followed(Service::Speech, end, 5), (String::new(), Ok(end.to_owned())));
    }
}
