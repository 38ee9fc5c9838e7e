//! Signed notes (C2SP signed-note): a text and the signatures under it.

pub mod key;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use key::VerifierKey;

/// The most bytes a note may have.
pub const NOTE_LIMIT: usize = 64 << 10;

/// The most signatures a note may have.
pub const SIGNATURE_LIMIT: usize = 64;

/// How a signature line begins: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A text with signatures, none of them checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Whose, as the line says.
    pub name: String,
    /// By which key, as the line says.
    pub key: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

/// The text is no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signed note: {0}")]
pub struct NotANote(&'static str);

impl SignedNote {
    /// A note with one signature.
    pub(crate) fn new(text: String, signature: Signature) -> Self {
        Self { text, signatures: vec![signature] }
    }

    /// Reads a note. Its signatures are not checked.
    ///
    /// # Errors
    /// [`NotANote`] for anything that is not exactly of the form.
    pub fn parse(note: &str) -> Result<Self, NotANote> {
        if note.len() > NOTE_LIMIT {
            return Err(NotANote("it is too long"));
        }
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NotANote("it has control characters"));
        }
        let split = note.rfind("\n\n").ok_or(NotANote("there is no empty line in it"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NotANote("it does not end in a line end"))?;
        let signatures = lines.split('\n').map(signature).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > SIGNATURE_LIMIT {
            return Err(NotANote("it has too many signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// What is signed, with the line end it ends in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The signatures that say they are this key's.
    pub fn by<'a>(&'a self, key: &'a VerifierKey) -> impl Iterator<Item = &'a Signature> {
        self.signatures.iter().filter(|it| it.name == key.name() && it.key == key.id())
    }

    /// Whether this key has signed the text: at least once, and every time truly.
    pub fn is_signed_by(&self, key: &VerifierKey) -> bool {
        let mut by_key = self.by(key).peekable();
        by_key.peek().is_some() && by_key.all(|it| key.verifies(self.text.as_bytes(), &it.bytes))
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Signature { name, key, bytes } in &self.signatures {
            let encoded = STANDARD.encode([key.as_slice(), bytes].concat());
            writeln!(f, "{DASH}{name} {encoded}")?;
        }
        Ok(())
    }
}

fn signature(line: &str) -> Result<Signature, NotANote> {
    let rest = line.strip_prefix(DASH).ok_or(NotANote("a signature line has another form"))?;
    let (name, encoded) =
        rest.split_once(' ').ok_or(NotANote("a signature line has another form"))?;
    if !key::is_name(name) {
        return Err(NotANote("a signature's name is none"));
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| NotANote("a signature is not base64"))?;
    let (key, bytes) = bytes.split_first_chunk().ok_or(NotANote("a signature is too short"))?;
    if bytes.is_empty() {
        return Err(NotANote("a signature is too short"));
    }
    Ok(Signature { name: name.to_owned(), key: *key, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the example of the specification.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn what_is_not_exactly_a_note_is_refused() {
        let good = "text\n\n\u{2014} a/b AAAAAAA=\n";
        assert!(SignedNote::parse(good).is_ok());
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} a/b AAAAAAA=",
            "text\n\n- a/b AAAAAAA=\n",
            "text\n\n\u{2014} a/b\n",
            "text\n\n\u{2014}  AAAAAAA=\n",
            "text\n\n\u{2014} a+b AAAAAAA=\n",
            "text\n\n\u{2014} a/b AAAAAAA\n",
            "text\n\n\u{2014} a/b AAAAAAB=\n",
            "text\n\n\u{2014} a/b AAAAAA==\n",
            "text\n\n\u{2014} a/b AAAA\n",
            "te\txt\n\n\u{2014} a/b AAAAAAA=\n",
            "text\n\n\u{2014} a/b AAAAAAA=\n\n",
        ] {
            assert!(SignedNote::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_note_reads_back_as_it_was_written() {
        let text = "a\n\nb\n\n\u{2014} x AAAAAAA=\n\u{2014} y AAAAAAE=\n";
        let note = SignedNote::parse(text).unwrap();
        assert_eq!(note.text(), "a\n\nb\n");
        assert_eq!(note.signatures().len(), 2);
        assert_eq!(note.to_string(), text);
        let key: VerifierKey = VKEY.parse().unwrap();
        assert!(!note.is_signed_by(&key));
    }
}
