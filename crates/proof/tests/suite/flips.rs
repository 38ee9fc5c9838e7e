//! Every bit counts.

use weighbridge_proof::verify::{Held, Trust, Verdict, verify};

use crate::made::{bundle, key};

#[test]
fn every_flipped_bit_of_a_bundle_is_refuted_or_unusable_under_a_pinned_key() {
    let key = key(1);
    let trust = Trust::Key(key.verifier());
    let bytes = bundle(&key, 17, 21).to_json().into_bytes();
    assert_eq!(verify(&bytes, &trust, Held::default()).verdict(), Verdict::Proved);
    let mut flipped = bytes.clone();
    flipped.push(b'\n');
    let (mut refuted, mut unusable) = (0, 0);
    for at in 0..flipped.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            match verify(&flipped, &trust, Held::default()).verdict() {
                Verdict::Refuted => refuted += 1,
                Verdict::Unusable(_) => unusable += 1,
                passed => panic!("bit {bit} of byte {at}: {passed:?}"),
            }
            flipped[at] ^= 1 << bit;
        }
    }
    assert_eq!(refuted + unusable, flipped.len() * 8);
    assert!(refuted > 1_000, "{refuted} refuted, {unusable} unusable");
}
