//! The same proof as a standard file, `.tlog-proof` (C2SP tlog-proof), for tools that know no
//! bundles.
//!
//! Its `extra` line holds the rest of the bundle, `{"disclosures":...,"leaf":...}` as canonical
//! JSON, so that the file is enough by itself: the leaf hash is RFC 6962's of `leaf`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::bundle::{BUNDLE_LIMIT, Bundle, Disclosure, NotABundle};
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::merkle::inclusion::PROOF_LIMIT;
use crate::note::SignedNote;
use crate::section::Salt;

/// The first line.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    disclosures: BTreeMap<String, Shown>,
    leaf: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    salt: String,
    section: String,
}

/// The file of a bundle.
pub fn write(bundle: &Bundle) -> String {
    let shown = |(name, shown): (&String, &Disclosure)| {
        (name.clone(), Shown { salt: shown.salt.base64(), section: shown.section.clone() })
    };
    let extra = Extra {
        disclosures: bundle.disclosures.iter().map(shown).collect(),
        leaf: bundle.leaf.clone(),
    };
    // Texts always can be written.
    let extra = STANDARD.encode(serde_json::to_vec(&extra).unwrap_or_default());
    let mut text = format!("{FIRST_LINE}\nextra {extra}\nindex {}\n", bundle.leaf_index);
    for hash in &bundle.inclusion {
        text.push_str(&hash.base64());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&bundle.checkpoint);
    text
}

/// Reads such a file back.
///
/// # Errors
/// [`NotABundle`] for anything that [`write()`] does not write.
pub fn read(bytes: &[u8]) -> Result<Bundle, NotABundle> {
    let form = |words: &str| NotABundle::Form(words.to_owned());
    if bytes.len() > 2 * BUNDLE_LIMIT {
        return Err(form("it is too long"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
    let rest = text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n'));
    let rest = rest.ok_or_else(|| form("its first line is another"))?;
    let (head, checkpoint) =
        rest.split_once("\n\n").ok_or_else(|| form("there is no checkpoint in it"))?;
    let mut lines = head.split('\n');
    let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
    let extra = extra.ok_or_else(|| form("it has no `extra` line with the receipt"))?;
    let extra = STANDARD.decode(extra).map_err(|_| NotABundle::Value("extra"))?;
    let extra: Extra =
        serde_json::from_slice(&extra).map_err(|error| NotABundle::Form(error.to_string()))?;
    let index = lines.next().and_then(|line| line.strip_prefix("index "));
    let index = index.and_then(|index| index.parse().ok()).ok_or(NotABundle::Value("index"))?;
    let inclusion = lines
        .map(|line| Digest::from_base64(line).ok_or(NotABundle::Value("inclusion")))
        .collect::<Result<Vec<_>, _>>()?;
    if inclusion.len() > PROOF_LIMIT {
        return Err(NotABundle::Value("inclusion"));
    }
    let note = SignedNote::parse(checkpoint).map_err(|error| form(&error.to_string()))?;
    let size: Checkpoint = note.text().parse().map_err(|_| NotABundle::Value("checkpoint"))?;
    let shown = |(name, shown): (String, Shown)| {
        let salt = Salt::from_base64(&shown.salt).ok_or(NotABundle::Value("salt"))?;
        Ok((name, Disclosure { salt, section: shown.section }))
    };
    let bundle = Bundle {
        leaf: extra.leaf,
        disclosures: extra.disclosures.into_iter().map(shown).collect::<Result<_, _>>()?,
        leaf_index: index,
        tree_size: size.size,
        inclusion,
        checkpoint: checkpoint.to_owned(),
    };
    if write(&bundle) != text {
        return Err(NotABundle::Spelling);
    }
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::key::SigningKey;

    #[test]
    fn a_file_reads_back_as_the_bundle_it_was_written_of() {
        let key = SigningKey::from_seed("a.example/log", &[1; 32]).unwrap();
        let checkpoint =
            Checkpoint { origin: "a.example/log".to_owned(), size: 9, root: Digest::of(b"") };
        let shown = Disclosure { salt: Salt::from_bytes([3; 32]), section: "{}".to_owned() };
        let bundle = Bundle {
            leaf: "{}".to_owned(),
            disclosures: [("call".to_owned(), shown)].into(),
            leaf_index: 8,
            tree_size: 9,
            inclusion: vec![Digest::of(b"x")],
            checkpoint: key.sign(checkpoint.to_string()).to_string(),
        };
        let file = write(&bundle);
        assert_eq!(read(file.as_bytes()), Ok(bundle));
        for bad in [
            file.replacen("@v1", "@v2", 1),
            file.replacen("index 8", "index 08", 1),
            file.replacen("extra ", "extras ", 1),
            file.replacen("\n\n", "\n", 1),
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
