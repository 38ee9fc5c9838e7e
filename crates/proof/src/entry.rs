//! Entries of a log that are no receipts: what was done to accounts and keys, and which tables came
//! into force. Like receipts they are canonical JSON, stored as they are and never written anew.

use crate::digest::Digest;
use crate::timestamp::Timestamp;

/// The name of the section that an act commits to: what was done, by whom, to what.
pub const ACT_SECTION: &str = "act";

/// The leaf of an act: `{at, id, kind, sections, v}`. Its one section can be shown or forgotten.
pub fn act(id: &str, at: Timestamp, section: &Digest) -> String {
    // In the order of RFC 8785: none of these values needs escaping.
    let leaf = format!(
        "{{\"at\":\"{at}\",\"id\":\"{id}\",\"kind\":\"act\",\"sections\":{{\"{ACT_SECTION}\":\"{}\"}},\
         \"v\":1}}",
        section.base64()
    );
    debug_assert!(crate::canonical::is_canonical(leaf.as_bytes()), "not canonical: {leaf}");
    leaf
}

/// The leaf of a table that came into force: `{bytes, in_force_since, kind, sha256, table, v}`. The
/// table itself is found by its digest.
pub fn table(table: &str, sha256: &Digest, bytes: u64, since: Timestamp) -> String {
    let leaf = format!(
        "{{\"bytes\":{bytes},\"in_force_since\":\"{since}\",\"kind\":\"table\",\
         \"sha256\":\"{sha256}\",\"table\":\"{table}\",\"v\":1}}"
    );
    debug_assert!(crate::canonical::is_canonical(leaf.as_bytes()), "not canonical: {leaf}");
    leaf
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::is_canonical;

    #[test]
    fn entries_are_canonical_json() {
        let at = Timestamp::from_micros(1);
        let act = act("act_0", at, &Digest::of(b"x"));
        let table = table("prices", &Digest::of(b"{}"), 2, at);
        for leaf in [act, table] {
            assert!(is_canonical(leaf.as_bytes()), "{leaf}");
            assert!(leaf.len() < crate::receipt::LEAF_LIMIT);
        }
    }
}
