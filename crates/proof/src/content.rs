//! The hash of a request or a reply as whoever has the bytes computes it.

use crate::digest::{Digest, Hasher};

/// How the gateway's own comment lines in a stream begin.
const COMMENT: &[u8] = b": weighbridge ";

/// The longest of them.
const COMMENT_LIMIT: usize = 4 << 10;

/// What bytes hash to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// As they are.
    pub whole: Measured,
    /// Without the gateway's comment lines.
    pub without_comments: Measured,
}

/// A hash and how many bytes it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The SHA-256.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
}

impl Measured {
    fn of(hasher: Hasher) -> Self {
        Self { bytes: hasher.bytes(), sha256: hasher.finish() }
    }
}

/// Computes both as the bytes pass; holds no more of them than one comment line.
///
/// Left out is exactly what the gateway writes, and only where it writes it: behind the empty line of
/// an event or at the start, `: weighbridge ping` or `: weighbridge {...}`, each with the empty line
/// behind it. Anything else is a part of the reply: what a reader of the stream could take for an
/// event must not be taken for a comment here.
#[derive(Debug)]
pub struct ContentHasher {
    whole: Hasher,
    kept: Hasher,
    /// A line that may be a comment of ours.
    held: Vec<u8>,
    /// What has passed of the line under way; nothing of it so far.
    line_is_empty: bool,
    /// The byte before ended a line as a carriage return, so a line feed here belongs to it.
    after_cr: bool,
    /// An event has just ended, or none has begun: here a comment of ours may stand.
    between: bool,
}

impl Default for ContentHasher {
    fn default() -> Self {
        Self {
            whole: Hasher::new(),
            kept: Hasher::new(),
            held: Vec::new(),
            line_is_empty: true,
            after_cr: false,
            between: true,
        }
    }
}

impl ContentHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if !self.held.is_empty() || (self.between && first == COMMENT[0]) {
                rest = &rest[1..];
                self.hold(first);
                continue;
            }
            // Up to the next place where a comment might begin, nothing has to be held.
            let mut passed = 0;
            while let Some(&byte) = rest.get(passed) {
                if self.between && byte == COMMENT[0] {
                    break;
                }
                self.follow(byte);
                passed += 1;
            }
            self.kept.update(&rest[..passed]);
            rest = &rest[passed..];
        }
    }

    /// Holds a byte of what may be a comment of ours, until that is decided.
    fn hold(&mut self, byte: u8) {
        self.held.push(byte);
        match judge(&self.held) {
            Judged::Open => {}
            Judged::Ours => self.held.clear(),
            Judged::Other => {
                let held = std::mem::take(&mut self.held);
                self.kept.update(&held);
                for byte in held {
                    self.follow(byte);
                }
            }
        }
    }

    /// Keeps track of lines and events. Lines end in LF, CRLF or CR.
    fn follow(&mut self, byte: u8) {
        match byte {
            b'\n' if self.after_cr => self.after_cr = false,
            b'\n' | b'\r' => {
                self.between = self.line_is_empty;
                self.line_is_empty = true;
                self.after_cr = byte == b'\r';
            }
            _ => {
                self.line_is_empty = false;
                self.after_cr = false;
                self.between = false;
            }
        }
    }

    /// What everything that has passed hashes to.
    pub fn finish(mut self) -> Content {
        self.kept.update(&self.held);
        Content { whole: Measured::of(self.whole), without_comments: Measured::of(self.kept) }
    }
}

enum Judged {
    Open,
    Ours,
    Other,
}

/// Whether this is a comment of ours with its empty line, the start of one, or neither.
fn judge(held: &[u8]) -> Judged {
    if held.len() <= COMMENT.len() {
        return if COMMENT.starts_with(held) { Judged::Open } else { Judged::Other };
    }
    if held.len() > COMMENT_LIMIT || held.contains(&b'\r') {
        return Judged::Other;
    }
    let said = &held[COMMENT.len()..];
    let Some(end) = said.iter().position(|byte| *byte == b'\n') else {
        let begun = b"ping".starts_with(said) || said[0] == b'{';
        return if begun { Judged::Open } else { Judged::Other };
    };
    let line = &said[..end];
    let ours = line == b"ping" || (line.starts_with(b"{") && line.ends_with(b"}"));
    match (ours, &said[end + 1..]) {
        (true, []) => Judged::Open,
        (true, b"\n") => Judged::Ours,
        _ => Judged::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str, piece: usize) -> (Digest, u64) {
        let mut hasher = ContentHasher::default();
        for bytes in text.as_bytes().chunks(piece) {
            hasher.update(bytes);
        }
        let found = hasher.finish();
        assert_eq!(found.whole.sha256, Digest::of(text.as_bytes()));
        (found.without_comments.sha256, found.without_comments.bytes)
    }

    #[test]
    fn our_comment_lines_are_left_out_however_the_bytes_come() {
        for (text, without) in [
            ("", ""),
            ("{\"a\":1}", "{\"a\":1}"),
            (
                ": weighbridge ping\n\ndata: 1\n\n: weighbridge {}\n\ndata: 2\n\n",
                "data: 1\n\ndata: 2\n\n",
            ),
            (": weighbridge ping\n\n: weighbridge ping\n\n", ""),
            (
                "data: 1\r\n\r\n: weighbridge ping\n\ndata: 2\r\n\r\n",
                "data: 1\r\n\r\ndata: 2\r\n\r\n",
            ),
            ("data: 1\r\r: weighbridge {\"a\":1}\n\ndata: 2\r\r", "data: 1\r\rdata: 2\r\r"),
        ] {
            check(text, without);
        }
    }

    #[test]
    fn what_only_looks_like_a_comment_of_ours_is_kept() {
        for text in [
            ": weigh",
            ": weighbridge",
            ": weighbridge ping",
            ": weighbridge ping\n",
            ": weighbridge pong\n\n",
            ": weighbridgeping\n\n",
            ": weighbridge ping\ndata: 1\n\n",
            ": weighbridge {}\rdata: forged\r\r\n\n",
            ": weighbridge {\"a\":1\rdata: forged\r\r}\n\n",
            ": weighbridge {} \n\n",
            "data: 1\n: weighbridge ping\n\n",
            "data: 1\n: weighbridge {}\n\ndata: 2\n\n",
            "a: weighbridge ping\n\n",
            "\r\n: other\n\n",
        ] {
            check(text, text);
        }
    }

    fn check(text: &str, without: &str) {
        for piece in 1..=text.len().max(1) {
            let expected = (Digest::of(without.as_bytes()), without.len() as u64);
            assert_eq!(kept(text, piece), expected, "{text:?} in pieces of {piece}");
        }
    }
}
