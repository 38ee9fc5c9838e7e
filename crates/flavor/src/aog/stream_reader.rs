//! Reading a stream, event by event.

use super::{Mode, content, error};
use crate::canon::{Event, Fault, Stop, Text};
use crate::json::{Misfit, Object};
use crate::openai::chat::read_reply::{read_stop, said};
use crate::openai::chat::read_stream::choice::Choice;
use crate::openai::chat::usage;
use crate::openai::chunks::{Choice as _, END_MARK, failure};
use crate::sse;

/// The number of the one answer.
const ANSWER: u32 = 0;
/// By what an error of AOG's own is known.
const ERROR_MARK: &[u8] = b"\"business_code\"";

/// Reads a stream. There is one answer in it, and its last event is the one that says that it is
/// finished.
///
/// It keeps what a reader of chat completions keeps for one answer.
#[derive(Debug)]
pub struct StreamReader {
    mode: Mode,
    started: bool,
    answer: Choice,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// The last event was seen.
    Over,
    /// Nothing after a fault counts.
    Broken,
}

impl StreamReader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { mode, started: false, answer: Choice::default(), stage: Stage::Running }
    }

    /// Reads one event and gives out what happens. After the last one or a fault, nothing does.
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
        let read = self.read_data(data, event.name.as_deref() == Some(b"error"), give);
        if read.is_err() {
            self.stage = Stage::Broken;
        }
        read
    }

    /// Whether it was seen why the answer ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.answer.is_finished()
    }

    /// Whether the event was seen that ends the stream.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn read_data(
        &mut self,
        data: &[u8],
        is_error: bool,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        // AOG's servers write no such mark here, but some that speak like them may. It is none of an
        // answer that never ended.
        if data == END_MARK {
            if !self.is_finished() {
                return Err(Misfit::new("the end mark comes before a finish reason").into());
            }
            self.stage = Stage::Over;
            return Ok(());
        }
        let data_text = std::str::from_utf8(data);
        // Pieces of an answer go past here, so the word is looked for before the whole is read.
        if memchr::memmem::find(data, ERROR_MARK).is_some()
            && let Some(words) = data_text.ok().and_then(error::read_failure)
        {
            return Err(Fault::Failed(words));
        }
        if let Some(words) = failure(data, is_error) {
            return Err(Fault::Failed(words));
        }
        let text = data_text.map_err(|_| Misfit::new("should be UTF-8"))?;
        Ok(self.read_reply(text, give)?)
    }

    /// Reads a reply with the next piece: what is said, then why it ended, then what was used.
    fn read_reply(&mut self, data: &str, give: &mut dyn FnMut(Event<'_>)) -> Result<(), Misfit> {
        let mut reply = Object::parse(data)?;
        let finished = reply.flag("finished")?.unwrap_or(false);
        let (id, model) = (said(reply.text("id")?), said(reply.text("model")?));
        let stop = read_stop(&mut reply)?;
        let used = reply.take("usage").and_then(usage::read);
        if !std::mem::replace(&mut self.started, true) {
            give(Event::Start { id, model });
        }
        match self.mode {
            Mode::Chat => {
                if let Some(mut message) = reply.object("message")? {
                    let read = self.answer.say(&mut message, content::of_message, ANSWER, give);
                    read.map_err(|misfit| misfit.at("message"))?;
                }
            }
            Mode::Generate => self.answer.say(&mut reply, content::of_answer, ANSWER, give)?,
        }
        let stop = stop.or_else(|| finished.then(|| Stop::Other(Text::default())));
        self.answer.stop(stop, ANSWER, give)?;
        if let Some(used) = used {
            give(Event::Usage(used));
        }
        if finished {
            self.stage = Stage::Over;
        }
        Ok(())
    }
}
