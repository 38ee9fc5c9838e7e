//! The log's full tiles as files. They are made out of the rows and made again whenever one is
//! missing, so nothing is lost with them and nothing has to be flushed.

use std::io;
use std::path::{Path, PathBuf};

use weighbridge_proof::Digest;
use weighbridge_proof::tile::{Resource, Tile, WIDTH};

/// Bytes of a full tile.
const TILE_BYTES: usize = 32 * WIDTH as usize;

/// The folder `tile` of a log.
#[derive(Debug, Clone)]
pub(crate) struct Tiles {
    dir: PathBuf,
}

impl Tiles {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// A full tile, where its file is there and whole.
    pub(crate) fn read(&self, level: u8, number: u64) -> Option<Vec<Digest>> {
        let bytes = std::fs::read(self.path(level, number)).ok()?;
        if bytes.len() != TILE_BYTES {
            return None;
        }
        let (hashes, _) = bytes.as_chunks();
        Some(hashes.iter().map(|hash| Digest::from_bytes(*hash)).collect())
    }

    /// Writes a full tile, so that its file is never there in part.
    pub(crate) fn write(&self, level: u8, number: u64, hashes: &[Digest]) -> io::Result<()> {
        debug_assert_eq!(hashes.len(), usize::from(WIDTH), "only full tiles are files");
        let path = self.path(level, number);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        let draft = path.with_extension("new");
        std::fs::write(&draft, bytes)?;
        std::fs::rename(draft, path)
    }

    /// The greatest number of a level-0 tile that has a file.
    pub(crate) fn last(&self) -> Option<u64> {
        let mut folder = self.dir.join("0");
        let mut number: u64 = 0;
        // More path elements mean a greater number, so the deepest folders come first.
        loop {
            let (mut deepest, mut file) = (None, None);
            for entry in std::fs::read_dir(&folder).ok()?.flatten() {
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                match name.strip_prefix('x') {
                    Some(digits) => deepest = deepest.max(digits.parse::<u64>().ok()),
                    None => file = file.max(name.parse::<u64>().ok()),
                }
            }
            match (deepest, file) {
                (Some(digits), _) => {
                    number = number.checked_mul(1000)?.checked_add(digits)?;
                    folder.push(format!("x{digits:03}"));
                }
                (None, Some(digits)) => return number.checked_mul(1000)?.checked_add(digits),
                (None, None) => return None,
            }
        }
    }

    fn path(&self, level: u8, number: u64) -> PathBuf {
        self.dir.join(Path::new(&Resource::Hashes(Tile::full(level, number)).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_reads_back_and_the_last_one_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let tiles = Tiles::new(folder.path().join("tile"));
        assert_eq!((tiles.read(0, 0), tiles.last()), (None, None));
        let hashes: Vec<Digest> = (0..256_u16).map(|n| Digest::of(&n.to_be_bytes())).collect();
        for number in [0, 7, 999, 1_000, 1_234_067] {
            tiles.write(0, number, &hashes).unwrap();
            assert_eq!(tiles.read(0, number), Some(hashes.clone()));
            assert_eq!(tiles.last(), Some(number));
        }
        std::fs::write(tiles.path(0, 7), b"torn").unwrap();
        assert_eq!(tiles.read(0, 7), None);
    }
}
