//! Folders that are gone when their owner is.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A new, empty folder that is removed, with all that is in it, when this is dropped.
#[derive(Debug)]
pub struct ScratchDir(TempDir);

impl ScratchDir {
    /// A folder where the system keeps temporary files.
    ///
    /// # Errors
    /// When no folder can be made there.
    pub fn new() -> io::Result<Self> {
        tempfile::Builder::new().prefix("weighbridge-").tempdir().map(Self)
    }

    /// A folder inside `parent`, which is made if need be.
    ///
    /// # Errors
    /// When no folder can be made there.
    pub fn within(parent: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        tempfile::Builder::new().prefix("weighbridge-").tempdir_in(parent).map(Self)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A path inside of it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Leaves the folder where it is, for somebody to look at, and says where.
    pub fn keep(self) -> PathBuf {
        self.0.keep()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_goes_with_what_is_in_it() {
        let scratch = ScratchDir::new().unwrap();
        let path = scratch.path().to_owned();
        std::fs::write(scratch.join("a"), "a").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }
}
