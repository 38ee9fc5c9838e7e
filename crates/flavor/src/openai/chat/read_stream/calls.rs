//! The calls of one answer, which may come in pieces and side by side.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{
    canon::{Event, Text},
    json::{Misfit, Object},
    openai::chat::assistant,
};

/// The most calls of one answer.
const CALLS: usize = 1024;
/// The most bytes of arguments that are kept for calls of an answer without a name.
const HELD_BYTES: usize = 64 * 1024;

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// How many have been given out as begun.
    begun: u32,
    /// Bytes of arguments that are kept.
    held_bytes: usize,
    /// Which of the calls is that of the older form, of which there is at most one.
    function: Option<usize>,
}

/// One call. Ids are only compared, so none is kept: they may be as long as an event.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: Option<u64>,
    /// Its number among those begun; nothing until its name is known.
    number: Option<u32>,
    /// The id and arguments that came before its name.
    held: Option<Box<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    id: String,
    arguments: String,
}

impl Calls {
    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.begun > 0
    }

    /// Reads a piece of one call.
    pub(super) fn read(
        &mut self,
        mut call: Object<'_>,
        choice: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let index = call.whole("index")?;
        let id = call.text("id")?.unwrap_or_default();
        let function = call.object("function")?;
        if id.is_empty() && function.is_none() {
            // Some servers add a piece with nothing but members of their own.
            return Ok(());
        }
        let at = self.find(index, &id, function.as_ref())?;
        let Some(function) = function else { return self.add(at, id, None, None, choice, give) };
        self.add_function(at, id, function, choice, give).map_err(|misfit| misfit.at("function"))
    }

    /// Reads a piece of the call in the older form.
    pub(super) fn read_function(
        &mut self,
        function: Object<'_>,
        choice: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let at = match self.function {
            Some(at) => at,
            None => self.open(Call::default())?,
        };
        self.function = Some(at);
        self.add_function(at, Text::default(), function, choice, give)
    }

    /// Says that nothing follows.
    pub(super) fn finish(&self) -> Result<(), Misfit> {
        if self.calls.iter().all(|call| call.number.is_some()) {
            return Ok(());
        }
        Err(Misfit::new("has a call without a name").at("tool_calls"))
    }

    /// Which call a piece belongs to: by its index, or by its id, or to the last one. An index that
    /// comes with another id and a name is that of another call, for some servers count wrongly. A
    /// call that comes as a whole, with an object for its arguments, is one of its own.
    fn find(
        &mut self,
        index: Option<u64>,
        id: &str,
        function: Option<&Object<'_>>,
    ) -> Result<usize, Misfit> {
        let id = (!id.is_empty()).then(|| fingerprint(id));
        let is_other =
            |call: &Call| id.is_some() && call.id.is_some() && id != call.id && has_name(function);
        let known = if index.is_some() {
            let at = self.calls.iter().rposition(|call| call.index == index);
            at.filter(|at| !self.calls.get(*at).is_some_and(is_other))
        } else if id.is_some() {
            self.calls.iter().rposition(|call| call.id == id)
        } else {
            self.calls.len().checked_sub(1).filter(|_| !is_whole(function))
        };
        match known {
            Some(at) => {
                if let Some(call) = self.calls.get_mut(at) {
                    call.id = call.id.or(id);
                }
                Ok(at)
            }
            None => self.open(Call { index, id, ..Call::default() }),
        }
    }

    fn open(&mut self, call: Call) -> Result<usize, Misfit> {
        if self.calls.len() >= CALLS {
            return Err(Misfit::new("is one of more than 1024 calls"));
        }
        self.calls.push(call);
        Ok(self.calls.len() - 1)
    }

    fn add_function(
        &mut self,
        at: usize,
        id: Text<'_>,
        mut function: Object<'_>,
        choice: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let name = function.text("name")?.filter(|name| !name.is_empty());
        let arguments = assistant::arguments(&mut function)?;
        self.add(at, id, name, arguments, choice, give)
    }

    /// Adds a piece to a call. The call begins when its name is known; a name that comes again says
    /// nothing new.
    fn add(
        &mut self,
        at: usize,
        id: Text<'_>,
        name: Option<Text<'_>>,
        arguments: Option<Text<'_>>,
        choice: u32,
        give: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Misfit> {
        let Some(call) = self.calls.get_mut(at) else { return Ok(()) };
        let arguments = arguments.filter(|piece| !piece.is_empty());
        let number = match (call.number, name) {
            (Some(number), _) => number,
            (None, Some(name)) => {
                let number = self.begun;
                self.begun += 1;
                call.number = Some(number);
                let held = call.held.take().map(|held| *held).unwrap_or_default();
                self.held_bytes -= held.id.len() + held.arguments.len();
                let id = if id.is_empty() { Text::Owned(held.id) } else { id };
                let id = if id.is_empty() { format!("call_{number}").into() } else { id };
                give(Event::CallStart { choice, call: number, id, name, signature: None });
                if !held.arguments.is_empty() {
                    let piece = Text::Owned(held.arguments);
                    give(Event::CallArguments { choice, call: number, piece });
                }
                number
            }
            (None, None) => {
                let held = call.held.get_or_insert_default();
                let more = arguments.unwrap_or_default();
                let new_id = if held.id.is_empty() { id } else { Text::default() };
                self.held_bytes += new_id.len() + more.len();
                if self.held_bytes > HELD_BYTES {
                    return Err(Misfit::new("is missing for too long").at("name"));
                }
                held.id.push_str(&new_id);
                held.arguments.push_str(&more);
                return Ok(());
            }
        };
        if let Some(piece) = arguments {
            give(Event::CallArguments { choice, call: number, piece });
        }
        Ok(())
    }
}

fn has_name(function: Option<&Object<'_>>) -> bool {
    member(function, "name").is_some_and(|name| name != "\"\"")
}

fn is_whole(function: Option<&Object<'_>>) -> bool {
    has_name(function) && member(function, "arguments").is_some_and(|it| it.starts_with('{'))
}

fn member<'a>(function: Option<&Object<'a>>, name: &str) -> Option<&'a str> {
    let member = function?.rest().find(|(own, _)| *own == name);
    member.map(|(_, value)| value.get())
}

fn fingerprint(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
