//! Whatever a bundle or a `.tlog-proof` file says is checked without a panic; what is read is
//! written again byte for byte; and under the sample's key nothing holds but the sample.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use weighbridge_proof::bundle::Bundle;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tlog_proof;
use weighbridge_proof::verify::{Held, Trust, Verdict, verify};

const SAMPLES: [&[u8]; 2] = [
    include_bytes!("../../testdata/v3/proof/bundle.json"),
    include_bytes!("../../testdata/v3/proof/receipt.tlog-proof"),
];
const KEY: &str = include_str!("../../testdata/v3/proof/key.txt");

static VKEY: LazyLock<VerifierKey> = LazyLock::new(|| KEY.parse().expect("the sample's key"));

fuzz_target!(|input: &[u8]| {
    if let Ok(bundle) = Bundle::parse(input) {
        let line_end = input.strip_suffix(b"\n").unwrap_or(input);
        assert_eq!(bundle.to_json().as_bytes(), line_end);
    }
    if let Ok(bundle) = tlog_proof::read(input) {
        assert_eq!(tlog_proof::write(&bundle).as_bytes(), input);
    }
    let alone = verify(input, &Trust::Nobody, Held::default());
    assert_ne!(alone.verdict(), Verdict::Proved);
    let pinned = verify(input, &Trust::Key(VKEY.clone()), Held::default());
    // Sections may be left out of a bundle: what is left of it still holds.
    if pinned.verdict() == Verdict::Proved {
        let leaf = |bytes| {
            Bundle::parse(bytes).or_else(|_| tlog_proof::read(bytes)).expect("it was read").leaf
        };
        assert_eq!(leaf(input), leaf(SAMPLES[0]));
    }
    assert!(!pinned.to_string().is_empty());
});
