//! Reading a stream.

use serde_json::value::RawValue;

use crate::{
    canon::{Event, Fault},
    json::{Misfit, Object},
    openai::chat,
    sse,
};

const END_MARK: &[u8] = b"[DONE]";
/// The most answers of one stream; no request may ask for more.
const CHOICES: usize = 128;

/// Reads a provider's stream of chunks, event by event. Of each answer it keeps whether it has
/// begun and ended.
#[derive(Debug, Default)]
pub struct StreamReader {
    started: bool,
    stage: Stage,
    choices: Vec<Choice>,
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

#[derive(Debug, Clone, Copy, Default)]
struct Choice {
    begun: bool,
    finished: bool,
}

impl StreamReader {
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
        let read = match chat::failure(data, is_error) {
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
        let mut begun = self.choices.iter().filter(|choice| choice.begun).peekable();
        begun.peek().is_some() && begun.all(|choice| choice.finished)
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
        let index = index.ok().filter(|index| *index < CHOICES);
        let index = index.ok_or_else(|| Misfit::new("should be less than 128").at("index"))?;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        let (Some(state), Ok(number)) = (self.choices.get_mut(index), u32::try_from(index)) else {
            return Ok(());
        };
        state.begun = true;
        if let Some(piece) = choice.text("text")?.filter(|piece| !piece.is_empty()) {
            if state.finished {
                return Err(Misfit::new("goes on after its finish reason"));
            }
            give(Event::Text { choice: number, piece });
        }
        // Servers may say once more that it ended.
        if let Some(stop) = chat::read_finish(&mut choice)?
            && !std::mem::replace(&mut state.finished, true)
        {
            give(Event::Stop { choice: number, stop });
        }
        Ok(())
    }
}
