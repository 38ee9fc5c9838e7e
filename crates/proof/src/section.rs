//! Sections of a receipt. Each is committed to by a salted hash, so that one can be shown and the
//! others kept, and deleting a salt makes its section forgettable.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::{Digest, Hasher};

/// What every commitment begins with, so that its hash means nothing else.
const DOMAIN: &[u8] = b"weighbridge/section/v1";

/// Which part of a receipt a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionName {
    /// Service, flavors, provider, models, attempts, outcome, usage.
    Call,
    /// Account, key, end user, session, labels.
    Caller,
    /// Hashes, sizes, completeness.
    Content,
    /// Cost, consent, table digests.
    Money,
}

impl SectionName {
    /// Every section of a receipt, in the order in which leaves write them.
    pub const ALL: [Self; 4] = [Self::Call, Self::Caller, Self::Content, Self::Money];

    /// The name as it stands in leaves and bundles.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Caller => "caller",
            Self::Content => "content",
            Self::Money => "money",
        }
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// 32 random bytes that keep a section's content from being guessed out of its commitment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt of these bytes, which must come from a random source.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base64 with padding, as bundles write it.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Self::base64`] writes, and no other spelling.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A salt in a log would undo what it is for.
        f.write_str("Salt(..)")
    }
}

/// One section: its name, its salt and its canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    name: SectionName,
    salt: Salt,
    json: String,
}

impl Section {
    /// A section of `json`, which must be canonical JSON.
    pub fn new(name: SectionName, salt: Salt, json: String) -> Self {
        debug_assert!(crate::canonical::is_canonical(json.as_bytes()), "not canonical: {json}");
        Self { name, salt, json }
    }

    /// Which section this is.
    pub const fn name(&self) -> SectionName {
        self.name
    }

    /// Its salt.
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }

    /// Its canonical JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What a leaf says of it.
    pub fn commitment(&self) -> Digest {
        commitment(self.name.as_str(), &self.salt, &self.json)
    }
}

/// SHA-256("weighbridge/section/v1" || 0x00 || name || 0x00 || salt || json).
pub fn commitment(name: &str, salt: &Salt, json: &str) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    hasher.update(&[0]);
    hasher.update(salt.as_bytes());
    hasher.update(json.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: SectionName, salt: u8, json: &str) -> Section {
        Section::new(name, Salt::from_bytes([salt; 32]), json.to_owned())
    }

    #[test]
    fn a_commitment_is_the_hash_the_format_names() {
        let mut bytes = b"weighbridge/section/v1\0money\0".to_vec();
        bytes.extend_from_slice(&[7; 32]);
        bytes.extend_from_slice(br#"{"a":1}"#);
        let money = section(SectionName::Money, 7, r#"{"a":1}"#);
        assert_eq!(money.commitment(), Digest::of(&bytes));
    }

    #[test]
    fn name_salt_and_content_each_change_the_commitment() {
        let base = section(SectionName::Money, 7, r#"{"a":1}"#).commitment();
        assert_ne!(base, section(SectionName::Call, 7, r#"{"a":1}"#).commitment());
        assert_ne!(base, section(SectionName::Money, 8, r#"{"a":1}"#).commitment());
        assert_ne!(base, section(SectionName::Money, 7, r#"{"a":2}"#).commitment());
    }

    #[test]
    fn a_salt_never_shows_in_debug_output() {
        assert_eq!(format!("{:?}", Salt::from_bytes([9; 32])), "Salt(..)");
    }
}
