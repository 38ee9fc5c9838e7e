//! The hash of a request or a reply as whoever has the bytes computes it.

use crate::digest::{Digest, Hasher};

/// How the gateway's own comment lines in a stream begin. They are outside the output hash, each
/// with the empty line behind it.
pub const COMMENT: &[u8] = b": weighbridge";

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

/// Computes both as the bytes pass; holds no more of them than the start of a line.
#[derive(Debug, Default)]
pub struct ContentHasher {
    whole: Hasher,
    kept: Hasher,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// So many bytes of a line's start are those of a comment of ours.
    Start(usize),
    /// In a line that is kept.
    Kept,
    /// In a comment of ours.
    Comment,
    /// Behind one: an empty line there belongs to it.
    After,
}

impl Default for State {
    fn default() -> Self {
        Self::Start(0)
    }
}

impl ContentHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            match self.state {
                State::After if *first == b'\n' => {
                    self.state = State::Start(0);
                    rest = &rest[1..];
                }
                State::After => self.state = State::Start(0),
                State::Start(seen) if COMMENT.get(seen) == Some(first) => {
                    self.state = match seen + 1 {
                        all if all == COMMENT.len() => State::Comment,
                        seen => State::Start(seen),
                    };
                    rest = &rest[1..];
                }
                State::Start(seen) => {
                    self.kept.update(&COMMENT[..seen]);
                    self.state = State::Kept;
                }
                State::Kept | State::Comment => {
                    let end = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
                    let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
                    rest = after;
                    let kept = self.state == State::Kept;
                    if kept {
                        self.kept.update(line);
                    }
                    if end.is_some() {
                        self.state = if kept { State::Start(0) } else { State::After };
                    }
                }
            }
        }
    }

    /// What everything that has passed hashes to.
    pub fn finish(mut self) -> Content {
        if let State::Start(seen) = self.state {
            self.kept.update(&COMMENT[..seen]);
        }
        Content { whole: Measured::of(self.whole), without_comments: Measured::of(self.kept) }
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
            (": weigh", ": weigh"),
            (": weighbridge", ""),
            ("a: weighbridge x\n", "a: weighbridge x\n"),
            (": other\n\n: weighbridge\n: weighbridge\n\n\n", ": other\n\n\n"),
            (": weighbridge a\nb\n", "b\n"),
            ("\n\n: weighbridge a\n\n\n", "\n\n\n"),
        ] {
            for piece in 1..=text.len().max(1) {
                let expected = (Digest::of(without.as_bytes()), without.len() as u64);
                assert_eq!(kept(text, piece), expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
