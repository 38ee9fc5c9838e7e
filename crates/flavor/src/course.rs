//! A provider's stream on its way to a caller: as it came, or in another dialect; and what it is
//! metered by.
//!
//! What a caller takes for the sign that all is well is held back, and nothing goes on after it
//! (invariant F2).

mod cutter;
mod reader;
mod writer;

use bytes::Bytes;

use crate::canon::{Event, Face, Fault, Keeper, Keepsake, Usage, unique};
use crate::dialect::Dialect;
use crate::json::Misfit;
use cutter::{Cutter, Piece, TooLong};
use reader::Reader;
use writer::Writer;

/// How a stream goes from a provider to a caller.
#[derive(Debug, Clone)]
pub struct Way {
    /// What the provider speaks.
    pub from: Dialect,
    /// What the caller speaks, and how the reply looks to it; nothing where it is the same dialect,
    /// and every byte goes on as it came.
    pub to: Option<(Dialect, Face)>,
    /// Of a stream that goes on as it came: whether its caller did not ask for an event of what was
    /// used alone, and so does not get it.
    pub strip_usage: bool,
    /// The most bytes of one event.
    pub max_event: usize,
}

/// Follows a stream.
#[derive(Debug)]
pub struct Course {
    cutter: Cutter,
    /// Of the caller, where it is converted.
    face: Option<Face>,
    reader: Reader,
    writer: Option<Box<Writer>>,
    /// Of what is converted: its caller cannot keep it.
    keeper: Option<Box<Keeper>>,
    strip_usage: bool,
    said: Said,
    stage: Stage,
}

/// What the stream said so far.
#[derive(Debug, Default)]
struct Said {
    usage: Option<Usage>,
    usage_is_last: bool,
    text_bytes: u64,
}

#[derive(Debug, Clone)]
enum Stage {
    Running,
    Over,
    Broken(Broken),
}

/// What goes on of a piece of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relay {
    /// What goes to the caller now.
    pub forward: Bytes,
    /// The end, once the provider's is seen: it is held until the receipt is committed.
    pub held: Option<Bytes>,
}

/// How a stream ended whose provider has closed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Close {
    /// Its end was seen before.
    Before,
    /// It ends now, properly: a finish mark was seen for every answer. What goes to the caller now,
    /// and what is held.
    Finished {
        /// What goes to the caller now.
        forward: Bytes,
        /// The end, to be held until the receipt is committed.
        held: Bytes,
    },
    /// It was cut off.
    Cut,
}

/// Why a stream cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Broken {
    /// Why.
    pub why: Why,
    /// What came before and can still go to the caller. Empty when the same is said again.
    pub before: Bytes,
}

/// See [`Broken`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// What the provider sent, or what it said of itself.
    #[error(transparent)]
    Provider(#[from] Fault),
    /// An event, or a line without an end, that is longer than the bound.
    #[error("the provider sent an event longer than {0} bytes")]
    TooLong(usize),
    /// The caller's dialect has no way to say what came.
    #[error("the stream cannot be said in the caller's dialect: {0}")]
    Unsayable(Misfit),
}

impl Course {
    /// At the start of a stream.
    pub fn new(way: Way) -> Self {
        Self {
            cutter: Cutter::new(way.from, way.max_event),
            face: way.to.as_ref().map(|(_, face)| face.clone()),
            reader: Reader::new(way.from),
            keeper: way.to.as_ref().map(|(_, face)| Box::new(Keeper::of(&face.id))),
            strip_usage: way.strip_usage,
            writer: way.to.map(|(dialect, face)| Box::new(Writer::new(dialect, face))),
            said: Said::default(),
            stage: Stage::Running,
        }
    }

    /// Reads the next piece and says what goes on. When the stream is over, nothing does.
    ///
    /// # Errors
    /// [`Broken`]; the same again for every later piece.
    pub fn push(&mut self, piece: Bytes) -> Result<Relay, Broken> {
        match &self.stage {
            Stage::Running => {}
            Stage::Over => return Ok(Relay::default()),
            Stage::Broken(broken) => return Err(broken.clone()),
        }
        self.cutter.push(piece);
        let mut out = Vec::new();
        loop {
            let event = match self.cutter.next() {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(Relay { forward: Bytes::from(out), held: None }),
                Err(TooLong { limit }) => {
                    return Err(self.broken(Why::TooLong(limit), out));
                }
            };
            let written = out.len();
            if let Err(why) = self.take(&event, &mut out) {
                out.truncate(written);
                return Err(self.broken(why, out));
            }
            if self.reader.is_over() {
                let held = out.split_off(written);
                let held = self.held(held);
                return Ok(Relay { forward: Bytes::from(out), held: Some(held) });
            }
        }
    }

    /// The provider has closed the stream.
    ///
    /// # Errors
    /// [`Broken`], when what came last cannot be read, or the stream was broken before.
    pub fn close(&mut self) -> Result<Close, Broken> {
        match &self.stage {
            Stage::Running => {}
            Stage::Over => return Ok(Close::Before),
            Stage::Broken(broken) => return Err(broken.clone()),
        }
        let rest = self.take_cutter().finish();
        let mut out = Vec::new();
        // An event without its blank line may be cut short; then it is none.
        let last = rest.is_none_or(|event| self.take(&event, &mut out).is_ok());
        if !last || !self.reader.is_finished() {
            self.stage = Stage::Over;
            return Ok(Close::Cut);
        }
        let held = self.held(Vec::new());
        Ok(Close::Finished { forward: Bytes::from(out), held })
    }

    /// What says that the stream failed, where that has a place of its own in it: `code` is one that
    /// clients of responses know. In every other dialect it is an event that stands alone.
    pub fn fail(&mut self, code: &str, message: &str) -> Option<Vec<u8>> {
        self.writer.as_mut().and_then(|writer| writer.fail(code, message))
    }

    /// What is to be kept for when its caller's tools have answered.
    pub fn take_kept(&mut self) -> Vec<Keepsake> {
        self.keeper.as_mut().map_or_else(Vec::new, |keeper| keeper.take())
    }

    /// What was used, in the provider's latest word.
    pub fn usage(&self) -> Option<&Usage> {
        self.said.usage.as_ref()
    }

    /// Whether that was said with or after every finish mark.
    pub fn usage_is_last(&self) -> bool {
        self.said.usage_is_last
    }

    /// Whether every answer that was begun has its finish mark.
    pub fn finish_seen(&self) -> bool {
        self.reader.is_finished()
    }

    /// The bytes of text so far: words, thoughts, refusals and arguments, unescaped.
    pub fn text_bytes(&self) -> u64 {
        self.said.text_bytes
    }

    /// Whether nothing will go on any more.
    pub fn is_over(&self) -> bool {
        !matches!(self.stage, Stage::Running)
    }

    /// Reads one event; adds what goes on of it.
    fn take(&mut self, piece: &Piece, out: &mut Vec<u8>) -> Result<(), Why> {
        let Self { reader, writer, keeper, said, face, .. } = self;
        let mut unsayable = None;
        let (mut used, mut more) = (false, false);
        reader.read(piece, &mut |mut happened| {
            let is_usage = said.note(&happened);
            used |= is_usage;
            more |= !is_usage && !matches!(happened, Event::Start { .. });
            if let (Event::CallStart { id, .. }, Some(face)) = (&mut happened, &face) {
                *id = unique(std::mem::take(id), face);
            }
            if let Some(keeper) = keeper {
                keeper.note(&happened);
            }
            if let Some(writer) = writer
                && unsayable.is_none()
            {
                unsayable = match happened {
                    Event::Media { .. } => Some(Misfit::new("a picture, a sound or a file")),
                    _ => writer.write(&happened, out).err(),
                };
            }
        })?;
        if let Some(misfit) = unsayable {
            return Err(Why::Unsayable(misfit));
        }
        if used {
            said.usage_is_last = reader.is_finished();
        }
        let is_unasked = self.strip_usage && used && !more && piece.has_no_choices();
        if writer.is_none()
            && !is_unasked
            && let Some(raw) = piece.raw()
        {
            out.extend_from_slice(&raw);
        }
        Ok(())
    }

    /// Ends the stream. What is held is the end in the caller's dialect; of a stream that goes on
    /// as it came, `last`.
    fn held(&mut self, last: Vec<u8>) -> Bytes {
        self.stage = Stage::Over;
        match &mut self.writer {
            Some(writer) => {
                let mut held = last;
                writer.end(&mut held);
                Bytes::from(held)
            }
            None => Bytes::from(last),
        }
    }

    /// Takes the cutter with all that it keeps; nothing more is read.
    fn take_cutter(&mut self) -> Cutter {
        std::mem::replace(&mut self.cutter, Cutter::new(Dialect::Chat, 0))
    }

    fn broken(&mut self, why: Why, before: Vec<u8>) -> Broken {
        self.take_cutter();
        self.stage = Stage::Broken(Broken { why: why.clone(), before: Bytes::new() });
        Broken { why, before: Bytes::from(before) }
    }
}

impl Said {
    /// Notes what counts; says whether it was usage.
    fn note(&mut self, event: &Event<'_>) -> bool {
        let text = match event {
            Event::Text { piece, .. }
            | Event::Reasoning { piece, .. }
            | Event::Refusal { piece, .. }
            | Event::CallArguments { piece, .. }
            | Event::Freeform { piece } => piece.len(),
            Event::Usage(usage) => {
                self.usage = Some(self.usage.unwrap_or_default().or_later(*usage));
                return true;
            }
            _ => 0,
        };
        self.text_bytes += u64::try_from(text).unwrap_or(u64::MAX);
        false
    }
}
