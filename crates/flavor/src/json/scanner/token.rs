//! The steps of the scanner: one token, or as much of it as the piece has.

use super::{OBJECT, Refused, Scanner, State, TEXT};
use crate::json::{
    JsonErrorKind, Kind,
    key::is_text_key,
    number::{Next, Number},
    string::{Fault, Inside, Progress, plain},
};

impl Scanner {
    /// Reads a token, of which the first byte is given, as far as the piece has it.
    #[inline]
    pub(super) fn token(&mut self, piece: &[u8], at: usize, byte: u8) -> Result<usize, Refused> {
        match (self.state, byte) {
            (State::Colon, b':') => self.state = State::Value,
            (State::After, b',') => {
                self.state = if self.in_object() { State::NextKey } else { State::Value };
            }
            (State::FirstKey | State::NextKey, b'"') => return self.key(piece, at + 1),
            (State::Value | State::FirstElement, b'"') => return self.string(piece, at),
            (State::After, b'}') if self.in_object() => self.close(piece, at, false)?,
            (State::After, b']') if !self.in_object() => self.close(piece, at, false)?,
            (State::FirstKey, b'}') | (State::FirstElement, b']') => self.close(piece, at, true)?,
            (State::Start | State::Value | State::FirstElement, _) => {
                return self.value(piece, at, byte);
            }
            (State::Colon, _) => return Err(self.refuse(at, JsonErrorKind::ExpectedColon)),
            (State::FirstKey | State::NextKey, _) => {
                return Err(self.refuse(at, JsonErrorKind::ExpectedKey));
            }
            (State::End, _) => return Err(self.refuse(at, JsonErrorKind::Trailing)),
            _ => return Err(self.refuse(at, JsonErrorKind::ExpectedComma)),
        }
        Ok(at + 1)
    }

    /// Reads a value of which the first byte is given.
    fn value(&mut self, piece: &[u8], at: usize, byte: u8) -> Result<usize, Refused> {
        match byte {
            b'"' => self.string(piece, at),
            b'{' | b'[' => self.open(piece, at, byte == b'{'),
            b't' => self.word(Kind::Bool, piece, at, b"rue"),
            b'f' => self.word(Kind::Bool, piece, at, b"alse"),
            b'n' => self.word(Kind::Null, piece, at, b"ull"),
            _ => {
                let Some(number) = Number::first(byte) else {
                    let kind = match byte {
                        0xef if self.base + at == 0 => JsonErrorKind::ByteOrderMark,
                        b'a'..=b'z' | b'A'..=b'Z' => JsonErrorKind::Literal,
                        _ => JsonErrorKind::ExpectedValue,
                    };
                    return Err(self.refuse(at, kind));
                };
                self.begins(Kind::Number, piece, at);
                self.in_number(piece, at + 1, number)
            }
        }
    }

    fn open(&mut self, piece: &[u8], at: usize, object: bool) -> Result<usize, Refused> {
        if self.levels.len() >= self.depth {
            return Err(self.refuse(at, JsonErrorKind::TooDeep));
        }
        self.begins(if object { Kind::Object } else { Kind::Array }, piece, at);
        if object && self.levels.is_empty() {
            self.document.root_is_object = true;
            self.document.open = self.base + at + 1;
        }
        let text = if self.is_text() { TEXT } else { 0 };
        self.levels.push(if object { OBJECT } else { text });
        self.state = if object { State::FirstKey } else { State::FirstElement };
        Ok(at + 1)
    }

    fn close(&mut self, piece: &[u8], at: usize, empty: bool) -> Result<(), Refused> {
        self.levels.pop();
        if self.levels.is_empty() {
            self.document.empty_object = empty && self.document.root_is_object;
        }
        self.ended(piece, at + 1, empty)
    }

    /// Reads a key from after its quote. Nearly every key is plain and in one piece, and is taken
    /// from there.
    fn key(&mut self, piece: &[u8], at: usize) -> Result<usize, Refused> {
        let rest = piece.get(at..).unwrap_or_default();
        let plain = plain(rest);
        if let (Some(b'"'), Some(key)) = (rest.get(plain), rest.get(..plain)) {
            self.key_ended(key);
            // The colon nearly always follows at once; it is worth no step of its own.
            if rest.get(plain + 1) == Some(&b':') {
                self.state = State::Value;
                return Ok(at + plain + 2);
            }
            return Ok(at + plain + 1);
        }
        self.key.clear();
        self.inside = Inside::new();
        self.in_key(piece, at)
    }

    pub(super) fn in_key(&mut self, piece: &[u8], at: usize) -> Result<usize, Refused> {
        let rest = piece.get(at..).unwrap_or_default();
        match self.inside.advance(rest, Some(&mut self.key)) {
            Ok(Progress::Open) => {
                self.state = State::Key;
                Ok(piece.len())
            }
            Ok(Progress::Closed(read)) => {
                let key = self.key.clone();
                self.key_ended(key.as_bytes());
                Ok(at + read)
            }
            Err(fault) => Err(self.refuse_string(at, fault)),
        }
    }

    fn key_ended(&mut self, key: &[u8]) {
        self.key_is_text = is_text_key(key);
        self.watcher.key(key, self.levels.len(), &mut self.document);
        self.state = State::Colon;
    }

    /// Reads a string from its quote on.
    fn string(&mut self, piece: &[u8], at: usize) -> Result<usize, Refused> {
        self.begins(Kind::String, piece, at);
        self.text = self.is_text().then_some(self.base + at + 1);
        let rest = piece.get(at + 1..).unwrap_or_default();
        let plain = plain(rest);
        if rest.get(plain) == Some(&b'"') {
            return self.string_ended(piece, at + plain + 2);
        }
        self.inside = Inside::new();
        self.in_string(piece, at + 1)
    }

    pub(super) fn in_string(&mut self, piece: &[u8], at: usize) -> Result<usize, Refused> {
        let rest = piece.get(at..).unwrap_or_default();
        match self.inside.advance(rest, None) {
            Ok(Progress::Open) => {
                self.state = State::String;
                Ok(piece.len())
            }
            Ok(Progress::Closed(read)) => self.string_ended(piece, at + read),
            Err(fault) => Err(self.refuse_string(at, fault)),
        }
    }

    fn string_ended(&mut self, piece: &[u8], end: usize) -> Result<usize, Refused> {
        if let Some(start) = self.text.take() {
            let text = start..self.base + end - 1;
            self.document.text_bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
            self.document.last_text = Some(text);
        }
        self.ended(piece, end, false)?;
        Ok(end)
    }

    #[cold]
    fn refuse_string(&mut self, at: usize, fault: Fault) -> Refused {
        self.failed = Some(fault.seen_from(self.base + at));
        Refused
    }

    pub(super) fn in_number(
        &mut self,
        piece: &[u8],
        at: usize,
        mut number: Number,
    ) -> Result<usize, Refused> {
        for (after, &byte) in piece.iter().enumerate().skip(at) {
            match number.next(byte) {
                Next::Inside(next) => number = next,
                Next::Malformed => return Err(self.refuse(after, JsonErrorKind::Number)),
                Next::Ended => {
                    self.ended(piece, after, false)?;
                    return Ok(after);
                }
            }
        }
        self.state = State::Number(number);
        Ok(piece.len())
    }

    /// Reads a word of which the first letter was read.
    fn word(
        &mut self,
        kind: Kind,
        piece: &[u8],
        at: usize,
        rest: &'static [u8],
    ) -> Result<usize, Refused> {
        self.begins(kind, piece, at);
        self.in_word(piece, at + 1, rest)
    }

    pub(super) fn in_word(
        &mut self,
        piece: &[u8],
        at: usize,
        word: &'static [u8],
    ) -> Result<usize, Refused> {
        let rest = piece.get(at..).unwrap_or_default();
        let same = rest.iter().zip(word).take_while(|(one, other)| one == other).count();
        let end = at + same;
        match word.get(same..) {
            None | Some([]) => self.ended(piece, end, false)?,
            Some(missing) if end == piece.len() => self.state = State::Word(missing),
            Some(_) => return Err(self.refuse(end, JsonErrorKind::Literal)),
        }
        Ok(end)
    }
}
