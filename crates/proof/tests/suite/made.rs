//! A receipt in a log, as a gateway makes them.

use weighbridge_proof::bundle::{Bundle, Disclosure};
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::{Nodes, fold, inclusion, leaf_hash, root};
use weighbridge_proof::note::key::SigningKey;
use weighbridge_proof::{Digest, Kind, Receipt, Salt, Section, SectionName, Timestamp};

pub(crate) const ORIGIN: &str = "made.example/log";
pub(crate) const REQUEST: &[u8] = br#"{"model":"m","messages":[]}"#;
pub(crate) const REPLY: &[u8] = b"data: {\"a\":1}\n\ndata: [DONE]\n\n";

/// A key of that log's name.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

struct Leaves(Vec<Digest>);

impl Nodes for Leaves {
    type Error = std::convert::Infallible;

    fn node(&self, height: u32, index: u64) -> Result<Digest, Self::Error> {
        let at = |index: u64| usize::try_from(index << height).unwrap();
        Ok(fold(&self.0[at(index)..at(index + 1)]).unwrap())
    }
}

pub(crate) fn receipt() -> Receipt {
    let content = format!(
        r#"{{"input":{{"bytes":{},"sha256":"{}"}},"output":{{"bytes":{},"complete":true,"sha256":"{}"}}}}"#,
        REQUEST.len(),
        Digest::of(REQUEST),
        REPLY.len(),
        Digest::of(REPLY),
    );
    let json = |name| match name {
        SectionName::Content => content.clone(),
        SectionName::Money => r#"{"actual":"0.000031","currency":"USD"}"#.to_owned(),
        SectionName::Call => r#"{"model_asked":"m","provider":"Käse"}"#.to_owned(),
        _ => r#"{"account":"acct_1"}"#.to_owned(),
    };
    let section = |(number, name): (u8, SectionName)| {
        Section::new(name, Salt::from_bytes([number; 32]), json(name))
    };
    Receipt {
        kind: Kind::Receipt,
        id: "rcpt_0192f0c1".to_owned(),
        received_at: Timestamp::from_micros(1_795_532_454_000_001),
        finished_at: Timestamp::from_micros(1_795_532_454_900_001),
        sections: (1..).zip(SectionName::ALL).map(section).collect(),
    }
}

/// The bundle of that receipt, entry `index` of `size`, all sections shown.
pub(crate) fn bundle(key: &SigningKey, index: u64, size: u64) -> Bundle {
    let receipt = receipt();
    let leaf = receipt.leaf();
    let mut leaves: Vec<Digest> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    leaves[usize::try_from(index).unwrap()] = leaf.hash();
    let leaves = Leaves(leaves);
    let (Ok(inclusion), Ok(root)) = (inclusion::prove(&leaves, index, size), root(&leaves, size));
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size, root };
    let shown = receipt.sections.iter();
    Bundle {
        leaf: leaf.as_str().to_owned(),
        disclosures: shown
            .map(|section| (section.name().to_string(), Disclosure::of(section)))
            .collect(),
        leaf_index: index,
        tree_size: size,
        inclusion,
        checkpoint: key.sign(checkpoint.to_string()).to_string(),
    }
}
