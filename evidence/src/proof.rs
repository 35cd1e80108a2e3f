//! Inclusion and consistency proofs from stored nodes, and their verification (RFC 6962 sections 2.1.1 and 2.1.2).

use tlog_tiles::Hash;

use crate::node::{Asking, MAX_SIZE, NodeHash, NodeSource, Reading};
use crate::tree::Head;

/// The longest proof: a tree of [`MAX_SIZE`] leaves is 48 levels high, and a consistency proof has one more hash. C2SP tlog-witness
/// allows 63 lines. Longer proofs are refused unread.
pub const MAX_PROOF: usize = 63;

/// A proof cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotProvable {
    /// The tree has no such leaf, or no such earlier size, or is larger than any log.
    #[error("{of} is not within a tree of {size} leaves")]
    OutOfTree {
        /// The leaf's index, or the earlier size.
        of: u64,
        /// The tree's size.
        size: u64,
    },
    /// A stored node that the proof needs is not there.
    #[error("stored node {0} is missing")]
    Missing(u64),
}

/// A proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofInvalid {
    /// More hashes than any proof has.
    #[error("a proof of {0} hashes is longer than {MAX_PROOF}")]
    TooLong(usize),
    /// The leaf or the earlier tree is not within the tree, or the tree is larger than any log.
    #[error("{of} is not within a tree of {size} leaves")]
    OutOfTree {
        /// The leaf's index, or the earlier size.
        of: u64,
        /// The tree's size.
        size: u64,
    },
    /// The hashes do not lead to the root.
    #[error("the hashes do not lead from {of} to the root of the tree of {size} leaves")]
    Root {
        /// The leaf's index, or the earlier size.
        of: u64,
        /// The tree's size.
        size: u64,
    },
}

fn leaf_within(index: u64, size: u64) -> Result<(), NotProvable> {
    if index < size && size <= MAX_SIZE { Ok(()) } else { Err(NotProvable::OutOfTree { of: index, size }) }
}

fn tree_within(old: u64, size: u64) -> Result<(), NotProvable> {
    if old <= size && size <= MAX_SIZE { Ok(()) } else { Err(NotProvable::OutOfTree { of: old, size }) }
}

/// The stored indexes that [`prove_inclusion`] reads.
///
/// # Errors
/// [`NotProvable::OutOfTree`].
pub fn inclusion_nodes(size: u64, index: u64) -> Result<Vec<u64>, NotProvable> {
    leaf_within(index, size)?;
    let asking = Asking::default();
    tlog_tiles::prove_record(size, index, &asking).map_err(|_| NotProvable::OutOfTree { of: index, size })?;
    Ok(asking.into_indexes())
}

/// The proof that leaf `index` is in the tree of `size` leaves: its sibling's hash first.
///
/// # Errors
/// [`NotProvable`].
pub fn prove_inclusion(
    size: u64,
    index: u64,
    nodes: &(impl NodeSource + ?Sized),
) -> Result<Vec<NodeHash>, NotProvable> {
    leaf_within(index, size)?;
    let reading = Reading::new(nodes);
    let proof = tlog_tiles::prove_record(size, index, &reading).map_err(|_| match reading.missing() {
        Some(stored) => NotProvable::Missing(stored),
        None => NotProvable::OutOfTree { of: index, size },
    })?;
    Ok(proof.into_iter().map(NodeHash::from).collect())
}

/// The stored indexes that [`prove_consistency`] reads.
///
/// # Errors
/// [`NotProvable::OutOfTree`].
pub fn consistency_nodes(size: u64, old: u64) -> Result<Vec<u64>, NotProvable> {
    tree_within(old, size)?;
    let asking = Asking::default();
    if old > 0 {
        tlog_tiles::prove_tree(size, old, &asking).map_err(|_| NotProvable::OutOfTree { of: old, size })?;
    }
    Ok(asking.into_indexes())
}

/// The proof that the tree of `size` leaves begins with the tree of `old` leaves. Empty if either is empty or both are equal.
///
/// # Errors
/// [`NotProvable`].
pub fn prove_consistency(
    size: u64,
    old: u64,
    nodes: &(impl NodeSource + ?Sized),
) -> Result<Vec<NodeHash>, NotProvable> {
    tree_within(old, size)?;
    if old == 0 {
        return Ok(Vec::new());
    }
    let reading = Reading::new(nodes);
    let proof = tlog_tiles::prove_tree(size, old, &reading).map_err(|_| match reading.missing() {
        Some(stored) => NotProvable::Missing(stored),
        None => NotProvable::OutOfTree { of: old, size },
    })?;
    Ok(proof.into_iter().map(NodeHash::from).collect())
}

fn bounded(proof: &[NodeHash]) -> Result<Vec<Hash>, ProofInvalid> {
    if proof.len() > MAX_PROOF {
        return Err(ProofInvalid::TooLong(proof.len()));
    }
    Ok(proof.iter().copied().map(Hash::from).collect())
}

/// Checks that `leaf` is the leaf at `index` in the tree of `head`.
///
/// # Errors
/// [`ProofInvalid`].
pub fn verify_inclusion(
    proof: &[NodeHash],
    head: &Head,
    index: u64,
    leaf: NodeHash,
) -> Result<(), ProofInvalid> {
    let size = head.size;
    leaf_within(index, size).map_err(|_| ProofInvalid::OutOfTree { of: index, size })?;
    tlog_tiles::check_record(&bounded(proof)?, size, head.root.into(), index, leaf.into())
        .map_err(|_| ProofInvalid::Root { of: index, size })
}

/// Checks that the tree of `new` begins with the tree of `old`.
///
/// The empty tree is the beginning of every tree, by an empty proof (RFC 6962 does not define the case; C2SP tlog-witness does).
///
/// # Errors
/// [`ProofInvalid`].
pub fn verify_consistency(proof: &[NodeHash], old: &Head, new: &Head) -> Result<(), ProofInvalid> {
    let (of, size) = (old.size, new.size);
    tree_within(of, size).map_err(|_| ProofInvalid::OutOfTree { of, size })?;
    let hashes = bounded(proof)?;
    if of == 0 {
        let empty = |head: &Head| head.size > 0 || head.root == NodeHash::EMPTY;
        let holds = hashes.is_empty() && empty(old) && empty(new);
        return if holds { Ok(()) } else { Err(ProofInvalid::Root { of, size }) };
    }
    tlog_tiles::check_tree(&hashes, size, new.root.into(), of, old.root.into())
        .map_err(|_| ProofInvalid::Root { of, size })
}
