//! The newest signed state of the log.

use rusqlite::{Connection, OptionalExtension as _, params};
use weighbridge_proof::Digest;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::note::SignedNote;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::edges::Edges;

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many entries the log has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
    /// The signed note.
    pub note: String,
    /// The edge of that tree.
    pub(crate) edges: Edges,
}

/// A signed state as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) size: u64,
    pub(crate) root: Digest,
    pub(crate) note: String,
}

/// The newest state that the database has.
pub(crate) fn stored(connection: &Connection) -> rusqlite::Result<Option<Signed>> {
    connection
        .query_row("SELECT size, root, note FROM head", [], |row| {
            Ok(Signed {
                size: row.get::<_, i64>(0)?.unsigned_abs(),
                root: Digest::from_bytes(row.get(1)?),
                note: row.get(2)?,
            })
        })
        .optional()
}

pub(crate) fn store(connection: &Connection, head: &Head) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO head (one, size, root, note) VALUES (0, ?1, ?2, ?3)",
        )?
        .execute(params![head.size.cast_signed(), head.root.as_bytes(), head.note])?;
    Ok(())
}

impl Signed {
    /// A note that this log's key signed; nothing for any other.
    pub(crate) fn read(note: &str, key: &VerifierKey) -> Option<Self> {
        let parsed = SignedNote::parse(note).ok()?;
        let checkpoint: Checkpoint = parsed.text().parse().ok()?;
        let ours = checkpoint.origin == key.name() && parsed.is_signed_by(key);
        ours.then(|| Self { size: checkpoint.size, root: checkpoint.root, note: note.to_owned() })
    }
}
