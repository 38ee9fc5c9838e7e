//! That an entry stands at an index of a tree: the proof of RFC 6962, section 2.1.1.

use super::{Nodes, left_part, node_hash, range};
use crate::digest::Digest;

/// The most hashes a proof may have: as many as a tree of 2^63 leaves is high.
pub const PROOF_LIMIT: usize = 63;

/// The proof for the leaf at `index` in the tree of `size` leaves, from its sibling up.
///
/// # Errors
/// Those of `nodes`.
pub fn prove<N: Nodes + ?Sized>(nodes: &N, index: u64, size: u64) -> Result<Vec<Digest>, N::Error> {
    debug_assert!(index < size, "entry {index} of {size}");
    let mut proof = Vec::new();
    walk(nodes, index, 0, size, &mut proof)?;
    Ok(proof)
}

fn walk<N: Nodes + ?Sized>(
    nodes: &N,
    index: u64,
    start: u64,
    count: u64,
    proof: &mut Vec<Digest>,
) -> Result<(), N::Error> {
    if count <= 1 {
        return Ok(());
    }
    let left = left_part(count);
    if index < left {
        walk(nodes, index, start, left, proof)?;
        proof.push(range(nodes, start + left, count - left)?);
    } else {
        walk(nodes, index - left, start + left, count - left, proof)?;
        proof.push(range(nodes, start, left)?);
    }
    Ok(())
}

/// The root that the proof leads to from `leaf` at `index`; nothing where the proof is not one for
/// that index in a tree of `size` leaves. RFC 9162, section 2.1.3.2.
pub fn root_of(leaf: &Digest, index: u64, size: u64, proof: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // A subtree that ends the tree has no sibling at the heights it stands alone on.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::super::whole::Whole;
    use super::*;

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_only_where_it_stands() {
        let tree = Whole::of(70);
        for size in 1..=70 {
            let root = tree.root(size);
            for index in 0..size {
                let Ok(proof) = prove(&tree, index, size);
                let leaf = tree.0[usize::try_from(index).unwrap()];
                assert_eq!(root_of(&leaf, index, size, &proof), Some(root), "{index} of {size}");
                for other in 0..size + 2 {
                    if other != index {
                        let found = root_of(&leaf, other, size, &proof);
                        assert_ne!(found, Some(root), "{index} of {size} taken for {other}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_longer_or_shorter_proof_is_none() {
        let tree = Whole::of(21);
        let Ok(mut proof) = prove(&tree, 13, 21);
        let leaf = tree.0[13];
        proof.push(leaf);
        assert_eq!(root_of(&leaf, 13, 21, &proof), None);
        proof.truncate(proof.len() - 2);
        assert_eq!(root_of(&leaf, 13, 21, &proof), None);
        assert_eq!(root_of(&leaf, 21, 21, &proof), None);
        assert_eq!(root_of(&leaf, 0, 0, &[]), None);
    }
}
