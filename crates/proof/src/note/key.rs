//! The keys of signed notes: Ed25519, in the text forms of C2SP signed-note.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;

use super::{Signature, SignedNote};
use crate::digest::Hasher;

/// The type of an Ed25519 signature over a note's text.
const ED25519: u8 = 0x01;

/// How the text of a secret key begins.
const SECRET: &str = "PRIVATE+KEY+";

/// A name that a key may have: not empty, without spaces, control characters or `+`.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// A key that signatures are checked with: `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

/// The text is no verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key such as example.com/log+530d903a+AekyeRrm...: {0}")]
pub struct NotAVerifierKey(&'static str);

impl VerifierKey {
    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name || 0x0A || 0x01 || key).
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Hasher::new();
        hasher.update(self.name.as_bytes());
        hasher.update(&[b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let [a, b, c, d, ..] = *hasher.finish().as_bytes();
        [a, b, c, d]
    }

    /// Whether this is the key's signature over `text`.
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = STANDARD.encode([&[ED25519], self.key.as_bytes().as_slice()].concat());
        write!(f, "{}+{:08x}+{encoded}", self.name, u32::from_be_bytes(self.id()))
    }
}

impl FromStr for VerifierKey {
    type Err = NotAVerifierKey;

    fn from_str(text: &str) -> Result<Self, NotAVerifierKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAVerifierKey("it has not three parts"));
        };
        if !is_name(name) {
            return Err(NotAVerifierKey("its name is none"));
        }
        let key = STANDARD.decode(encoded).map_err(|_| NotAVerifierKey("it is not base64"))?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(NotAVerifierKey("it is not an Ed25519 key (type 0x01)"));
        };
        let key = key.try_into().map_err(|_| NotAVerifierKey("it is not 32 bytes long"))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key)
            .map_err(|_| NotAVerifierKey("it is no point of the curve"))?;
        let key = Self { name: name.to_owned(), key };
        // One key, one text: this also refuses another spelling of the id.
        if format!("{:08x}", u32::from_be_bytes(key.id())) != id {
            return Err(NotAVerifierKey("its id is not the one of its name and key"));
        }
        Ok(key)
    }
}

/// A key that notes are signed with.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// The text is no signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signing key")]
pub struct NotASigningKey;

impl SigningKey {
    /// The key of these 32 random bytes; nothing for a name that no key may have.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        is_name(name).then(|| Self { name: name.to_owned(), key })
    }

    /// Reads what [`Self::to_secret_text`] wrote.
    ///
    /// # Errors
    /// [`NotASigningKey`], which says nothing of the text.
    pub fn parse(text: &str) -> Result<Self, NotASigningKey> {
        let rest = text.strip_prefix(SECRET).ok_or(NotASigningKey)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NotASigningKey);
        };
        let key = STANDARD.decode(encoded).map_err(|_| NotASigningKey)?;
        let Some((&ED25519, seed)) = key.split_first() else { return Err(NotASigningKey) };
        let seed = seed.try_into().map_err(|_| NotASigningKey)?;
        let key = Self::from_seed(name, seed).ok_or(NotASigningKey)?;
        let right = format!("{:08x}", u32::from_be_bytes(key.verifier().id())) == id;
        if right { Ok(key) } else { Err(NotASigningKey) }
    }

    /// The secret, in the form that Go's `note` package has: for the file that keeps it, and for
    /// nothing else.
    pub fn to_secret_text(&self) -> String {
        let encoded = STANDARD.encode([&[ED25519], self.key.as_bytes().as_slice()].concat());
        let id = u32::from_be_bytes(self.verifier().id());
        format!("{SECRET}{}+{id:08x}+{encoded}", self.name)
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that checks what this one signs.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs a text, which must end in a line end.
    pub fn sign(&self, text: String) -> SignedNote {
        debug_assert!(text.ends_with('\n'), "a note's text ends in a line end");
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        let signature = Signature { name: self.name.clone(), key: self.verifier().id(), bytes };
        SignedNote::new(text, signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification: a note, and the key it is signed by.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_published_note_is_signed_by_the_published_key() {
        let key: VerifierKey = VKEY.parse().unwrap();
        assert_eq!(key.to_string(), VKEY);
        assert_eq!(key.name(), "example.com/foo");
        let note = SignedNote::parse(include_str!("../../tests/signed_note_example.txt")).unwrap();
        assert!(note.is_signed_by(&key));
        let other = note.to_string().replacen("This", "That", 1);
        assert!(!SignedNote::parse(&other).unwrap().is_signed_by(&key));
    }

    #[test]
    fn keys_read_back_and_a_secret_shows_only_where_it_is_asked_for() {
        let key = SigningKey::from_seed("a.example/log", &[7; 32]).unwrap();
        let text = key.to_secret_text();
        let again = SigningKey::parse(&text).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert_eq!(format!("{key:?}"), "SigningKey(a.example/log, ..)");
        assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier()));
        let note = again.sign("hello\n".to_owned());
        assert!(note.is_signed_by(&key.verifier()));
        assert_eq!(SignedNote::parse(&note.to_string()), Ok(note));
    }

    #[test]
    fn what_is_not_exactly_a_key_is_refused() {
        for text in [
            "",
            "example.com/foo",
            "example.com/foo+530d903a",
            "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
            "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        ] {
            assert!(text.parse::<VerifierKey>().is_err(), "{text}");
        }
        assert!(SigningKey::from_seed("a b", &[7; 32]).is_none());
        let text = SigningKey::from_seed("a", &[7; 32]).unwrap().to_secret_text();
        assert!(SigningKey::parse(&text.replace("+a+", "+b+")).is_err());
    }
}
