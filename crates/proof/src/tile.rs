//! Tiles: how a log's hashes are cut into pieces that never change (C2SP tlog-tiles).
//!
//! A tile of level L holds up to 256 hashes, each of a complete subtree of 256^L leaves.

pub mod edges;
pub mod tiled;

use std::fmt;

/// Hashes in a full tile.
pub const WIDTH: u16 = 256;

/// The same as a number of entries.
pub const WIDTH_U64: u64 = WIDTH as u64;

/// Levels of tiles that a tree of 2^63 leaves has.
pub const LEVELS: u8 = 8;

/// One tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// 0 for the leaves' own hashes.
    pub level: u8,
    /// Which tile of its level, from 0 on.
    pub number: u64,
    /// How many hashes: 1 to 256.
    pub width: u16,
}

impl Tile {
    /// A tile with all its hashes.
    pub const fn full(level: u8, number: u64) -> Self {
        Self { level, number, width: WIDTH }
    }

    /// How many hashes of this tile a tree of `size` leaves has: 0 to 256.
    pub fn width_at(level: u8, number: u64, size: u64) -> u16 {
        let hashes = size >> (8 * u32::from(level)).min(63);
        let before = number.saturating_mul(WIDTH_U64);
        u16::try_from(hashes.saturating_sub(before).min(WIDTH_U64)).unwrap_or(WIDTH)
    }
}

/// A resource of a tiled log by its path after `tile/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Hashes.
    Hashes(Tile),
    /// The entries whose hashes the level-0 tile of the same number and width holds.
    Entries {
        /// Which bundle.
        number: u64,
        /// How many entries: 1 to 256.
        width: u16,
    },
}

impl Resource {
    /// Reads `<L>/<N>[.p/<W>]` and `entries/<N>[.p/<W>]`; nothing for any other spelling.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, WIDTH),
            Some((number, width)) => (number, decimal(width).filter(|it| (1..256).contains(it))?),
        };
        let number = number_of(number)?;
        if level == "entries" {
            return Some(Self::Entries { number, width });
        }
        let level = u8::try_from(decimal(level)?).ok().filter(|level| *level < 64)?;
        Some(Self::Hashes(Tile { level, number, width }))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, width) = match self {
            Self::Hashes(tile) => {
                write!(f, "{}/", tile.level)?;
                (tile.number, tile.width)
            }
            Self::Entries { number, width } => {
                f.write_str("entries/")?;
                (*number, *width)
            }
        };
        f.write_str(&path_of(number))?;
        if width < WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

/// A number as path elements of three digits: 1234067 is `x001/x234/067`.
pub fn path_of(number: u64) -> String {
    let mut path = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

fn number_of(path: &str) -> Option<u64> {
    let mut number: u64 = 0;
    let mut elements = path.split('/').peekable();
    while let Some(element) = elements.next() {
        let digits = match elements.peek() {
            Some(_) => element.strip_prefix('x')?,
            None => element,
        };
        if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    // One number, one path.
    (path_of(number) == path).then_some(number)
}

/// A decimal without leading zeroes.
fn decimal(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_they_are_written() {
        for (resource, path) in [
            (Resource::Hashes(Tile::full(0, 1_234_067)), "0/x001/x234/067"),
            (Resource::Hashes(Tile { level: 3, number: 0, width: 17 }), "3/000.p/17"),
            (Resource::Entries { number: 1000, width: WIDTH }, "entries/x001/000"),
            (Resource::Entries { number: 273, width: 112 }, "entries/273.p/112"),
        ] {
            assert_eq!(resource.to_string(), path);
            assert_eq!(Resource::parse(path), Some(resource));
        }
    }

    #[test]
    fn other_spellings_lead_nowhere() {
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "00/000",
            "64/000",
            "0/x000/000",
            "0/1000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/-01",
            "0/x001",
            "entries",
            "data/000",
            "0/000/000",
            "0/../000",
            "0/x001/x234/067.p/1/2",
        ] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_of_70_000_has_the_tiles_of_the_specification() {
        let width = |level, number| Tile::width_at(level, number, 70_000);
        assert_eq!((width(0, 272), width(0, 273), width(0, 274)), (256, 112, 0));
        assert_eq!((width(1, 0), width(1, 1), width(1, 2)), (256, 17, 0));
        assert_eq!((width(2, 0), width(2, 1), width(3, 0)), (1, 0, 0));
        assert_eq!((Tile::width_at(0, 0, 256), Tile::width_at(1, 0, 256)), (256, 1));
    }
}
