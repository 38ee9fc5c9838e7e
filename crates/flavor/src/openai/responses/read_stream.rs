//! A response as it streams.

use super::names::Names;
use super::{read_item, searches, stop, usage};
use crate::canon::{Event, Fault, Text};
use crate::json::{Misfit, Object};
use crate::sse;

/// The most calls of one response; what has more is no response.
const CALLS: usize = 4096;

/// Follows a provider's stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    started: bool,
    /// Calls that go on.
    open: Vec<Open>,
    calls: u32,
    /// The part of a message whose text came last: the item, and the part.
    part: Option<(u64, u64)>,
    thought: Option<Thought>,
    /// Searches that OpenAI made.
    searches: u64,
    finished: bool,
}

/// A call that goes on.
#[derive(Debug)]
struct Open {
    index: u64,
    call: u32,
    /// Whether any of its arguments came.
    begun: bool,
}

/// The thought whose words came last. Some servers send both the words and what they come to; the
/// kind that comes first is the one that is given out.
#[derive(Debug, Clone, Copy)]
struct Thought {
    index: u64,
    summary: bool,
    part: u64,
}

impl StreamReader {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it was said why the response ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the terminator was seen; it is what says why the response ended.
    pub fn is_over(&self) -> bool {
        self.finished
    }

    /// Reads an event and gives out what happens in it. After the end nothing happens.
    ///
    /// # Errors
    /// [`Fault`] for what is no event of a response, and when the provider says that it failed.
    pub fn read(
        &mut self,
        event: &sse::Event,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        let data = std::str::from_utf8(&event.data).map_err(|_| Misfit::new("is no text"))?;
        // Some servers close a stream as chat completions do.
        if self.finished || matches!(data.trim(), "" | "[DONE]") {
            return Ok(());
        }
        let mut root = Object::parse(data)?;
        let kind = root.needed_text("type")?;
        match kind.as_ref() {
            "response.created" | "response.in_progress" => self.start(&mut root, give)?,
            "response.output_item.added" => self.added(&mut root, give)?,
            "response.output_item.done" => self.done(&mut root, give)?,
            "response.output_text.delta" => self.text(&mut root, "delta", false, give)?,
            "response.output_text.done" => self.text(&mut root, "text", false, give)?,
            "response.refusal.delta" => self.text(&mut root, "delta", true, give)?,
            "response.refusal.done" => self.text(&mut root, "refusal", true, give)?,
            "response.reasoning_summary_text.delta" => self.thought(&mut root, true, give)?,
            "response.reasoning_text.delta" => self.thought(&mut root, false, give)?,
            "response.function_call_arguments.delta" => {
                self.arguments(&mut root, "delta", give)?;
            }
            "response.function_call_arguments.done" => {
                self.arguments(&mut root, "arguments", give)?;
            }
            "response.custom_tool_call_input.delta" => {
                if let Some(piece) = root.text("delta")? {
                    give(Event::Freeform { piece });
                }
            }
            "response.completed" | "response.incomplete" => self.end(root, give)?,
            "response.failed" => {
                let response = root.object("response")?;
                let error = response.and_then(|mut it| it.object("error").ok().flatten());
                return Err(Fault::Failed(stop::failure(error)));
            }
            // The reference has its members beside `type`, some servers within an object.
            "error" => {
                let inner = root.object("error").ok().flatten();
                return Err(Fault::Failed(stop::failure(Some(inner.unwrap_or(root)))));
            }
            "keepalive" | "ping" => give(Event::Ping),
            // There come to be more of them, and those of tools that run at OpenAI say nothing here.
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        root: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(());
        }
        let (id, model) = match root.object("response")? {
            Some(mut response) => (response.text("id")?, response.text("model")?),
            None => (None, None),
        };
        give(Event::Start { id, model });
        Ok(())
    }

    /// Not every server says that a response begins.
    fn begin(&mut self, give: &mut dyn FnMut(Event<'_>)) {
        if !std::mem::replace(&mut self.started, true) {
            give(Event::Start { id: None, model: None });
        }
    }

    fn added(
        &mut self,
        root: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begin(give);
        let index = index(root, "output_index")?;
        let mut item = item(root)?;
        if item.needed_text("type")? == "function_call" {
            self.call_start(index, &mut item, give).map_err(|misfit| misfit.at("item"))?;
        }
        Ok(())
    }

    /// Begins a call. Its arguments are not all there yet, whatever the item says of them.
    fn call_start(
        &mut self,
        index: u64,
        item: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        if usize::try_from(self.calls).is_ok_and(|calls| calls >= CALLS) {
            return Err(Misfit::new("is beyond the most calls of a response"));
        }
        if self.open.iter().any(|open| open.index == index) {
            return Err(Misfit::new("begins where a call goes on"));
        }
        let (group, name) = (item.text("namespace")?, item.needed_text("name")?);
        let name = Names::default().flat(group.as_deref(), name);
        let (call, id) = (self.calls, item.needed_text("call_id")?);
        self.calls += 1;
        give(Event::CallStart { signature: None, choice: 0, call, id, name });
        self.open.push(Open { index, call, begun: false });
        Ok(())
    }

    /// Reads arguments: the next of them, or all of them, which count where none came before.
    fn arguments(
        &mut self,
        root: &mut Object<'_>,
        field: &str,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let index = index(root, "output_index")?;
        let piece = root.text(field)?.unwrap_or_default();
        let whole = field == "arguments";
        // Those of a tool that runs at OpenAI are no arguments of a call.
        let Some(open) = self.open.iter_mut().find(|open| open.index == index) else {
            return Ok(());
        };
        if piece.is_empty() || (whole && open.begun) {
            return Ok(());
        }
        open.begun = true;
        give(Event::CallArguments { choice: 0, call: open.call, piece });
        Ok(())
    }

    fn done(
        &mut self,
        root: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begin(give);
        let index = index(root, "output_index")?;
        let mut item = item(root)?;
        let read = match item.needed_text("type")?.as_ref() {
            "function_call" => self.call_done(index, &mut item, give),
            "reasoning" => self.thought_done(index, &mut item, give),
            searches::CALL => {
                self.searches += u64::from(searches::is_charged(&mut item));
                Ok(())
            }
            _ => Ok(()),
        };
        read.map_err(|misfit| misfit.at("item"))
    }

    /// Ends a call. One without arguments has the empty object, and one that was never begun begins
    /// here.
    fn call_done(
        &mut self,
        index: u64,
        item: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        if !self.open.iter().any(|open| open.index == index) {
            self.call_start(index, item, give)?;
        }
        let arguments = item.text("arguments")?.filter(|text| !text.trim().is_empty());
        let open = self.open.iter().position(|open| open.index == index);
        if let Some(Open { call, begun: false, .. }) = open.map(|at| self.open.swap_remove(at)) {
            let piece = arguments.unwrap_or(Text::Borrowed("{}"));
            give(Event::CallArguments { choice: 0, call, piece });
        }
        Ok(())
    }

    fn thought_done(
        &mut self,
        index: u64,
        item: &mut Object<'_>,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let thought = read_item::reasoning(item)?;
        let told = self.thought.is_some_and(|told| told.index == index);
        if !told && !thought.text.is_empty() {
            give(Event::Reasoning { choice: 0, piece: thought.text });
        }
        if let Some(sealed) = thought.sealed {
            give(Event::Sealed { choice: 0, sealed });
        }
        Ok(())
    }

    /// Reads words of a message: the next of them, or all of a part, which count where none came
    /// before.
    fn text(
        &mut self,
        root: &mut Object<'_>,
        field: &str,
        refusal: bool,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begin(give);
        let part = (index(root, "output_index")?, index(root, "content_index")?);
        let piece = root.text(field)?.unwrap_or_default();
        let told = self.part.replace(part) == Some(part);
        if piece.is_empty() || (field != "delta" && told) {
            return Ok(());
        }
        give(match refusal {
            true => Event::Refusal { choice: 0, piece },
            false => Event::Text { choice: 0, piece },
        });
        Ok(())
    }

    fn thought(
        &mut self,
        root: &mut Object<'_>,
        summary: bool,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        self.begin(give);
        let place = if summary { "summary_index" } else { "content_index" };
        let (index, part) = (index(root, "output_index")?, root.whole(place)?.unwrap_or(0));
        let piece = root.text("delta")?.filter(|piece| !piece.is_empty());
        let Some(piece) = piece else { return Ok(()) };
        if let Some(told) = self.thought.filter(|told| told.index == index) {
            if told.summary != summary {
                return Ok(());
            }
            if told.part != part {
                let piece = Text::Borrowed(read_item::BETWEEN_THOUGHTS);
                give(Event::Reasoning { choice: 0, piece });
            }
        }
        self.thought = Some(Thought { index, summary, part });
        give(Event::Reasoning { choice: 0, piece });
        Ok(())
    }

    fn end(&mut self, mut root: Object<'_>, give: &mut dyn FnMut(Event<'_>)) -> Result<(), Misfit> {
        self.begin(give);
        let mut response = root.object("response")?.ok_or_else(|| missing("response"))?;
        let at = |misfit: Misfit| misfit.at("response");
        if let Some(usage) = response.object("usage").map_err(at)? {
            let usage =
                usage::read(usage, self.searches).map_err(|misfit| at(misfit.at("usage")))?;
            give(Event::Usage(usage));
        }
        let stop = stop::read(&mut response, self.calls > 0).map_err(at)?;
        for Open { call, .. } in self.open.drain(..).filter(|open| !open.begun) {
            give(Event::CallArguments { choice: 0, call, piece: Text::Borrowed("{}") });
        }
        self.finished = true;
        give(Event::Stop { choice: 0, stop });
        Ok(())
    }
}

fn item<'a>(root: &mut Object<'a>) -> Result<Object<'a>, Misfit> {
    root.object("item")?.ok_or_else(|| missing("item"))
}

fn index(root: &mut Object<'_>, field: &str) -> Result<u64, Misfit> {
    root.whole(field)?.ok_or_else(|| missing(field))
}

fn missing(field: &str) -> Misfit {
    Misfit::new("is missing").at(field)
}
