//! Notes, checkpoints and keys from strangers: read or refused without a panic, and written again
//! as they were.

#![no_main]

use libfuzzer_sys::fuzz_target;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::note::SignedNote;
use weighbridge_proof::note::key::{SigningKey, VerifierKey};
use weighbridge_proof::verify::Trust;

const KEY: &str = include_str!("../../testdata/v3/proof/key.txt");

fuzz_target!(|input: &str| {
    if let Ok(note) = SignedNote::parse(input) {
        let again = SignedNote::parse(&note.to_string()).expect("it was a note");
        assert_eq!(again, note);
        let key: VerifierKey = KEY.parse().expect("the sample's key");
        let _ = note.is_signed_by(&key);
        if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }
    }
    if let Ok(key) = input.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), input.trim());
    }
    if let Ok(key) = SigningKey::parse(input) {
        let again = SigningKey::parse(&key.to_secret_text()).expect("it was a key");
        assert_eq!(again.verifier(), key.verifier());
    }
    let _ = Trust::read_known(input);
});
