//! A receipt: four salted sections and the leaf bytes that commit to them.

use crate::digest::Digest;
use crate::merkle::leaf_hash;
use crate::section::Section;
use crate::timestamp::Timestamp;

/// The version of the leaf format that this code writes.
pub const VERSION: u8 = 1;

/// The most bytes a leaf may have: an entry in a tile is preceded by a length of two bytes.
pub const LEAF_LIMIT: usize = 65_535;

/// What a leaf stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One dispatched call.
    Receipt,
}

impl Kind {
    /// The kind as it stands in leaves.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
        }
    }
}

/// A receipt as it is stored: its id, its times and its sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What this is.
    pub kind: Kind,
    /// `rcpt_...`; the caller gets the same text as `x-weighbridge-call`.
    pub id: String,
    /// When the head of the call had been read.
    pub received_at: Timestamp,
    /// Just before the receipt was committed.
    pub finished_at: Timestamp,
    /// The sections, sorted by name, each name once.
    pub sections: Vec<Section>,
}

/// The exact bytes that a log commits to. They are stored as they are and never written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf(String);

impl Receipt {
    /// The leaf: canonical JSON of version, kind, id, times and the commitments.
    pub fn leaf(&self) -> Leaf {
        debug_assert!(self.sections.is_sorted_by(|a, b| a.name().as_str() < b.name().as_str()));
        let mut text = String::with_capacity(512);
        // Written by hand, in the order of RFC 8785: none of these values needs escaping.
        text.push_str("{\"finished_at\":\"");
        text.push_str(&self.finished_at.to_string());
        text.push_str("\",\"id\":\"");
        text.push_str(&self.id);
        text.push_str("\",\"kind\":\"");
        text.push_str(self.kind.as_str());
        text.push_str("\",\"received_at\":\"");
        text.push_str(&self.received_at.to_string());
        text.push_str("\",\"sections\":{");
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push('"');
            text.push_str(section.name().as_str());
            text.push_str("\":\"");
            text.push_str(&section.commitment().base64());
            text.push('"');
        }
        text.push_str("},\"v\":1}");
        debug_assert!(crate::canonical::is_canonical(text.as_bytes()), "not canonical: {text}");
        Leaf(text)
    }
}

impl Leaf {
    /// The bytes, which are text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as its own text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The leaf hash of RFC 6962, section 2.1: SHA-256(0x00 || leaf).
    pub fn hash(&self) -> Digest {
        leaf_hash(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::{Salt, SectionName};

    fn receipt() -> Receipt {
        let sections = SectionName::ALL
            .into_iter()
            .map(|name| Section::new(name, Salt::from_bytes([1; 32]), "{}".to_owned()))
            .collect();
        Receipt {
            kind: Kind::Receipt,
            id: "rcpt_0".to_owned(),
            received_at: Timestamp::from_micros(1),
            finished_at: Timestamp::from_micros(2),
            sections,
        }
    }

    #[test]
    fn a_leaf_is_canonical_json_with_a_commitment_per_section() {
        let receipt = receipt();
        let leaf = receipt.leaf();
        assert!(crate::canonical::is_canonical(leaf.as_str().as_bytes()));
        let value: serde_json::Value = serde_json::from_str(leaf.as_str()).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["kind"], "receipt");
        assert_eq!(value["received_at"], "1970-01-01T00:00:00.000001Z");
        for section in &receipt.sections {
            let commitment = &value["sections"][section.name().as_str()];
            assert_eq!(commitment, &section.commitment().base64());
        }
    }

    #[test]
    fn a_changed_section_changes_the_leaf_hash() {
        let before = receipt().leaf().hash();
        let mut changed = receipt();
        changed.sections[0] =
            Section::new(SectionName::Call, Salt::from_bytes([1; 32]), "[]".to_owned());
        assert_ne!(before, changed.leaf().hash());
    }
}
