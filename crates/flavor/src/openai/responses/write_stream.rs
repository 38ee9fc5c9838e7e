//! A response as it streams: every text comes piece by piece, then whole, and then again within all
//! that holds it. So what was said is held until the end.

use super::error;
use super::event::event;
use super::open_calls::OpenCalls;
use super::output::{Item, Part, Status, write_response, write_summary};
use super::stop;
use super::write_reply::call_id;
use crate::canon::{Event, Face, Stop, Usage};
use crate::json::Misfit;
use crate::json::writer::Items;

/// The most bytes of one response, all that is held of it together.
const HELD_BYTES: usize = 8 << 20;

/// What an item is taken to need beside its texts, in bytes.
const ITEM_BYTES: usize = 256;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    face: Face,
    started: bool,
    /// The number of the next event.
    sequence: u64,
    /// The output so far.
    items: Vec<Item>,
    held: usize,
    /// The message or thought that goes on; it is the last item.
    open: bool,
    calls: OpenCalls,
    used: Option<Usage>,
    stop: Option<Stop<'static>>,
}

/// What pieces of text belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Thought,
}

/// What an event says of a part.
#[derive(Debug, Clone, Copy)]
enum Holds<'h> {
    /// The next of its text.
    Piece(&'h str),
    /// All of its text, in this field.
    Text(&'h str),
    /// The part as a whole.
    Part,
}

impl StreamWriter {
    /// At the start of a stream.
    pub fn new(face: Face) -> Self {
        Self {
            face,
            started: false,
            sequence: 0,
            items: Vec::new(),
            held: 0,
            open: false,
            calls: OpenCalls::default(),
            used: None,
            stop: None,
        }
    }

    /// Writes what happens. Of several answers, which nobody can ask for here, the first.
    ///
    /// # Errors
    /// [`Misfit`] for what cannot be said any more: an item that has ended cannot go on, and a
    /// response can only be so long. The stream then has to end in an error.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match event {
            Event::Start { .. } => self.start(out),
            Event::Text { choice: 0, piece } => self.piece(Kind::Text, piece, out)?,
            Event::Refusal { choice: 0, piece } => self.piece(Kind::Refusal, piece, out)?,
            Event::Reasoning { choice: 0, piece } => self.piece(Kind::Thought, piece, out)?,
            // It means nothing to a client that may send it elsewhere; it ends a thought, though.
            Event::Signature { choice: 0, .. } | Event::Sealed { choice: 0, .. } => {
                if matches!(self.items.last(), Some(Item::Reasoning(_))) {
                    self.close_open("completed", out);
                }
            }
            Event::CallStart { choice: 0, call, id, name, .. } => {
                self.call(*call, id, name, out)?
            }
            Event::CallArguments { choice: 0, call, piece } => self.arguments(*call, piece, out)?,
            Event::Stop { choice: 0, stop } => {
                self.close_all(stop, out);
                self.stop = Some(stop.clone().into_owned());
            }
            Event::Usage(usage) => {
                self.used = Some(self.used.unwrap_or_default().or_later(*usage));
            }
            // A ping would be a comment, which is no part of a reply: whoever sends the stream says
            // that it goes on.
            _ => {}
        }
        Ok(())
    }

    /// Writes the end, which is held until the call's receipt is committed: the response as a whole,
    /// why it ended and what was used. It is for a stream whose provider said that it ended.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.start(out);
        let stop = self.stop.take().unwrap_or(Stop::Other("".into()));
        self.close_all(&stop, out);
        let kind = match stop::incomplete(&stop) {
            None => "response.completed",
            Some(_) => "response.incomplete",
        };
        let (face, items, used) = (&self.face, &self.items, self.used);
        let output = |list: &mut Items<'_>| {
            for (index, item) in items.iter().enumerate() {
                let status = last_status(&stop, index + 1 == items.len());
                list.object(|object| item.write(face, index, status, object));
            }
        };
        event(&mut self.sequence, out, kind, |root| {
            root.object("response", |response| {
                write_response(face, Status::Ended(&stop, used), output, response);
            });
        });
    }

    /// Writes the failure that the stream ends in, in the place of [`StreamWriter::end`].
    pub fn fail(&mut self, code: &str, message: &str, out: &mut Vec<u8>) {
        self.start(out);
        error::write(&self.face, &mut self.sequence, code, message, out);
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let face = &self.face;
        for kind in ["response.created", "response.in_progress"] {
            event(&mut self.sequence, out, kind, |root| {
                root.object("response", |response| {
                    write_response(face, Status::Running, |_| (), response);
                });
            });
        }
    }

    /// Writes the next piece of a text, in whatever has to be open for it.
    fn piece(&mut self, kind: Kind, piece: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
        if piece.is_empty() {
            return Ok(());
        }
        self.hold(piece.len())?;
        if self.open_kind() != Some(kind) {
            self.begin(kind, out)?;
        }
        let delta = match kind {
            Kind::Text => "response.output_text.delta",
            Kind::Refusal => "response.refusal.delta",
            Kind::Thought => "response.reasoning_summary_text.delta",
        };
        self.part_event(delta, Holds::Piece(piece), out);
        match self.items.last_mut() {
            Some(Item::Reasoning(text)) => text.push_str(piece),
            Some(Item::Message(parts)) => {
                if let Some(Part::Text(text, _) | Part::Refusal(text)) = parts.last_mut() {
                    text.push_str(piece);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open_kind(&self) -> Option<Kind> {
        match self.items.last().filter(|_| self.open)? {
            Item::Reasoning(_) => Some(Kind::Thought),
            Item::Message(parts) => match parts.last()? {
                Part::Text(..) => Some(Kind::Text),
                Part::Refusal(_) => Some(Kind::Refusal),
            },
            Item::Call { .. } => None,
        }
    }

    /// Opens an item for a kind of text, or another part of a message that is open.
    fn begin(&mut self, kind: Kind, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let part = match kind {
            Kind::Text => Some(Part::Text(String::new(), None)),
            Kind::Refusal => Some(Part::Refusal(String::new())),
            Kind::Thought => None,
        };
        let goes_on = self.open && matches!(self.items.last(), Some(Item::Message(_)));
        self.hold(ITEM_BYTES)?;
        if goes_on && part.is_some() {
            self.part_done(out);
        } else {
            self.close_open("completed", out);
            self.close_whole(out);
            let item = match kind {
                Kind::Thought => Item::Reasoning(String::new()),
                _ => Item::Message(Vec::new()),
            };
            self.add(item, out);
            self.open = true;
        }
        match part {
            Some(part) => {
                if let Some(Item::Message(parts)) = self.items.last_mut() {
                    parts.push(part);
                }
                self.part_event("response.content_part.added", Holds::Part, out);
            }
            None => self.part_event("response.reasoning_summary_part.added", Holds::Part, out),
        }
        Ok(())
    }

    /// Puts an item at the end of the output.
    fn add(&mut self, item: Item, out: &mut Vec<u8>) {
        self.start(out);
        let (face, index) = (&self.face, self.items.len());
        event(&mut self.sequence, out, "response.output_item.added", |root| {
            root.whole("output_index", whole(index));
            root.object("item", |object| item.write(face, index, "in_progress", object));
        });
        self.items.push(item);
    }

    /// Writes an event of the last item's last part.
    fn part_event(&mut self, kind: &str, holds: Holds<'_>, out: &mut Vec<u8>) {
        let Some((item, others)) = self.items.split_last() else { return };
        let (id, index) = (item.id(&self.face, others.len()), others.len());
        event(&mut self.sequence, out, kind, |root| {
            root.text("item_id", &id);
            root.whole("output_index", whole(index));
            let text = match item {
                Item::Message(parts) => {
                    root.whole("content_index", whole(parts.len().saturating_sub(1)));
                    parts.last().map_or("", Part::text)
                }
                Item::Reasoning(text) => {
                    root.whole("summary_index", 0);
                    text
                }
                Item::Call { .. } => "",
            };
            match holds {
                Holds::Piece(piece) => root.text("delta", piece),
                Holds::Text(field) => root.text(field, text),
                Holds::Part => root.object("part", |object| match item {
                    Item::Message(parts) => parts.last().map_or((), |it| it.write(object)),
                    _ => write_summary(text, object),
                }),
            }
            if kind.starts_with("response.output_text") {
                root.list("logprobs", |_| ());
            }
        });
    }

    /// Ends the part that is open.
    fn part_done(&mut self, out: &mut Vec<u8>) {
        let (text, field, part) = match self.open_kind() {
            Some(Kind::Text) => ("response.output_text.done", "text", "response.content_part.done"),
            Some(Kind::Refusal) => {
                ("response.refusal.done", "refusal", "response.content_part.done")
            }
            Some(Kind::Thought) => (
                "response.reasoning_summary_text.done",
                "text",
                "response.reasoning_summary_part.done",
            ),
            None => return,
        };
        self.part_event(text, Holds::Text(field), out);
        self.part_event(part, Holds::Part, out);
    }

    /// Ends the message or thought that is open.
    fn close_open(&mut self, status: &str, out: &mut Vec<u8>) {
        if !self.open {
            return;
        }
        self.part_done(out);
        self.open = false;
        self.item_done(self.items.len().saturating_sub(1), status, out);
    }

    fn item_done(&mut self, index: usize, status: &str, out: &mut Vec<u8>) {
        let (face, item) = (&self.face, self.items.get(index));
        event(&mut self.sequence, out, "response.output_item.done", |root| {
            root.whole("output_index", whole(index));
            if let Some(item) = item {
                root.object("item", |object| item.write(face, index, status, object));
            }
        });
    }

    fn call(&mut self, call: u32, id: &str, name: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
        self.hold(ITEM_BYTES + id.len() + name.len())?;
        self.close_open("completed", out);
        self.close_whole(out);
        let id = call_id(id, &self.face, call);
        let item = Item::Call { id, name: name.to_owned(), arguments: String::new() };
        self.calls.begin(call, self.items.len())?;
        self.add(item, out);
        Ok(())
    }

    fn arguments(&mut self, call: u32, piece: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
        let Some(index) = self.calls.follow(call, piece) else {
            if piece.trim().is_empty() {
                return Ok(());
            }
            return Err(Misfit::new("arguments came for a call that is not open"));
        };
        if piece.is_empty() {
            return Ok(());
        }
        self.hold(piece.len())?;
        if let Some(Item::Call { arguments, .. }) = self.items.get_mut(index) {
            arguments.push_str(piece);
        }
        self.call_event("response.function_call_arguments.delta", "delta", piece, index, out);
        Ok(())
    }

    fn call_event(&mut self, kind: &str, field: &str, text: &str, index: usize, out: &mut Vec<u8>) {
        let id = self.items.get(index).map(|item| item.id(&self.face, index));
        event(&mut self.sequence, out, kind, |root| {
            root.text("item_id", id.as_deref().unwrap_or_default());
            root.whole("output_index", whole(index));
            root.text(field, text);
        });
    }

    /// Ends the calls whose arguments are whole. Others go on side by side.
    fn close_whole(&mut self, out: &mut Vec<u8>) {
        for index in self.calls.take_whole() {
            self.call_done(index, "completed", out);
        }
    }

    fn call_done(&mut self, index: usize, status: &str, out: &mut Vec<u8>) {
        let Some(Item::Call { arguments, .. }) = self.items.get_mut(index) else { return };
        if arguments.is_empty() {
            arguments.push_str("{}");
            self.call_event("response.function_call_arguments.delta", "delta", "{}", index, out);
        }
        let Some(Item::Call { arguments, .. }) = self.items.get_mut(index) else { return };
        let whole = std::mem::take(arguments);
        self.call_event("response.function_call_arguments.done", "arguments", &whole, index, out);
        if let Some(Item::Call { arguments, .. }) = self.items.get_mut(index) {
            *arguments = whole;
        }
        self.item_done(index, status, out);
    }

    /// Ends whatever is open. What a response was in the midst of when it was cut off is its last
    /// item.
    fn close_all(&mut self, stop: &Stop<'_>, out: &mut Vec<u8>) {
        let last = self.items.len();
        for index in self.calls.take_all() {
            self.call_done(index, last_status(stop, index + 1 == last), out);
        }
        self.close_open(last_status(stop, true), out);
    }

    /// Counts what is held.
    fn hold(&mut self, bytes: usize) -> Result<(), Misfit> {
        self.held = self.held.saturating_add(bytes);
        if self.held <= HELD_BYTES {
            return Ok(());
        }
        Err(Misfit::new("the response is longer than can be held until its end"))
    }
}

fn last_status(stop: &Stop<'_>, last: bool) -> &'static str {
    if last && stop::incomplete(stop).is_some() { "incomplete" } else { "completed" }
}

fn whole(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}
