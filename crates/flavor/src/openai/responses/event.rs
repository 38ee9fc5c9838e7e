//! One event as it stands in a stream.

use crate::json::writer::{self, Members};

/// Writes an event of a kind, with its number, which counts on, and its members.
pub(super) fn event(
    sequence: &mut u64,
    out: &mut Vec<u8>,
    kind: &str,
    fill: impl FnOnce(&mut Members<'_>),
) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    writer::object(out, |root| {
        root.text("type", kind);
        root.whole("sequence_number", *sequence);
        fill(root);
    });
    out.extend_from_slice(b"\n\n");
    *sequence += 1;
}
