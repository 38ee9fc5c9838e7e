//! One answer of a stream.

use super::calls::Calls;
use crate::{
    canon::{Block, Event, Losses, Reasoning, Stop},
    json::{Misfit, Object},
    openai::chat::{
        content::{self, ReadContent},
        read_reply::read_stop,
        reasoning,
    },
    openai::chunks,
};

/// What is known of one answer so far.
#[derive(Debug, Default)]
pub struct Choice {
    begun: bool,
    finished: bool,
    calls: Calls,
}

impl chunks::Choice for Choice {
    /// No request may ask for more.
    const MOST: usize = 128;

    fn is_begun(&self) -> bool {
        self.begun
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    /// What the model thinks, then its words, then its calls, then why it ended.
    fn read(
        &mut self,
        mut choice: Object<'_>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begun = true;
        if let Some(mut delta) = choice.object("delta")? {
            let said = self.say(&mut delta, content::of_message, number, give);
            said.map_err(|misfit| misfit.at("delta"))?;
        }
        self.stop(read_stop(&mut choice)?, number, give)
    }
}

impl Choice {
    /// Reads what is said next. `content` takes the words out of it.
    pub(crate) fn say(
        &mut self,
        delta: &mut Object<'_>,
        content: ReadContent,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begun = true;
        let finished = self.finished;
        let mut any = false;
        self.read_delta(delta, content, number, &mut |event| {
            any = true;
            if !finished {
                give(event);
            }
        })?;
        // Servers may say once more that it ended, but not go on.
        if finished && any { Err(Misfit::new("goes on after its finish reason")) } else { Ok(()) }
    }

    /// Ends the answer, where a reason for that is said. What is said again is nothing.
    pub(crate) fn stop(
        &mut self,
        stop: Option<Stop<'_>>,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let Some(stop) = stop.filter(|_| !self.finished) else { return Ok(()) };
        self.calls.finish()?;
        self.finished = true;
        let stop = stop.with_calls(self.calls.any());
        give(Event::Stop { choice: number, stop });
        Ok(())
    }

    fn read_delta(
        &mut self,
        delta: &mut Object<'_>,
        content: ReadContent,
        number: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        // What there is beside, nobody asked for.
        let mut losses = Losses::default();
        for thought in reasoning::read(delta, "", &mut losses)? {
            give_thought(thought, number, give);
        }
        // A few servers send parts, and what the model thinks among them.
        for block in content(delta, &mut losses)? {
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
