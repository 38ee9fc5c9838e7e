//! Following a provider's stream: what of it goes on, what was used, and how it ended.

use bytes::Bytes;

use super::{
    ProviderFailure, StreamError, Usage,
    comment::OURS,
    forward::Forward,
    mould::{Casts, Mould},
    progress::Progress,
    request::shortened,
};
use crate::{
    json::{self, Bounds, Document, JsonError, Kind, Scanner},
    sse::{Event, EventReader, SseError},
};

const MODEL_BYTES: usize = 256;
const SEEN_BYTES: usize = 64;
/// Levels in one chunk; those of providers have about six.
const DEPTH: usize = 128;
const END_MARK: &[u8] = b"[DONE]";
const WATCH: &[&str] =
    &["choices", "usage", "model", "error", "choices[].index", "choices[].finish_reason"];

/// How a stream is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamOptions {
    /// Leave out the usage chunk, because the gateway asked for it and the client did not.
    pub strip_usage: bool,
    /// The most bytes of one event.
    pub max_event: usize,
}

/// Follows a provider's stream of chunks.
///
/// Whole events go on as they are. The end mark is held back, and nothing goes on after it, nor
/// after a failure of the provider (invariant F2).
#[derive(Debug)]
pub struct ChatStream {
    options: StreamOptions,
    reader: EventReader,
    mould: Mould,
    scanner: Scanner,
    stage: Stage,
    progress: Progress,
    usage: Option<Usage>,
    usage_is_last: bool,
    served_model: Option<String>,
    failure: Option<ProviderFailure>,
    text_bytes: u64,
    events: u64,
}

#[derive(Debug)]
enum Stage {
    Running,
    Over(Ended),
    Broken(StreamError),
}

/// What to do with a piece of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Whole events that go to the client now.
    pub forward: Bytes,
    /// The end mark, once it is seen: it is held until the receipt is committed.
    pub held: Option<Bytes>,
}

/// How a stream came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEnd {
    /// What still belongs to the reply and was not given out: an end without a blank line after it.
    /// Empty if the stream was cut, apart from a last event that is complete.
    pub held: Bytes,
    /// How it ended.
    pub how: Ended,
}

/// How a stream came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With the end mark.
    Done,
    /// Without one, but every choice that was begun has its finish reason.
    FinishedWithoutDone,
    /// With neither, or with a failure of the provider.
    Cut,
}

/// What becomes of one event.
enum Fate {
    Pass(Bytes),
    Drop,
    Done(Bytes),
    Failed,
    Garbage(JsonError),
}

impl ChatStream {
    /// At the start of a stream.
    #[must_use]
    pub fn new(options: StreamOptions) -> Self {
        // An event is bounded as a whole, so its parts need no bound of their own.
        let bounds = Bounds { depth: DEPTH, capture: options.max_event };
        Self {
            options,
            reader: EventReader::new(options.max_event),
            mould: Mould::default(),
            scanner: Scanner::new(WATCH, bounds),
            stage: Stage::Running,
            progress: Progress::default(),
            usage: None,
            usage_is_last: false,
            served_model: None,
            failure: None,
            text_bytes: 0,
            events: 0,
        }
    }

    /// Reads the next piece and says what goes on. When the stream is over, nothing does.
    ///
    /// # Errors
    /// At the first event that cannot be read; the same again for every later piece.
    pub fn push(&mut self, piece: Bytes) -> Result<Relay, StreamError> {
        let was_over = self.is_over();
        let relay = self.relay(piece)?;
        debug_assert!(ends_once(was_over, &relay), "F2: a stream ends exactly once");
        Ok(relay)
    }

    /// Ends the stream where the provider's body ended.
    ///
    /// # Errors
    /// When the last event cannot be read and is not just cut short, or when [`ChatStream::push`]
    /// failed before.
    pub fn end(&mut self) -> Result<StreamEnd, StreamError> {
        match &self.stage {
            Stage::Running => {}
            Stage::Over(how) => return Ok(StreamEnd { held: Bytes::new(), how: *how }),
            Stage::Broken(error) => return Err(error.clone()),
        }
        let rest = self.take_reader().finish();
        let fate = rest.as_ref().map_or(Fate::Drop, |event| self.fate(event));
        let last = match fate {
            Fate::Pass(raw) => raw,
            Fate::Done(held) => return Ok(self.over(Ended::Done, held)),
            Fate::Drop => Bytes::new(),
            Fate::Failed => return Ok(self.over(Ended::Cut, Bytes::new())),
            Fate::Garbage(why) => {
                let data = rest.map(|event| event.data).unwrap_or_default();
                if !is_cut_short(&data, why) {
                    return Err(self.garbage(&data, why, Bytes::new()));
                }
                Bytes::new()
            }
        };
        if self.progress.is_finished() {
            return Ok(self.over(Ended::FinishedWithoutDone, last));
        }
        // What is to follow is an error, which must not become a part of an open event.
        let held = if is_closed(&last) { last } else { Bytes::new() };
        Ok(self.over(Ended::Cut, held))
    }

    /// What the provider says was used, in its latest word.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// Whether what was said to be used was said with or after every finish reason. What came before
    /// says nothing of what came after it.
    #[must_use]
    pub fn usage_is_last(&self) -> bool {
        self.usage_is_last
    }

    /// Whether every choice that was begun has its finish reason.
    #[must_use]
    pub fn finish_seen(&self) -> bool {
        self.progress.is_finished()
    }

    /// The first finish reason that was given.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        self.progress.reason()
    }

    /// The bytes of text so far, as it stands in the chunks.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// How many events with JSON in them were read.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The model that the provider named first, at most 256 bytes of it.
    #[must_use]
    pub fn served_model(&self) -> Option<&str> {
        self.served_model.as_deref()
    }

    /// The failure that the provider sent in the place of a chunk. It is not passed on: the stream
    /// is over and has to end in an error of the gateway.
    #[must_use]
    pub fn failure(&self) -> Option<&ProviderFailure> {
        self.failure.as_ref()
    }

    /// Whether nothing will go on any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.stage, Stage::Running)
    }

    /// How many bytes of an unfinished event are kept.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.reader.carried()
    }

    fn relay(&mut self, piece: Bytes) -> Result<Relay, StreamError> {
        match &self.stage {
            Stage::Running => {}
            Stage::Over(_) => return Ok(Relay { forward: Bytes::new(), held: None }),
            Stage::Broken(error) => return Err(error.clone()),
        }
        let known = self.known(&piece);
        if known == piece.len() {
            return Ok(Relay { forward: piece, held: None });
        }
        let mut forward = Forward::new(piece.clone(), self.reader.carried());
        forward.add_range(0..known);
        let len = piece.len();
        self.reader.push(piece.slice(known..));
        loop {
            let start = len - self.reader.unread();
            let event = match self.reader.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(Relay { forward: forward.finish(), held: None }),
                Err(SseError::TooLong { limit }) => {
                    let before = forward.finish();
                    return Err(self.broken(StreamError::TooLong { limit, before }));
                }
            };
            let end = len - self.reader.unread();
            match self.fate(&event) {
                Fate::Pass(raw) if raw.len() == event.raw.len() && raw.len() == end - start => {
                    forward.add_range(start..end);
                }
                Fate::Pass(raw) => forward.add_bytes(&raw),
                Fate::Drop => {}
                Fate::Done(held) => {
                    self.over(Ended::Done, Bytes::new());
                    return Ok(Relay { forward: forward.finish(), held: Some(held) });
                }
                Fate::Failed => {
                    self.over(Ended::Cut, Bytes::new());
                    return Ok(Relay { forward: forward.finish(), held: None });
                }
                Fate::Garbage(why) => {
                    return Err(self.garbage(&event.data, why, forward.finish()));
                }
            }
        }
    }

    /// How much of a piece's start is events of the kind just read, which go on as they are.
    fn known(&mut self, piece: &Bytes) -> usize {
        if !self.reader.is_between_events() {
            return 0;
        }
        let casts = Casts::of(&self.mould, piece, self.options.max_event);
        self.events += casts.events;
        self.text_bytes += casts.text_bytes;
        casts.length
    }

    /// Reads one event.
    fn fate(&mut self, event: &Event) -> Fate {
        let Some(raw) = event.without_comments(OURS) else { return Fate::Drop };
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Fate::Pass(raw);
        }
        if data == END_MARK {
            return Fate::Done(raw);
        }
        self.scanner.restart();
        let chunk = match self.scanner.push(data).and_then(|()| self.scanner.complete()) {
            Ok(chunk) => chunk,
            Err(why) => return Fate::Garbage(why),
        };
        self.events += 1;
        self.failure = chunk.member("error").and_then(|it| ProviderFailure::read(&it, it.raw));
        if self.failure.is_some() {
            return Fate::Failed;
        }
        self.text_bytes += chunk.text_bytes();
        self.progress.read(chunk);
        if self.served_model.is_none() {
            let model = chunk.member("model").and_then(|model| json::text(model.raw));
            self.served_model = model.map(|model| shortened(model, MODEL_BYTES));
        }
        let usage = chunk.member("usage").filter(|usage| usage.kind == Kind::Object);
        let Some(usage) = usage else {
            self.mould.take(event, chunk);
            return Fate::Pass(raw);
        };
        self.usage = Usage::read(usage.raw).or(self.usage.take());
        self.usage_is_last = self.usage.is_some() && self.progress.is_finished();
        let is_only_usage = self.options.strip_usage && has_no_choices(chunk);
        if is_only_usage { Fate::Drop } else { Fate::Pass(raw) }
    }

    fn over(&mut self, how: Ended, held: Bytes) -> StreamEnd {
        self.take_reader();
        self.stage = Stage::Over(how);
        StreamEnd { held, how }
    }

    fn garbage(&mut self, data: &[u8], why: JsonError, before: Bytes) -> StreamError {
        let seen = data.get(..SEEN_BYTES).unwrap_or(data);
        let seen = String::from_utf8_lossy(seen).into_owned();
        self.broken(StreamError::Garbage { seen, why, before })
    }

    fn broken(&mut self, error: StreamError) -> StreamError {
        self.take_reader();
        let mut later = error.clone();
        later.take_before();
        self.stage = Stage::Broken(later);
        error
    }

    /// Takes the reader with all that it keeps; nothing more is read.
    fn take_reader(&mut self) -> EventReader {
        std::mem::replace(&mut self.reader, EventReader::new(self.options.max_event))
    }
}

/// Invariant F2: a stream that was over gives nothing out, and its end only once.
fn ends_once(was_over: bool, relay: &Relay) -> bool {
    !was_over || (relay.forward.is_empty() && relay.held.is_none())
}

/// Whether the chunk has a list of choices with nothing in it.
fn has_no_choices(chunk: &Document) -> bool {
    chunk.member("choices").is_some_and(|it| it.kind == Kind::Array && it.empty)
}

/// Whether the data of a last event is the start of something that could be read.
fn is_cut_short(data: &[u8], why: JsonError) -> bool {
    why.kind.is_cut_off() || END_MARK.starts_with(data)
}

/// Whether a last event has its blank line. Only a lone CR leaves that open until the stream ends.
fn is_closed(raw: &[u8]) -> bool {
    raw == b"\r" || raw.ends_with(b"\r\r") || raw.ends_with(b"\n\r")
}
