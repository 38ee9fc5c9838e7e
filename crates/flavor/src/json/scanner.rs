//! The push scanner: the grammar of RFC 8259, without recursion and without building anything.

mod token;

use super::{
    Document, JsonError, JsonErrorKind, Kind,
    key::Key,
    number::Number,
    string::Inside,
    watch::{Parts, Place, Watcher},
};

/// How much of a document a scanner may follow and keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many objects and arrays may be open at a time.
    pub depth: usize,
    /// How many bytes of one watched value are kept. A longer string, number or word is an error;
    /// a longer object or array is found but not captured.
    pub capture: usize,
}

/// Scans one document that arrives in any pieces.
///
/// What is watched are keys of the root object, and, written `choices[].index`, keys of the objects
/// in an array that is itself watched; that array is then found but not captured. Keys are compared
/// after unescaping. At most 64 of them.
#[derive(Debug, Clone)]
pub struct Scanner {
    state: State,
    levels: Vec<u8>,
    depth: usize,
    /// How many bytes came in earlier pieces.
    base: usize,
    /// The string or key that is being read, once it is not a plain one in a single piece.
    inside: Inside,
    key: Key,
    /// The last key in this object says that its value is text for or from a model.
    key_is_text: bool,
    /// Where the string that is being read starts, if it is text for or from a model.
    text: Option<usize>,
    watcher: Watcher,
    document: Document,
    failed: Option<JsonError>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Start,
    Value,
    FirstElement,
    FirstKey,
    NextKey,
    Colon,
    After,
    End,
    Key,
    String,
    Number(Number),
    /// What is still to come of `true`, `false` or `null`.
    Word(&'static [u8]),
}

/// The document was refused; why stands in the scanner. As small as can be, because every step
/// returns it.
struct Refused;

/// A level is an object, not an array.
const OBJECT: u8 = 1;
/// A level is an array whose strings are text.
const TEXT: u8 = 2;

impl Scanner {
    /// A scanner at the start of a document.
    #[must_use]
    pub fn new(watch: &'static [&'static str], bounds: Bounds) -> Self {
        Self {
            state: State::Start,
            levels: Vec::new(),
            depth: bounds.depth,
            base: 0,
            inside: Inside::new(),
            key: Key::new(),
            key_is_text: false,
            text: None,
            watcher: Watcher::new(watch, bounds.capture),
            document: Document::new(watch),
            failed: None,
        }
    }

    /// Looks at the objects in the array under the key `under` of the elements of `of`, which is
    /// watched and has watched keys: keys of theirs that are none of `plain` are counted in
    /// [`Document::odd_keys`]. Values inside elements that are null are not remembered then.
    #[must_use]
    pub fn parts(
        mut self,
        of: &'static str,
        under: &'static str,
        plain: &'static [&'static [u8]],
    ) -> Self {
        self.watcher.look_at(Parts { of, under, plain });
        self
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// At the first byte that no document can have there; the same again for every later piece.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), JsonError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let read = self.read(piece);
        debug_assert_eq!(read.is_err(), self.failed.is_some(), "a refusal has its reason");
        self.watcher.piece_ends(piece, &mut self.document);
        self.base += piece.len();
        self.failed.map_or(Ok(()), Err)
    }

    /// Ends the document.
    ///
    /// # Errors
    /// When the document is not complete, or was refused before.
    pub fn finish(mut self) -> Result<Document, JsonError> {
        self.complete()?;
        Ok(self.document)
    }

    /// Ends the document, and lends what was found until the next [`Scanner::restart`].
    ///
    /// # Errors
    /// When the document is not complete, or was refused before.
    pub fn complete(&mut self) -> Result<&Document, JsonError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let missing = match (&self.state, self.levels.last()) {
            (State::End, _) => None,
            (State::Start, _) => Some(JsonErrorKind::Empty),
            (State::Key | State::String, _) => Some(JsonErrorKind::UnclosedString),
            (_, Some(level)) if level & OBJECT != 0 => Some(JsonErrorKind::UnclosedObject),
            (_, Some(_)) => Some(JsonErrorKind::UnclosedArray),
            (State::Number(number), None) if number.is_complete() => None,
            (State::Number(_), None) => Some(JsonErrorKind::Number),
            (_, None) => Some(JsonErrorKind::Literal),
        };
        match missing {
            Some(kind) => {
                let error = JsonError { offset: self.base, kind };
                self.failed = Some(error);
                Err(error)
            }
            None => Ok(&self.document),
        }
    }

    /// Starts on another document, in the same memory.
    pub fn restart(&mut self) {
        self.state = State::Start;
        self.levels.clear();
        self.base = 0;
        self.text = None;
        self.watcher.restart();
        self.document.clear();
        self.failed = None;
    }

    /// The text counted so far, as [`Document::text_bytes`] says, with what came of a string that
    /// is not closed yet.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        let open = self.text.map_or(0, |start| self.base.saturating_sub(start));
        self.document.text_bytes() + u64::try_from(open).unwrap_or(u64::MAX)
    }

    /// Refuses the document for what stands at a place in the present piece.
    #[cold]
    fn refuse(&mut self, at: usize, kind: JsonErrorKind) -> Refused {
        self.failed = Some(JsonError { offset: self.base + at, kind });
        Refused
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Refused> {
        let mut at = match self.state {
            State::Key => self.in_key(piece, 0)?,
            State::String => self.in_string(piece, 0)?,
            State::Number(number) => self.in_number(piece, 0, number)?,
            State::Word(rest) => self.in_word(piece, 0, rest)?,
            _ => 0,
        };
        while let Some(&byte) = piece.get(at) {
            at = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => at + 1,
                _ => self.token(piece, at, byte)?,
            };
        }
        Ok(())
    }

    fn begins(&mut self, kind: Kind, piece: &[u8], at: usize) {
        if self.watcher.is_idle() {
            return;
        }
        let place = self.place(piece, at);
        self.watcher.begins(kind, place, &mut self.document);
    }

    /// A value ended just before `at`.
    fn ended(&mut self, piece: &[u8], at: usize, empty: bool) -> Result<(), Refused> {
        self.state = if self.levels.is_empty() { State::End } else { State::After };
        if self.watcher.awaits(self.levels.len()) {
            let place = self.place(piece, at);
            if let Err(error) = self.watcher.ends(empty, place, &mut self.document) {
                self.failed = Some(error);
                return Err(Refused);
            }
        }
        Ok(())
    }

    fn place<'a>(&self, piece: &'a [u8], at: usize) -> Place<'a> {
        Place { piece, base: self.base, at, levels: self.levels.len() }
    }

    fn in_object(&self) -> bool {
        self.levels.last().is_some_and(|level| level & OBJECT != 0)
    }

    /// Whether a value that starts here is text for or from a model.
    fn is_text(&self) -> bool {
        match self.levels.last() {
            Some(level) if level & OBJECT != 0 => self.key_is_text,
            Some(level) => level & TEXT != 0,
            None => false,
        }
    }
}
