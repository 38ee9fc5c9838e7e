//! One answer of a stream.

use super::calls::Calls;
use crate::{
    canon::{Block, Event, Losses, Reasoning},
    json::{Misfit, Object},
    openai::chat::{content, read_reply::read_stop, reasoning},
};

/// What is known of one answer so far.
#[derive(Debug, Default)]
pub(super) struct Choice {
    begun: bool,
    finished: bool,
    calls: Calls,
}

impl Choice {
    pub(super) fn is_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Reads what a chunk says of this answer: what the model thinks, then its words, then its
    /// calls, then why it ended.
    pub(super) fn read(
        &mut self,
        mut choice: Object<'_>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begun = true;
        let finished = self.finished;
        let mut any = false;
        if let Some(delta) = choice.object("delta")? {
            let mut give = |event: Event<'_>| {
                any = true;
                if !finished {
                    give(event);
                }
            };
            self.read_delta(delta, number, &mut give).map_err(|misfit| misfit.at("delta"))?;
        }
        if finished {
            // Servers may say once more that it ended, but not go on.
            return if any { Err(Misfit::new("goes on after its finish reason")) } else { Ok(()) };
        }
        if let Some(stop) = read_stop(&mut choice)? {
            self.calls.finish()?;
            self.finished = true;
            let stop = stop.with_calls(self.calls.any());
            give(Event::Stop { choice: number, stop });
        }
        Ok(())
    }

    fn read_delta(
        &mut self,
        mut delta: Object<'_>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        // What there is beside, nobody asked for.
        let mut losses = Losses::default();
        for thought in reasoning::read(&mut delta, "", &mut losses)? {
            give_thought(thought, number, give);
        }
        // A few servers send parts, and what the model thinks among them.
        for block in content::read(delta.take("content"), &mut losses)? {
            match block {
                Block::Text(piece) => give(Event::Text { choice: number, piece }),
                Block::Refusal(piece) => give(Event::Refusal { choice: number, piece }),
                Block::Reasoning(thought) => give_thought(thought, number, give),
                _ => {}
            }
        }
        if let Some(piece) = delta.text("refusal")?.filter(|piece| !piece.is_empty()) {
            give(Event::Refusal { choice: number, piece });
        }
        for (at, call) in delta.list("tool_calls")?.into_iter().flatten().enumerate() {
            let read = Object::read(call).and_then(|call| self.calls.read(call, number, give));
            read.map_err(|misfit| misfit.within(at).at("tool_calls"))?;
        }
        if let Some(function) = delta.object("function_call")? {
            let read = self.calls.read_function(function, number, give);
            read.map_err(|misfit| misfit.at("function_call"))?;
        }
        Ok(())
    }
}

fn give_thought(thought: Reasoning<'_>, choice: u32, give: &mut dyn FnMut(Event<'_>)) {
    if !thought.text.is_empty() {
        give(Event::Reasoning { choice, piece: thought.text });
    }
    if let Some(signature) = thought.signature.filter(|signature| !signature.is_empty()) {
        give(Event::Signature { choice, signature });
    }
    if let Some(sealed) = thought.sealed.filter(|sealed| !sealed.is_empty()) {
        give(Event::Sealed { choice, sealed });
    }
}
