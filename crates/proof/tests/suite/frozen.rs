//! Bundles and standard files of version 1 are read for ever, and written as they were.

use std::path::PathBuf;

use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tlog_proof;
use weighbridge_proof::verify::{Held, Trust, Verdict, verify};

use crate::made::{bundle, key};

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/v3/proof")).join(name)
}

#[test]
fn frozen_proofs_hold_and_are_written_today_as_they_were() {
    let made = bundle(&key(1), 17, 21);
    let files = [
        ("bundle.json", made.to_json()),
        ("receipt.tlog-proof", tlog_proof::write(&made)),
        ("key.txt", key(1).verifier().to_string()),
    ];
    for (name, content) in &files {
        if !file(name).exists() && std::env::var_os("WEIGHBRIDGE_FREEZE").is_some() {
            std::fs::create_dir_all(file("")).unwrap();
            std::fs::write(file(name), content).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file(name)).unwrap(), *content, "{name}");
    }
    let vkey: VerifierKey = std::fs::read_to_string(file("key.txt")).unwrap().parse().unwrap();
    for name in ["bundle.json", "receipt.tlog-proof"] {
        let bytes = std::fs::read(file(name)).unwrap();
        let report = verify(&bytes, &Trust::Key(vkey.clone()), Held::default());
        assert_eq!(report.verdict(), Verdict::Proved, "{report}");
    }
}
