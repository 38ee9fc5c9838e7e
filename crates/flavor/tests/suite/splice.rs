//! Edits leave other bytes alone.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use weighbridge_flavor::json::Splice;

proptest! {
    #[test]
    fn other_bytes_stay(
        parts in vec((vec(any::<u8>(), 0..9), vec(any::<u8>(), 0..5), vec(any::<u8>(), 0..9)), 0..9),
        backwards in any::<bool>(),
    ) {
        // Every part is kept bytes, then bytes that are exchanged for others.
        let (mut body, mut expected, mut edits) = (Vec::new(), Vec::new(), Vec::new());
        for (kept, old, new) in parts {
            body.extend_from_slice(&kept);
            expected.extend_from_slice(&kept);
            edits.push((body.len()..body.len() + old.len(), Bytes::from(new.clone())));
            body.extend_from_slice(&old);
            expected.extend_from_slice(&new);
        }
        // Insertions at one place stand in the order given, so only others may change theirs.
        if backwards && edits.iter().all(|(range, _)| !range.is_empty()) {
            edits.reverse();
        }
        let mut splice = Splice::new();
        for (range, new) in edits {
            splice.replace(range, new);
        }
        prop_assert_eq!(splice.apply(&Bytes::from(body))?, expected);
    }

    #[test]
    fn any_edits_end_well(
        body in vec(any::<u8>(), 0..20), edits in vec((0..25_usize, 0..25_usize), 0..5),
    ) {
        let mut splice = Splice::new();
        let mut added = 0;
        for (start, end) in edits {
            splice.replace(start..end, Bytes::from_static(b"xyz"));
            added += 3;
        }
        if let Ok(edited) = splice.apply(&Bytes::from(body.clone())) {
            prop_assert!(edited.len() <= body.len() + added);
        }
    }
}
