//! Edits in any order either do not fit, or leave all other bytes as they were. Every three bytes
//! of the input's first part are an edit.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weighbridge_flavor::json::Splice;

fuzz_target!(|input: &[u8]| {
    let Some((&count, rest)) = input.split_first() else { return };
    let (edits, body) = rest.split_at((usize::from(count % 8) * 3).min(rest.len()));
    let mut edits: Vec<(std::ops::Range<usize>, Vec<u8>)> = edits
        .chunks_exact(3)
        .map(|edit| (usize::from(edit[0])..usize::from(edit[1]), vec![edit[2]; edit[2].into()]))
        .collect();
    let mut splice = Splice::new();
    for (range, bytes) in &edits {
        splice.replace(range.clone(), Bytes::from(bytes.clone()));
    }
    let Ok(edited) = splice.apply(&Bytes::copy_from_slice(body)) else { return };

    // The same from the back, where no edit moves the place of one before it.
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut expected = body.to_vec();
    for (range, bytes) in edits.into_iter().rev() {
        expected.splice(range, bytes);
    }
    assert_eq!(edited, expected);
});
