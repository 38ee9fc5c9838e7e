//! Installing once: what was installed is remembered by the list it was installed from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::machine;

/// A folder under the target folder with one SDK in it.
pub(crate) struct Place {
    /// Where it is.
    pub(crate) folder: PathBuf,
}

impl Place {
    /// The place with this name.
    pub(crate) fn new(name: &str) -> Self {
        Self::at(machine::target().join("sdk").join(name))
    }

    /// The place in this folder.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Runs `install` in an empty folder, unless what is there came from the same `list`.
    pub(crate) fn fill(&self, list: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
        let stamp = self.folder.join("installed-from");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == list) {
            return Ok(());
        }
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| named(&self.folder))?;
        }
        fs::create_dir_all(&self.folder).with_context(|| named(&self.folder))?;
        install()?;
        fs::write(&stamp, list).with_context(|| named(&stamp))
    }
}

/// The text of a file of the tests.
pub(crate) fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| named(path))
}

fn named(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_same_list_is_installed_once_and_another_afresh() {
        let name = format!("weighbridge-xtask-place-{}", std::process::id());
        let place = Place { folder: std::env::temp_dir().join(name) };
        let runs = Cell::new(0);
        let fill = |list: &str, works: bool| {
            place.fill(list, || {
                runs.set(runs.get() + 1);
                anyhow::ensure!(works, "no network");
                Ok(())
            })
        };
        fill("a", false).unwrap_err();
        fill("a", true).unwrap();
        fill("a", true).unwrap();
        assert_eq!(runs.get(), 2);
        fill("b", true).unwrap();
        assert_eq!(runs.get(), 3);
        fs::remove_dir_all(&place.folder).unwrap();
    }
}
