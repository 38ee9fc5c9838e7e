//! The inside of a string, in any pieces: escapes, control characters, UTF-8.

use super::{JsonError, JsonErrorKind, key::Key};

/// How far a string came with the bytes it was given. Counts are from the start of those bytes.
pub(super) enum Progress {
    /// The closing quote was found; this many bytes belong to the string.
    Closed(usize),
    /// All bytes belong to it and it goes on.
    Open,
}

/// What is wrong with a string, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// How many of the given bytes come before the one that shows it.
    before: usize,
    /// How much earlier the fault lies, perhaps in an earlier piece.
    back: usize,
    kind: JsonErrorKind,
}

impl Fault {
    fn new(before: usize, kind: JsonErrorKind) -> Self {
        Self { before, back: 0, kind }
    }

    /// The fault in a document in which the given bytes start at `start`.
    pub(super) fn seen_from(self, start: usize) -> JsonError {
        JsonError { offset: start + self.before - self.back, kind: self.kind }
    }
}

#[derive(Debug, Clone, Copy)]
enum At {
    Body,
    Escape,
    Hex { seen: u8, unit: u16 },
}

/// The state of a string between two pieces.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    at: At,
    /// The start of a character that the last piece cut through.
    cut: [u8; 4],
    cut_len: usize,
}

impl Inside {
    pub(super) fn new() -> Self {
        Self { at: At::Body, cut: [0; 4], cut_len: 0 }
    }

    /// Reads on, as far as the closing quote; `key` gets the unescaped bytes.
    pub(super) fn advance(
        &mut self,
        bytes: &[u8],
        mut key: Option<&mut Key>,
    ) -> Result<Progress, Fault> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.at {
                At::Body if self.cut_len > 0 => {
                    self.mend(byte).map_err(|back| Fault {
                        before: at,
                        back,
                        kind: JsonErrorKind::Utf8,
                    })?;
                    if let Some(key) = key.as_deref_mut() {
                        key.extend(&[byte]);
                    }
                    at += 1;
                }
                At::Body => {
                    let run = self.run(bytes.get(at..).unwrap_or_default());
                    let run = run.map_err(|fault| Fault { before: at + fault.before, ..fault })?;
                    if let Some(key) = key.as_deref_mut() {
                        key.extend(bytes.get(at..at + run).unwrap_or_default());
                    }
                    at += run;
                    match bytes.get(at) {
                        Some(b'"') => return Ok(Progress::Closed(at + 1)),
                        Some(_) => self.at = At::Escape,
                        None => break,
                    }
                    at += 1;
                }
                At::Escape => {
                    self.at = match unescape(byte).ok_or(Fault::new(at, JsonErrorKind::Escape))? {
                        Some(plain) => {
                            if let Some(key) = key.as_deref_mut() {
                                key.unescaped(plain.into());
                            }
                            At::Body
                        }
                        None => At::Hex { seen: 0, unit: 0 },
                    };
                    at += 1;
                }
                At::Hex { seen, unit } => {
                    let digit = char::from(byte)
                        .to_digit(16)
                        .ok_or(Fault::new(at, JsonErrorKind::Escape))?;
                    let unit = unit << 4 | u16::try_from(digit).unwrap_or_default();
                    self.at = At::Hex { seen: seen + 1, unit };
                    if seen == 3 {
                        if let Some(key) = key.as_deref_mut() {
                            key.unescaped(unit);
                        }
                        self.at = At::Body;
                    }
                    at += 1;
                }
            }
        }
        Ok(Progress::Open)
    }

    /// The length of the run up to the next quote or backslash, or to the end.
    fn run(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let plain = plain(bytes);
        match bytes.get(plain) {
            None | Some(b'"' | b'\\') => return Ok(plain),
            Some(0..0x20) => return Err(Fault::new(plain, JsonErrorKind::ControlCharacter)),
            Some(_) => {}
        }
        let rest = bytes.get(plain..).unwrap_or_default();
        let ended = memchr::memchr2(b'"', b'\\', rest);
        let run = ended.and_then(|ended| rest.get(..ended)).unwrap_or(rest);
        let control = first_control(run);
        if let Err(fault) = std::str::from_utf8(run) {
            let valid = fault.valid_up_to();
            if control.is_some_and(|control| control < valid) {
                return Err(Fault::new(
                    plain + control.unwrap_or_default(),
                    JsonErrorKind::ControlCharacter,
                ));
            }
            let cut = run.get(valid..).unwrap_or_default();
            // Only the end of the piece may cut through a character.
            if ended.is_some() || fault.error_len().is_some() {
                return Err(Fault::new(plain + valid, JsonErrorKind::Utf8));
            }
            for (kept, byte) in self.cut.iter_mut().zip(cut) {
                *kept = *byte;
            }
            self.cut_len = cut.len();
        }
        match control {
            Some(control) => Err(Fault::new(plain + control, JsonErrorKind::ControlCharacter)),
            None => Ok(plain + run.len()),
        }
    }

    /// Adds a byte to the character that was cut through. If it does not belong there, says how many
    /// bytes before it the character starts.
    fn mend(&mut self, byte: u8) -> Result<(), usize> {
        let before = self.cut_len;
        if let Some(next) = self.cut.get_mut(before) {
            *next = byte;
        }
        self.cut_len += 1;
        match std::str::from_utf8(self.cut.get(..self.cut_len).unwrap_or_default()) {
            Ok(_) => self.cut_len = 0,
            Err(fault) if fault.error_len().is_none() => {}
            Err(_) => return Err(before),
        }
        Ok(())
    }
}

/// What the byte after a backslash stands for; `Some(None)` asks for four hexadecimal digits.
fn unescape(byte: u8) -> Option<Option<u8>> {
    Some(Some(match byte {
        b'"' | b'\\' | b'/' => byte,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 12,
        b'r' => b'\r',
        b'u' => return Some(None),
        _ => return None,
    }))
}

/// How many bytes are certainly plain ASCII text. Stops early in a long run, which `memchr` takes
/// over: eight bytes at a time is the better way only for the short strings that keys are.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const LONG: usize = 64;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
        if at >= LONG {
            return at;
        }
    }
    let tail = bytes.get(at..).unwrap_or_default();
    at + tail
        .iter()
        .position(|&byte| !(0x20..0x80).contains(&byte) || byte == b'"' || byte == b'\\')
        .unwrap_or(tail.len())
}

/// Marks the top bit of bytes that are not plain text. The lowest mark is exact; a borrow can set
/// a wrong one only above a right one.
fn special(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let equals = |byte: u8| {
        let zeroed = eight ^ (ONES * u64::from(byte));
        zeroed.wrapping_sub(ONES) & !zeroed
    };
    let control = eight.wrapping_sub(ONES * 0x20) & !eight;
    (equals(b'"') | equals(b'\\') | control | eight) & TOPS
}

/// Where the first control character stands. Looks at whole blocks, without a branch per byte,
/// because nearly always there is none.
fn first_control(run: &[u8]) -> Option<usize> {
    let clean =
        run.chunks(64).take_while(|block| !block.iter().fold(false, |any, &b| any | (b < 0x20)));
    let before = clean.count() * 64;
    run.get(before..)?.iter().position(|&byte| byte < 0x20).map(|at| before + at)
}
