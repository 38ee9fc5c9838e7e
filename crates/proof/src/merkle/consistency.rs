//! That a tree only grew: the proof of RFC 6962, section 2.1.2.

use super::{Nodes, left_part, node_hash, range};
use crate::digest::Digest;

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves. Empty where one of
/// them is empty or both are the same.
///
/// # Errors
/// Those of `nodes`.
pub fn prove<N: Nodes + ?Sized>(nodes: &N, old: u64, new: u64) -> Result<Vec<Digest>, N::Error> {
    debug_assert!(old <= new, "from {old} to {new}");
    let mut proof = Vec::new();
    if old != 0 && old != new {
        walk(nodes, old, 0, new, true, &mut proof)?;
    }
    Ok(proof)
}

/// `whole`: the old tree begins where this part does, so whoever checks has its root.
fn walk<N: Nodes + ?Sized>(
    nodes: &N,
    old: u64,
    start: u64,
    count: u64,
    whole: bool,
    proof: &mut Vec<Digest>,
) -> Result<(), N::Error> {
    if old == count {
        if !whole {
            proof.push(range(nodes, start, count)?);
        }
        return Ok(());
    }
    let left = left_part(count);
    if old <= left {
        walk(nodes, old, start, left, whole, proof)?;
        proof.push(range(nodes, start + left, count - left)?);
    } else {
        walk(nodes, old - left, start + left, count - left, false, proof)?;
        proof.push(range(nodes, start, left)?);
    }
    Ok(())
}

/// A tree, by its size and root.
pub type Head<'a> = (u64, &'a Digest);

/// Whether the proof shows that `new` begins with `old`. RFC 9162, section 2.1.4.2.
pub fn holds(old: Head<'_>, new: Head<'_>, proof: &[Digest]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        // Nothing is what every tree begins with.
        return proof.is_empty() && *old_root == super::empty_root();
    }
    let mut hashes = proof.iter();
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let first = if old_size.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(first) = first else { return false };
    let (mut to_old, mut to_new) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            to_old = node_hash(sibling, &to_old);
            to_new = node_hash(sibling, &to_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            to_new = node_hash(&to_new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && to_old == *old_root && to_new == *new_root
}

#[cfg(test)]
mod tests {
    use super::super::whole::Whole;
    use super::*;

    #[test]
    fn every_growth_of_every_small_tree_is_proved() {
        let tree = Whole::of(70);
        for new in 0..=70 {
            for old in 0..=new {
                let Ok(proof) = prove(&tree, old, new);
                let (from, to) = (tree.root(old), tree.root(new));
                assert!(holds((old, &from), (new, &to), &proof), "{old} to {new}");
            }
        }
    }

    #[test]
    fn another_history_is_not() {
        let tree = Whole::of(40);
        let mut other = Whole::of(40);
        other.0[3] = other.0[4];
        for old in 4..40 {
            let (from, to) = (tree.root(old), other.root(40));
            for source in [&tree, &other] {
                let Ok(proof) = prove(source, old, 40);
                assert!(!holds((old, &from), (40, &to), &proof), "{old} to 40");
            }
            let Ok(mut proof) = prove(&tree, old, 40);
            let to = tree.root(40);
            assert!(!holds((40, &to), (old, &from), &proof));
            proof.push(from);
            assert!(!holds((old, &from), (40, &to), &proof));
        }
    }
}
