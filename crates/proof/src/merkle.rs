//! The Merkle tree of RFC 6962, section 2.1: how leaves and nodes are hashed, and what a node is
//! called.
//!
//! A tree is never held whole. Proofs are made out of [`Nodes`], a source of the hashes of complete
//! subtrees, which tiles are.

pub mod consistency;
pub mod inclusion;

use crate::digest::{Digest, Hasher};

/// The hash of a leaf: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(entry);
    hasher.finish()
}

/// The hash of a node: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// The root over hashes that stand side by side: complete subtrees of one height, of which the last
/// may be a smaller one's. Nothing where there are none.
pub fn fold(hashes: &[Digest]) -> Option<Digest> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        [left, right] => Some(node_hash(left, right)),
        more => {
            let (left, right) = more.split_at(left_part(more.len() as u64).try_into().ok()?);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
    }
}

/// How many of `count` (two or more) leaves stand under the root's left child: the greatest power of
/// two below `count`.
fn left_part(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why one cannot be had.
    type Error;

    /// The root over the 2^`height` leaves from `index` * 2^`height` on.
    ///
    /// # Errors
    /// When it cannot be had.
    fn node(&self, height: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// The root over `count` leaves from `start` on, where `start` is a multiple of the least power of
/// two that is not below `count`.
///
/// # Errors
/// Those of `nodes`.
pub fn range<N: Nodes + ?Sized>(nodes: &N, start: u64, count: u64) -> Result<Digest, N::Error> {
    if count == 0 {
        return Ok(empty_root());
    }
    if count.is_power_of_two() {
        let height = count.ilog2();
        return nodes.node(height, start >> height);
    }
    let left = left_part(count);
    let (first, second) = (range(nodes, start, left)?, range(nodes, start + left, count - left)?);
    Ok(node_hash(&first, &second))
}

/// The root of a tree of `size` leaves.
///
/// # Errors
/// Those of `nodes`.
pub fn root<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Digest, N::Error> {
    range(nodes, 0, size)
}

/// A small tree that is held whole, to hold the others against.
#[cfg(test)]
pub(crate) mod whole {
    use std::convert::Infallible;

    use super::{Nodes, fold};
    use crate::digest::Digest;

    pub(crate) struct Whole(pub(crate) Vec<Digest>);

    impl Whole {
        pub(crate) fn of(size: u64) -> Self {
            Self((0..size).map(|number| super::leaf_hash(&number.to_be_bytes())).collect())
        }

        /// Straight from the definition.
        pub(crate) fn root(&self, size: u64) -> Digest {
            fold(&self.0[..usize::try_from(size).unwrap()]).unwrap_or_else(super::empty_root)
        }
    }

    impl Nodes for Whole {
        type Error = Infallible;

        fn node(&self, height: u32, index: u64) -> Result<Digest, Infallible> {
            let (from, to) = (index << height, (index + 1) << height);
            let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap();
            Ok(fold(&self.0[range]).unwrap())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::whole::Whole;
    use super::*;

    /// The eight inputs of the reference tests of Certificate Transparency, and the roots of the
    /// trees over the first so many of them.
    const INPUTS: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn the_published_trees_have_the_published_roots() {
        let leaves: Vec<Digest> = INPUTS.iter().map(|input| leaf_hash(&bytes(input))).collect();
        let tree = Whole(leaves);
        for (size, expected) in (1..).zip(ROOTS) {
            assert_eq!(tree.root(size).to_string(), expected, "size {size}");
            let Ok(root) = root(&tree, size);
            assert_eq!(root.to_string(), expected, "size {size}");
        }
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty_root().to_string(), empty);
    }
}
