//! A message as it streams to Anthropic's clients, which take one open block at a time.

use super::{ids, stop, usage};
use crate::canon::{Event, Face, Stop, Usage};
use crate::json::writer::{self, Members};
use crate::json::{Bounds, Misfit, Scanner};

/// Says that the stream goes on.
pub const PING: &[u8] = b"event: ping\ndata: {\"type\":\"ping\"}\n\n";

/// Levels in a call's arguments.
const DEPTH: usize = 128;

/// The most calls that wait for the one before them, and the most bytes of them.
const WAITING: usize = 256;
/// See [`WAITING`].
const WAITING_BYTES: usize = 1 << 20;

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter {
    face: Face,
    started: bool,
    /// Of the block that is open, or comes next.
    index: u64,
    open: Open,
    /// Calls that began while another was open, in their order.
    waiting: Vec<Waiting>,
    used: Usage,
    stop: Option<Stop<'static>>,
}

#[derive(Debug)]
enum Open {
    Nothing,
    Text,
    Thinking,
    /// A call, with what follows its arguments to see whether they are whole.
    Call {
        call: u32,
        arguments: Box<Scanner>,
    },
}

#[derive(Debug)]
struct Waiting {
    call: u32,
    id: String,
    name: String,
    arguments: String,
}

impl StreamWriter {
    /// At the start of a stream.
    pub fn new(face: Face) -> Self {
        Self {
            face,
            started: false,
            index: 0,
            open: Open::Nothing,
            waiting: Vec::new(),
            used: Usage::default(),
            stop: None,
        }
    }

    /// Writes what happens. Of several answers, which nobody can ask for here, the first.
    ///
    /// # Errors
    /// [`Misfit`] for what cannot be said any more: a block that has ended cannot go on, and only
    /// so much can wait for another one's end. The stream then has to end in an error.
    pub fn write(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
        match event {
            Event::Start { .. } => self.start(out),
            Event::Text { choice: 0, piece } | Event::Refusal { choice: 0, piece } => {
                if !matches!(self.open, Open::Text) {
                    self.close_all(out);
                    self.begin(Open::Text, out, |block| {
                        block.text("type", "text");
                        block.text("text", "");
                    });
                }
                self.delta("text_delta", "text", piece, out);
            }
            Event::Reasoning { choice: 0, piece } => {
                if !matches!(self.open, Open::Thinking) {
                    self.close_all(out);
                    self.begin(Open::Thinking, out, |block| {
                        block.text("type", "thinking");
                        block.text("thinking", "");
                        block.text("signature", "");
                    });
                }
                self.delta("thinking_delta", "thinking", piece, out);
            }
            // It means nothing to a client that may send it elsewhere; it ends a thought, though.
            Event::Signature { choice: 0, .. } | Event::Sealed { choice: 0, .. } => {
                if matches!(self.open, Open::Thinking) {
                    self.close(out);
                }
            }
            Event::CallStart { choice: 0, call, id, name, .. } => {
                return self.call(*call, id, name, out);
            }
            Event::CallArguments { choice: 0, call, piece } => {
                return self.arguments(*call, piece, out);
            }
            Event::Stop { choice: 0, stop } => {
                self.close_all(out);
                self.stop = Some(stop.clone().into_owned());
            }
            Event::Usage(usage) => self.used = self.used.or_later(*usage),
            Event::Ping => out.extend_from_slice(PING),
            _ => {}
        }
        Ok(())
    }

    /// Writes the end, which is held until the call's receipt is committed: why the message ended,
    /// what was used, and the terminator. It is for a stream whose provider said that it ended.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.start(out);
        self.close_all(out);
        let stop = self.stop.take().unwrap_or(Stop::Other("".into()));
        let (reason, sequence) = stop::write(&stop);
        let used = self.used;
        event(out, "message_delta", |root| {
            root.object("delta", |delta| {
                delta.text("stop_reason", reason);
                match sequence {
                    Some(text) => delta.text("stop_sequence", text),
                    None => delta.null("stop_sequence"),
                }
            });
            root.object("usage", |object| usage::write(&used, object));
        });
        event(out, "message_stop", |_| ());
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let (face, used) = (&self.face, &self.used);
        event(out, "message_start", |root| {
            root.object("message", |message| {
                message.text("id", &format!("msg_{}", face.id));
                message.text("type", "message");
                message.text("role", "assistant");
                message.text("model", &face.model);
                message.list("content", |_| ());
                message.null("stop_reason");
                message.null("stop_sequence");
                message.object("usage", |object| usage::write(used, object));
            });
        });
    }

    /// Begins a call, now or when the one that is open is whole.
    fn call(&mut self, call: u32, id: &str, name: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
        self.close_whole(out);
        if matches!(self.open, Open::Call { .. }) {
            let (id, name) = (id.to_owned(), name.to_owned());
            self.waiting.push(Waiting { call, id, name, arguments: String::new() });
            return self.check_waiting();
        }
        self.close(out);
        self.begin_call(call, id, name, out);
        Ok(())
    }

    fn begin_call(&mut self, call: u32, id: &str, name: &str, out: &mut Vec<u8>) {
        let bounds = Bounds { depth: DEPTH, capture: 0 };
        let arguments = Box::new(Scanner::new(&[], bounds));
        self.begin(Open::Call { call, arguments }, out, |block| {
            block.text("type", "tool_use");
            block.text("id", &ids::legal(id));
            block.text("name", name);
            block.object("input", |_| ());
        });
    }

    fn arguments(&mut self, call: u32, piece: &str, out: &mut Vec<u8>) -> Result<(), Misfit> {
        if let Open::Call { call: open, arguments } = &mut self.open
            && *open == call
        {
            // What cannot be read is not whole; whose arguments they are finds out why.
            let _ = arguments.push(piece.as_bytes());
            self.delta("input_json_delta", "partial_json", piece, out);
            if !self.waiting.is_empty() {
                self.close_whole(out);
                self.next_waiting(out);
            }
            return Ok(());
        }
        match self.waiting.iter_mut().find(|waiting| waiting.call == call) {
            Some(waiting) => {
                waiting.arguments.push_str(piece);
                self.check_waiting()
            }
            None if piece.trim().is_empty() => Ok(()),
            None => Err(Misfit::new("arguments came for a call that had ended")),
        }
    }

    /// Opens the calls that wait, as far as the one before each is whole.
    fn next_waiting(&mut self, out: &mut Vec<u8>) {
        while matches!(self.open, Open::Nothing) && !self.waiting.is_empty() {
            let Waiting { call, id, name, arguments } = self.waiting.remove(0);
            self.begin_call(call, &id, &name, out);
            if !arguments.is_empty() {
                if let Open::Call { arguments: scanner, .. } = &mut self.open {
                    let _ = scanner.push(arguments.as_bytes());
                }
                self.delta("input_json_delta", "partial_json", &arguments, out);
            }
            if !self.waiting.is_empty() {
                self.close_whole(out);
            }
        }
    }

    fn check_waiting(&self) -> Result<(), Misfit> {
        let bytes = |it: &Waiting| it.id.len() + it.name.len() + it.arguments.len();
        let held = self.waiting.iter().map(bytes).sum::<usize>();
        if held <= WAITING_BYTES && self.waiting.len() <= WAITING {
            return Ok(());
        }
        Err(Misfit::new("more arguments of calls side by side came than can wait for one another"))
    }

    /// Ends the call that is open, if its arguments are whole.
    fn close_whole(&mut self, out: &mut Vec<u8>) {
        if let Open::Call { arguments, .. } = &self.open
            && arguments.clone().complete().is_ok()
        {
            self.close(out);
        }
    }

    /// Ends whatever is open and writes whatever waits.
    fn close_all(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        while !self.waiting.is_empty() {
            self.next_waiting(out);
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if matches!(std::mem::replace(&mut self.open, Open::Nothing), Open::Nothing) {
            return;
        }
        let index = self.index;
        event(out, "content_block_stop", |root| root.whole("index", index));
        self.index += 1;
    }

    fn begin(&mut self, open: Open, out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
        self.start(out);
        let index = self.index;
        event(out, "content_block_start", |root| {
            root.whole("index", index);
            root.object("content_block", fill);
        });
        self.open = open;
    }

    fn delta(&self, kind: &str, field: &str, piece: &str, out: &mut Vec<u8>) {
        event(out, "content_block_delta", |root| {
            root.whole("index", self.index);
            root.object("delta", |delta| {
                delta.text("type", kind);
                delta.text(field, piece);
            });
        });
    }
}

/// Writes an event of a kind, with its members.
fn event(out: &mut Vec<u8>, kind: &str, fill: impl FnOnce(&mut Members<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    writer::object(out, |root| {
        root.text("type", kind);
        fill(root);
    });
    out.extend_from_slice(b"\n\n");
}
