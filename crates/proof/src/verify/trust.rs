//! The keys that are pinned: where trust comes from.

use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::note::SignedNote;
use crate::note::key::VerifierKey;

use super::Report;

/// What is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Nothing: only consistency is checked.
    Nobody,
    /// One log's key.
    Key(VerifierKey),
    /// Logs that are known.
    Known(Vec<Known>),
}

/// A log that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its key.
    pub key: VerifierKey,
    /// The newest state of it that was seen: its size and root.
    pub newest: Option<(u64, Digest)>,
}

/// A file of known logs is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the known logs: {reason}")]
pub struct NotKnown {
    line: usize,
    reason: String,
}

impl Trust {
    /// Reads a file of known logs: a line each, the verifier key and, where a checkpoint of it was
    /// seen, its size and its root in base64. Empty lines and lines that begin with `#` are passed
    /// over.
    ///
    /// # Errors
    /// [`NotKnown`] for any other line, for a key that stands there twice, and for no key at all.
    pub fn read_known(text: &str) -> Result<Self, NotKnown> {
        let mut known: Vec<Known> = Vec::new();
        let mut last = 0;
        for (line, content) in (1..).zip(text.lines()) {
            last = line;
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let wrong = |reason: String| NotKnown { line, reason };
            let words: Vec<&str> = content.split_whitespace().collect();
            let (key, newest) = match words.as_slice() {
                [key] => (key, None),
                [key, size, root] => {
                    let size = size.parse().map_err(|_| wrong(format!("{size} is no size")))?;
                    let root = Digest::from_base64(root)
                        .ok_or_else(|| wrong(format!("{root} is no root in base64")))?;
                    (key, Some((size, root)))
                }
                _ => return Err(wrong("it should be KEY or KEY SIZE ROOT".to_owned())),
            };
            let key: VerifierKey =
                key.parse().map_err(|error| wrong(format!("{key} is {error}")))?;
            if known.iter().any(|it| it.key == key) {
                return Err(wrong("this key stands there twice".to_owned()));
            }
            known.push(Known { key, newest });
        }
        if known.is_empty() {
            return Err(NotKnown { line: last, reason: "there is no key in it".to_owned() });
        }
        Ok(Self::Known(known))
    }

    /// Whether the checkpoint is signed by a key that is pinned, for the log of that name.
    ///
    /// In a standard file signatures by keys that nobody knows are passed over, as its specification
    /// wants. In a bundle they are refused: it has the log's own signature, once.
    pub(super) fn check(
        &self,
        note: &SignedNote,
        checkpoint: &Checkpoint,
        standard: bool,
        report: &mut Report,
    ) -> Result<(), String> {
        let keys: Vec<&VerifierKey> = match self {
            Self::Nobody => return only_one(note, standard),
            Self::Key(key) => vec![key],
            Self::Known(known) => known.iter().map(|known| &known.key).collect(),
        };
        report.pinned();
        let signer = keys
            .into_iter()
            .find(|key| key.name() == checkpoint.origin && note.by(key).next().is_some());
        let Some(signer) = signer else {
            let by: Vec<String> = note
                .signatures()
                .iter()
                .map(|it| format!("{}+{:08x}", it.name, u32::from_be_bytes(it.key)))
                .collect();
            let words = format!(
                "the checkpoint of {} is signed by {}, and that is no key you gave for that log",
                checkpoint.origin,
                by.join(" and ")
            );
            report.refute("signature", &words);
            return Ok(());
        };
        only_one(note, standard)?;
        let holds = note.is_signed_by(signer);
        let words = if holds {
            format!("the checkpoint is signed by {}", signer.name())
        } else {
            format!("the checkpoint's signature is not one by {}", signer.name())
        };
        report.add("signature", holds, &words);
        if let Self::Known(known) = self
            && let Some((size, root)) =
                known.iter().find(|it| it.key == *signer).and_then(|it| it.newest)
        {
            compare(size, &root, checkpoint, report);
        }
        Ok(())
    }
}

fn only_one(note: &SignedNote, standard: bool) -> Result<(), String> {
    match note.signatures() {
        [_] => Ok(()),
        _ if standard => Ok(()),
        more => Err(format!(
            "its checkpoint has {} signatures; a bundle has the log's own, and any other key is \
             unknown and refused",
            more.len()
        )),
    }
}

/// Holds the checkpoint against the newest state that was seen of the log.
fn compare(size: u64, root: &Digest, checkpoint: &Checkpoint, report: &mut Report) {
    if size == checkpoint.size {
        let holds = *root == checkpoint.root;
        let words = if holds {
            format!("the root of {size} entries is the one that was seen before")
        } else {
            format!("two roots of {size} entries are signed: the log shows different histories")
        };
        report.add("known checkpoint", holds, &words);
    } else {
        report.note(&format!(
            "a checkpoint of {size} entries was seen before; that the one of {} belongs to the \
             same history needs a proof from the log's tiles and was not checked",
            checkpoint.size
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::key::SigningKey;

    #[test]
    fn known_logs_are_read_a_line_each_and_wrong_lines_named() {
        let key = SigningKey::from_seed("a.example/log", &[1; 32]).unwrap().verifier();
        let root = Digest::of(b"x");
        let text = format!("# ours\n\n{key} 17 {}\n", root.base64());
        let expected = Known { key: key.clone(), newest: Some((17, root)) };
        assert_eq!(Trust::read_known(&text), Ok(Trust::Known(vec![expected])));
        for (text, words) in [
            (String::new(), "line 0 of the known logs: there is no key in it"),
            (format!("{key}\n{key}\n"), "line 2 of the known logs: this key stands there twice"),
            (format!("{key} 1\n"), "line 1 of the known logs: it should be KEY or KEY SIZE ROOT"),
            (format!("{key} x AAAA\n"), "line 1 of the known logs: x is no size"),
            (format!("{key} 1 AAAA\n"), "line 1 of the known logs: AAAA is no root in base64"),
        ] {
            assert_eq!(Trust::read_known(&text).unwrap_err().to_string(), words);
        }
    }
}
