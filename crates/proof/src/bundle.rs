//! Bundles: all that is needed to check one receipt, but for the key it is checked with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canonical::GREATEST_INTEGER;
use crate::digest::Digest;
use crate::merkle::inclusion::PROOF_LIMIT;
use crate::section::{Salt, Section};

/// The version of the form that this code writes.
pub const VERSION: u8 = 1;

/// The most bytes a bundle may have.
pub const BUNDLE_LIMIT: usize = 1 << 20;

/// A receipt with its place in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The leaf's bytes, which are canonical JSON.
    pub leaf: String,
    /// The sections that are shown, by name.
    pub disclosures: BTreeMap<String, Disclosure>,
    /// Where the leaf stands in the log.
    pub leaf_index: u64,
    /// The size of the log that the proof is for.
    pub tree_size: u64,
    /// The proof, from the leaf's sibling up.
    pub inclusion: Vec<Digest>,
    /// The signed note of the checkpoint of that size.
    pub checkpoint: String,
}

/// A section that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// What keeps it from being guessed.
    pub salt: Salt,
    /// Its canonical JSON.
    pub section: String,
}

impl Disclosure {
    /// Shows a section.
    pub fn of(section: &Section) -> Self {
        Self { salt: *section.salt(), section: section.json().to_owned() }
    }
}

// Members stand in the order of canonical JSON, so that writing is writing canonically.

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    checkpoint: String,
    disclosures: BTreeMap<String, DisclosureForm>,
    inclusion: Vec<String>,
    leaf: String,
    leaf_index: u64,
    tree_size: u64,
    v: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureForm {
    salt: String,
    section: String,
}

/// The bytes are no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABundle {
    /// Not JSON of that form: something is missing, unknown, there twice or of another kind.
    #[error("it is not a bundle: {0}")]
    Form(String),
    /// A newer gateway's.
    #[error("its version is {0}, and this program knows {VERSION}")]
    Version(u8),
    /// The same content, spelled otherwise.
    #[error(
        "its bytes are not the ones that a gateway gives: save them as they come (curl -o), \
         without formatting them"
    )]
    Spelling,
    /// A number, hash or salt that is none.
    #[error("its {0} is none")]
    Value(&'static str),
}

impl Bundle {
    /// Its bytes: canonical JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Form {
            checkpoint: self.checkpoint.clone(),
            disclosures: self
                .disclosures
                .iter()
                .map(|(name, shown)| {
                    let form = DisclosureForm {
                        salt: shown.salt.base64(),
                        section: shown.section.clone(),
                    };
                    (name.clone(), form)
                })
                .collect(),
            inclusion: self.inclusion.iter().map(Digest::base64).collect(),
            leaf: self.leaf.clone(),
            leaf_index: self.leaf_index,
            tree_size: self.tree_size,
            v: VERSION,
        })
        // Texts and numbers always can be written.
        .unwrap_or_default()
    }

    /// Reads the bytes that [`Self::to_json`] writes, with or without one line end behind them, and
    /// no others: two spellings of one bundle would let a bit flip without being seen.
    ///
    /// # Errors
    /// [`NotABundle`], which says why.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotABundle> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if bytes.len() > BUNDLE_LIMIT {
            return Err(NotABundle::Form(format!("it has more than {BUNDLE_LIMIT} bytes")));
        }
        let form: Form =
            serde_json::from_slice(bytes).map_err(|error| NotABundle::Form(error.to_string()))?;
        if form.v != VERSION {
            return Err(NotABundle::Version(form.v));
        }
        if form.leaf_index > GREATEST_INTEGER || form.tree_size > GREATEST_INTEGER {
            return Err(NotABundle::Value("leaf_index or tree_size"));
        }
        if form.inclusion.len() > PROOF_LIMIT {
            return Err(NotABundle::Value("inclusion"));
        }
        let hash = |text: &String| Digest::from_base64(text).ok_or(NotABundle::Value("inclusion"));
        let shown = |(name, form): (String, DisclosureForm)| {
            let salt = Salt::from_base64(&form.salt).ok_or(NotABundle::Value("salt"))?;
            Ok((name, Disclosure { salt, section: form.section }))
        };
        let bundle = Self {
            leaf: form.leaf,
            disclosures: form.disclosures.into_iter().map(shown).collect::<Result<_, _>>()?,
            leaf_index: form.leaf_index,
            tree_size: form.tree_size,
            inclusion: form.inclusion.iter().map(hash).collect::<Result<_, _>>()?,
            checkpoint: form.checkpoint,
        };
        if bundle.to_json().as_bytes() != bytes {
            return Err(NotABundle::Spelling);
        }
        Ok(bundle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let shown = Disclosure { salt: Salt::from_bytes([3; 32]), section: "{}".to_owned() };
        Bundle {
            leaf: "{\"a\":\"\u{e4}\"}".to_owned(),
            disclosures: [("money".to_owned(), shown)].into(),
            leaf_index: 1,
            tree_size: 2,
            inclusion: vec![Digest::of(b"x")],
            checkpoint: "a\n2\n\n\u{2014} a AAAA\n".to_owned(),
        }
    }

    #[test]
    fn a_bundle_is_canonical_json_and_reads_back() {
        let json = bundle().to_json();
        assert!(crate::canonical::is_canonical(json.as_bytes()), "{json}");
        assert_eq!(Bundle::parse(json.as_bytes()), Ok(bundle()));
        assert_eq!(Bundle::parse(format!("{json}\n").as_bytes()), Ok(bundle()));
    }

    #[test]
    fn unknown_repeated_and_missing_members_and_other_spellings_are_refused() {
        let json = bundle().to_json();
        for bad in [
            json.replacen("\"v\":1", "\"v\":1,\"w\":1", 1),
            json.replacen("\"v\":1", "\"v\":1,\"v\":1", 1),
            json.replacen("\"salt\"", "\"salt\":\"\",\"salt\"", 1),
            json.replacen(",\"v\":1", "", 1),
            json.replacen("\"leaf_index\":1", "\"leaf_index\":1.0", 1),
            json.replacen("\"leaf_index\":1", "\"leaf_index\": 1", 1),
            json.replacen('a', "\\u0061", 1),
            format!(" {json}"),
            format!("{json}\n\n"),
            format!("{json}{json}"),
        ] {
            assert_ne!(bad, json);
            assert!(Bundle::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let newer = json.replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(Bundle::parse(newer.as_bytes()), Err(NotABundle::Version(2)));
    }
}
