//! A message as it streams.

use super::stop;
use super::usage::Counts;
use crate::canon::{Event, Fault, Text};
use crate::json::{Misfit, Object};
use crate::sse;

/// The most blocks of one message; what has more is no message.
const BLOCKS: usize = 4096;

/// The longest sentence that is kept of a provider's failure, in bytes.
const MESSAGE_BYTES: usize = 1024;

/// Follows a provider's stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    counts: Counts,
    /// The block that is open.
    open: Option<Open>,
    blocks: usize,
    calls: u32,
    finished: bool,
    over: bool,
}

/// A call of a tool that is open.
#[derive(Debug)]
struct Open {
    index: u64,
    call: u32,
    /// Whether any of its arguments came.
    begun: bool,
    /// The arguments that stood at its start: some servers write all of them there, and no more.
    input: String,
}

impl StreamReader {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it was said why the message ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the terminator was seen.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Reads an event and gives out what happens in it.
    ///
    /// # Errors
    /// [`Fault`] for what is no event of a message, and when the provider says that it failed.
    pub fn read(
        &mut self,
        event: &sse::Event,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        let data = std::str::from_utf8(&event.data).map_err(|_| Misfit::new("is no text"))?;
        if data.trim().is_empty() {
            return Ok(());
        }
        let mut root = Object::parse(data)?;
        match root.needed_text("type")?.as_ref() {
            "message_start" => self.start(root, give)?,
            "content_block_start" => self.block_start(root, give)?,
            "content_block_delta" => self.block_delta(root, give)?,
            "content_block_stop" => self.block_stop(&mut root, give)?,
            "message_delta" => self.message_delta(root, give)?,
            "message_stop" if !self.finished => {
                return Err(Misfit::new("`message_stop` came before a stop reason").into());
            }
            "message_stop" => self.over = true,
            "ping" => give(Event::Ping),
            "error" => return Err(failed(root)),
            // The protocol says that there may come to be more of them.
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        mut root: Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let mut message = root.object("message")?.ok_or_else(|| missing("message"))?;
        give(Event::Start { id: message.text("id")?, model: message.text("model")? });
        if let Some(usage) = message.object("usage")? {
            self.counts.take(usage);
            give(Event::Usage(self.counts.usage()));
        }
        Ok(())
    }

    fn block_start(
        &mut self,
        mut root: Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let index = index(&mut root)?;
        let mut block = root.object("content_block")?.ok_or_else(|| missing("content_block"))?;
        self.blocks += 1;
        if self.blocks > BLOCKS {
            return Err(Misfit::new("is beyond the most blocks of a message").at("index"));
        }
        self.close(give);
        match block.needed_text("type")?.as_ref() {
            "text" => give_text(block.text("text")?, give),
            "thinking" => give_thought(block.text("thinking")?, give),
            "redacted_thinking" => {
                give(Event::Sealed { choice: 0, sealed: block.needed_text("data")? });
            }
            "tool_use" => {
                let call = self.calls;
                self.calls += 1;
                let (id, name) = (block.needed_text("id")?, block.needed_text("name")?);
                give(Event::CallStart { choice: 0, call, id, name, signature: None });
                let input = block.take("input").map_or("{}", |input| input.get()).to_owned();
                self.open = Some(Open { index, call, begun: false, input });
            }
            // A tool that runs at Anthropic, or what it came to.
            _ => {}
        }
        Ok(())
    }

    fn block_delta(
        &mut self,
        mut root: Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let index = index(&mut root)?;
        let mut delta = root.object("delta")?.ok_or_else(|| missing("delta"))?;
        match delta.needed_text("type")?.as_ref() {
            "text_delta" => give_text(delta.text("text")?, give),
            "thinking_delta" => give_thought(delta.text("thinking")?, give),
            "signature_delta" => {
                let signature = delta.needed_text("signature")?;
                give(Event::Signature { choice: 0, signature });
            }
            "input_json_delta" => {
                // Those of a tool that runs at Anthropic are no arguments of a call.
                let open = self.open.as_mut().filter(|open| open.index == index);
                let piece = delta.text("partial_json")?.filter(|piece| !piece.is_empty());
                if let (Some(open), Some(piece)) = (open, piece) {
                    open.begun = true;
                    give(Event::CallArguments { choice: 0, call: open.call, piece });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn block_stop(
        &mut self,
        root: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let index = index(root)?;
        if self.open.as_ref().is_some_and(|open| open.index == index) {
            self.close(give);
        }
        Ok(())
    }

    /// Ends the call that is open. One without arguments has the empty object.
    fn close(&mut self, give: &mut dyn FnMut(Event<'_>)) {
        if let Some(Open { call, begun: false, input, .. }) = self.open.take() {
            give(Event::CallArguments { choice: 0, call, piece: Text::Owned(input) });
        }
    }

    fn message_delta(
        &mut self,
        mut root: Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        if let Some(usage) = root.object("usage")? {
            self.counts.take(usage);
            give(Event::Usage(self.counts.usage()));
        }
        let Some(mut delta) = root.object("delta")? else { return Ok(()) };
        let sequence = delta.text("stop_sequence")?;
        if let Some(reason) = delta.text("stop_reason")? {
            self.close(give);
            self.finished = true;
            give(Event::Stop { choice: 0, stop: stop::read(reason, sequence) });
        }
        Ok(())
    }
}

fn give_text(piece: Option<Text<'_>>, give: &mut dyn FnMut(Event<'_>)) {
    if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
        give(Event::Text { choice: 0, piece });
    }
}

fn give_thought(piece: Option<Text<'_>>, give: &mut dyn FnMut(Event<'_>)) {
    if let Some(piece) = piece.filter(|piece| !piece.is_empty()) {
        give(Event::Reasoning { choice: 0, piece });
    }
}

fn index(root: &mut Object<'_>) -> Result<u64, Misfit> {
    root.whole("index")?.ok_or_else(|| missing("index"))
}

fn missing(field: &str) -> Misfit {
    Misfit::new("is missing").at(field)
}

/// What a provider says of its failure.
fn failed(mut root: Object<'_>) -> Fault {
    let error = root.object("error").ok().flatten();
    let mut said = error.map_or_else(String::new, |mut error| {
        let mut word = |name| error.text(name).ok().flatten().unwrap_or_default().into_owned();
        format!("{}: {}", word("type"), word("message"))
    });
    said.truncate(said.floor_char_boundary(MESSAGE_BYTES));
    Fault::Failed(said)
}
