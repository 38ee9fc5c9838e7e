//! Reading a stream.

use crate::canon::Event;
use crate::json::{Misfit, Object};
use crate::openai::chat;
use crate::openai::chunks::{self, ChunkReader};

/// Reads a provider's stream of chunks, event by event.
pub type StreamReader = ChunkReader<Choice>;

/// Of each answer it is kept whether it has begun and ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    begun: bool,
    finished: bool,
}

impl chunks::Choice for Choice {
    /// They are numbered through all prompts of a request.
    const MOST: usize = 1 << 16;

    fn is_begun(&self) -> bool {
        self.begun
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn read(
        &mut self,
        mut choice: Object<'_>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begun = true;
        if let Some(piece) = choice.text("text")?.filter(|piece| !piece.is_empty()) {
            if self.finished {
                return Err(Misfit::new("goes on after its finish reason"));
            }
            give(Event::Text { choice: number, piece });
        }
        // Servers may say once more that it ended.
        if let Some(stop) = chat::read_finish(&mut choice)?
            && !std::mem::replace(&mut self.finished, true)
        {
            give(Event::Stop { choice: number, stop });
        }
        Ok(())
    }
}
