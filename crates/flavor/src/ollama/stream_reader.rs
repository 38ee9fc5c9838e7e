//! Reading a stream, line by line.

use super::said::Said;
use super::{Mode, call_ids};
use crate::canon::{Event, Fault};
use crate::json::{Misfit, Object, object};

/// The longest account of a failure that is kept, in bytes.
const FAILURE_BYTES: usize = 1024;

/// Reads a stream. There is one answer in it, and its last line is the one that is done.
#[derive(Debug)]
pub struct StreamReader {
    mode: Mode,
    begun: bool,
    done: bool,
    /// How many calls there were.
    calls: u32,
}

impl StreamReader {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { mode, begun: false, done: false, calls: 0 }
    }

    /// Reads one line and gives out what happens in it. Blank lines, and what comes after the last
    /// one, are nothing. Calls without an id get `call_N`, by their place in the stream.
    ///
    /// # Errors
    /// When the provider says that it failed, or the line is not of this flavor. The stream is over
    /// then, without an end.
    pub fn read(&mut self, line: &[u8], give: &mut dyn FnMut(Event<'_>)) -> Result<(), Fault> {
        let line = line.trim_ascii();
        if line.is_empty() || self.done {
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|_| Misfit::new("should be UTF-8"))?;
        let mut members = Object::parse(line)?;
        if let Some(error) = members.take("error") {
            let words = object::text(error).unwrap_or_else(|_| error.get().into());
            return Err(Fault::Failed(shortened(&words)));
        }
        let said = Said::read(self.mode, &mut members)?;
        self.give(said, give)?;
        Ok(())
    }

    fn give(&mut self, mut said: Said<'_>, give: &mut dyn FnMut(Event<'_>)) -> Result<(), Misfit> {
        const CHOICE: u32 = 0;
        let first = self.calls;
        let count = u32::try_from(said.calls.len()).ok().and_then(|new| first.checked_add(new));
        self.calls = count.ok_or_else(|| Misfit::new("has too many calls of tools"))?;
        if !std::mem::replace(&mut self.begun, true) {
            give(Event::Start { id: None, model: said.model.take() });
        }
        let (stop, usage) = (said.stop(self.calls > 0), said.usage());
        if !said.thinking.is_empty() {
            give(Event::Reasoning { choice: CHOICE, piece: said.thinking });
        }
        if !said.words.is_empty() {
            give(Event::Text { choice: CHOICE, piece: said.words });
        }
        call_ids::of_reply(&mut said.calls, first);
        for (asked, call) in said.calls.into_iter().zip(first..) {
            give(Event::CallStart {
                choice: CHOICE,
                call,
                id: asked.id,
                name: asked.name,
                signature: None,
            });
            give(Event::CallArguments { choice: CHOICE, call, piece: asked.arguments });
        }
        if said.done {
            self.done = true;
            give(Event::Stop { choice: CHOICE, stop });
            if let Some(usage) = usage {
                give(Event::Usage(usage));
            }
        }
        Ok(())
    }

    /// Whether the line was seen that ends the answer.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.done
    }

    /// Whether the stream is over: the line that ends the answer ends the stream too.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.done
    }
}

fn shortened(words: &str) -> String {
    let end = words.floor_char_boundary(FAILURE_BYTES);
    words.get(..end).unwrap_or_default().to_owned()
}
