//! The signed states that a gateway can see, beside its own database: the last checkpoint's file,
//! and tiles. One that is ahead means that the database is an older one, put back; signing on would
//! make a second history.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::WIDTH_U64;

use super::head::Signed;
use super::tiles::Tiles;

/// The file with the last checkpoint that was given out.
#[derive(Debug, Clone)]
pub(crate) struct SeenFile {
    path: PathBuf,
}

impl SeenFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("checkpoint") }
    }

    /// What it says, if it is there.
    pub(crate) fn read(&self, key: &VerifierKey) -> Result<Option<Signed>, String> {
        let shown = self.path.display();
        match std::fs::read_to_string(&self.path) {
            Ok(note) => match Signed::read(&note, key) {
                Some(head) => Ok(Some(head)),
                None => Err(format!("{shown} is not a checkpoint that this log has signed")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{shown} cannot be read: {error}")),
        }
    }

    /// Writes it down, flushed, before the checkpoint is given out.
    pub(crate) fn write(&self, note: &str) -> io::Result<()> {
        let draft = self.path.with_extension("new");
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_data()?;
        std::fs::rename(&draft, &self.path)?;
        match self.path.parent() {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Refuses where the checkpoint's file or a tile is ahead of a database of `size` entries.
pub(crate) fn ahead(seen: Option<&Signed>, tiles: &Tiles, size: u64) -> Result<(), String> {
    if let Some(seen) = seen.filter(|seen| seen.size > size) {
        return Err(format!(
            "a checkpoint of {} entries was signed, and the database has {size}: it is an older \
             one that was put back; bring the newest back",
            seen.size
        ));
    }
    // A tile that is full in files and not in the database.
    if let Some(last) = tiles.last().filter(|last| *last >= size / WIDTH_U64) {
        return Err(format!(
            "there are tiles for {} entries, and the database has {size}: it is an older one that \
             was put back; bring the newest back",
            (last + 1) * WIDTH_U64
        ));
    }
    Ok(())
}
