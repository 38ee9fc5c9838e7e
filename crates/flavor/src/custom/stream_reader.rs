//! Reading a provider's stream, piece by piece.

use super::reply::Said;
use super::source::Source;
use super::{Custom, Stream, error};
use crate::canon::{Event, Fault};
use crate::json::Misfit;

/// Reads a stream.
#[derive(Debug)]
pub struct StreamReader {
    custom: &'static Custom,
    begun: bool,
    finished: bool,
    over: bool,
}

impl StreamReader {
    /// At the start of a stream.
    #[must_use]
    pub fn new(custom: &'static Custom) -> Self {
        Self { custom, begun: false, finished: false, over: false }
    }

    /// Reads the data of one event, or one line, and gives out what happens in it.
    ///
    /// # Errors
    /// When it is not of this flavor, or says that the provider failed.
    pub fn read(&mut self, data: &[u8], give: &mut dyn FnMut(Event<'_>)) -> Result<(), Fault> {
        let data = data.trim_ascii();
        let Some(stream) = &self.custom.stream else { return Ok(()) };
        if data.is_empty() || self.over {
            return Ok(());
        }
        if stream.terminator.as_ref().is_some_and(|end| data == end.as_bytes()) {
            self.over = true;
            return Ok(());
        }
        let text = std::str::from_utf8(data).map_err(|_| Misfit::new("should be UTF-8"))?;
        if let Some(said) = error::read_failure(self.custom, text) {
            return Err(Fault::Failed(said));
        }
        self.take(stream, text, give)?;
        Ok(())
    }

    fn take(
        &mut self,
        stream: &Stream,
        text: &str,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let places = &stream.piece;
        let mut source = Source::parse(text)?;
        let piece = source.text(Some(&places.text))?.filter(|piece| !piece.is_empty());
        let said = Said::read(places, &mut source)?;
        if !std::mem::replace(&mut self.begun, true) {
            let (id, model) =
                (source.text(places.id.as_ref())?, source.text(places.model.as_ref())?);
            give(Event::Start { id, model });
        }
        if let Some(piece) = piece.filter(|_| !self.finished) {
            give(Event::Text { choice: 0, piece });
        }
        if let Some(usage) = said.usage {
            give(Event::Usage(usage));
        }
        if let Some(stop) = said.stop.filter(|_| !self.finished) {
            self.finished = true;
            self.over = stream.terminator.is_none();
            give(Event::Stop { choice: 0, stop });
        }
        Ok(())
    }

    /// Whether the reason to finish was said.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the stream came to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }
}
