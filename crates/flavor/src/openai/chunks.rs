//! Reading a stream of chunks, as chat completions and the older completions have it.

use serde_json::value::RawValue;

use super::{chat, read_failure};
use crate::canon::{Event, Fault};
use crate::json::{Misfit, Object};
use crate::sse;

pub(crate) const END_MARK: &[u8] = b"[DONE]";
/// How much of a failure that is no JSON is kept, in bytes.
const FAILURE_BYTES: usize = 1024;

/// One answer in a stream of chunks.
pub trait Choice: Default {
    /// The most of them in one stream.
    const MOST: usize;

    /// Whether anything was said of it.
    fn is_begun(&self) -> bool;

    /// Whether its finish reason was said.
    fn is_finished(&self) -> bool;

    /// Reads what a chunk says of it, and gives out what happens.
    ///
    /// # Errors
    /// [`Misfit`] for what is none of it.
    fn read(
        &mut self,
        choice: Object<'_>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit>;
}

/// Reads a provider's stream of chunks, event by event. It keeps what each answer keeps, whose number
/// is bounded.
#[derive(Debug, Default)]
pub struct ChunkReader<C> {
    started: bool,
    stage: Stage,
    choices: Vec<C>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Running,
    /// The end mark was seen.
    Over,
    /// Nothing after a fault counts.
    Broken,
}

impl<C: Choice> ChunkReader<C> {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one event and gives out what happens. After the end mark or a fault, nothing does.
    ///
    /// # Errors
    /// When the event cannot be read, or is the provider's word that it failed.
    pub fn read(
        &mut self,
        event: &sse::Event,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        if self.stage != Stage::Running {
            return Ok(());
        }
        let data = event.data.trim_ascii();
        if data.is_empty() {
            if self.started && event.has_comment {
                give(Event::Ping);
            }
            return Ok(());
        }
        if data == END_MARK {
            self.stage = Stage::Over;
            return Ok(());
        }
        let is_error = event.name.as_deref() == Some(b"error");
        let read = match failure(data, is_error) {
            Some(words) => Err(Fault::Failed(words)),
            None => self.read_chunk(data, give).map_err(Fault::Garbage),
        };
        if read.is_err() {
            self.stage = Stage::Broken;
        }
        read
    }

    /// Whether every answer that was begun has its finish reason, and one has at least.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let mut begun = self.choices.iter().filter(|choice| choice.is_begun()).peekable();
        begun.peek().is_some() && begun.all(C::is_finished)
    }

    /// Whether the end mark was seen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn read_chunk(&mut self, data: &[u8], give: &mut dyn FnMut(Event<'_>)) -> Result<(), Misfit> {
        let data = std::str::from_utf8(data).map_err(|_| Misfit::new("should be UTF-8"))?;
        let mut chunk = Object::parse(data)?;
        let choices = chunk.list("choices")?.unwrap_or_default();
        let used = chunk.take("usage").and_then(chat::read_usage);
        // Some servers open with a chunk about the prompt alone, which names nothing.
        if !self.started && (used.is_some() || !choices.is_empty()) {
            self.started = true;
            let (id, model) = (chat::said(chunk.text("id")?), chat::said(chunk.text("model")?));
            give(Event::Start { id, model });
        }
        for (at, choice) in choices.into_iter().enumerate() {
            let read = self.read_choice(choice, at, give);
            read.map_err(|misfit| misfit.within(at).at("choices"))?;
        }
        if let Some(used) = used {
            give(Event::Usage(used));
        }
        Ok(())
    }

    fn read_choice(
        &mut self,
        choice: &RawValue,
        at: usize,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let mut choice = Object::read(choice)?;
        let index = choice.whole("index")?.map_or(Ok(at), usize::try_from);
        let index = index.ok().filter(|index| *index < C::MOST);
        let beyond = || Misfit::new(format!("should be less than {}", C::MOST)).at("index");
        let index = index.ok_or_else(beyond)?;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, C::default);
        }
        match (self.choices.get_mut(index), u32::try_from(index)) {
            (Some(state), Ok(number)) => state.read(choice, number, give),
            _ => Ok(()),
        }
    }
}

/// The provider's words, where it says that it failed.
pub(crate) fn failure(data: &[u8], is_error: bool) -> Option<String> {
    // Pieces of an answer go past here, so the word is looked for before the whole is read.
    if !is_error && memchr::memmem::find(data, b"\"error\"").is_none() {
        return None;
    }
    if let Some(failure) = read_failure(data) {
        return Some(match (failure.code, failure.kind) {
            (Some(code), _) => format!("{} ({code})", failure.message),
            (None, Some(kind)) => format!("{} ({kind})", failure.message),
            (None, None) => failure.message,
        });
    }
    is_error.then(|| {
        let words = data.get(..FAILURE_BYTES).unwrap_or(data);
        String::from_utf8_lossy(words).into_owned()
    })
}
