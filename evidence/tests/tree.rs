//! The tree against RFC 6962, held by a second implementation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use evidence::node::stored_count;
use evidence::proof::{
    consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion, verify_consistency,
    verify_inclusion,
};
use evidence::{Head, NodeHash, Tree};
use proptest::prelude::*;
use sha2_011::Sha256;
use std::collections::BTreeMap;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn leaf(number: usize) -> Vec<u8> {
    format!("leaf {number}").into_bytes()
}

fn oracle(size: usize) -> Oracle {
    let mut tree = Oracle::new();
    (0..size).for_each(|number| tree.push(leaf(number)));
    tree
}

fn oracle_root(tree: &Oracle) -> NodeHash {
    NodeHash::from_bytes(tree.root().as_bytes()[..].try_into().unwrap())
}

fn hashes(bytes: &[u8]) -> Vec<NodeHash> {
    bytes.chunks(32).map(|chunk| NodeHash::from_bytes(chunk.try_into().unwrap())).collect()
}

/// Appends in the given batches, as the journal does, restoring the tree from stored nodes before each.
fn grown(batches: &[usize]) -> (Vec<NodeHash>, Head) {
    let (mut stored, mut size): (Vec<NodeHash>, u64) = (Vec::new(), 0);
    let mut head = Head::EMPTY;
    for batch in batches {
        let edge: BTreeMap<u64, NodeHash> =
            Tree::edge(size).into_iter().map(|at| (at, stored[usize::try_from(at).unwrap()])).collect();
        let tree = Tree::restore(size, &edge).unwrap();
        assert_eq!(tree.head(), head);
        let first = usize::try_from(size).unwrap();
        let leaves: Vec<_> = (first..first + batch).map(|n| NodeHash::of_leaf(&leaf(n))).collect();
        let appended = tree.append(&leaves).unwrap();
        for (at, node) in appended.nodes() {
            assert_eq!(usize::try_from(*at).unwrap(), stored.len(), "stored indexes are dense");
            stored.push(*node);
        }
        head = appended.head();
        for (number, leaf) in (size..).zip(&leaves) {
            let proof = appended.proof(number).unwrap();
            assert_eq!(proof, prove_inclusion(head.size, number, &stored).unwrap());
            verify_inclusion(&proof, &head, number, *leaf).unwrap();
        }
        assert!(size == 0 || appended.proof(size - 1).is_none());
        assert!(appended.proof(head.size).is_none());
        size = head.size;
        assert_eq!(u64::try_from(stored.len()).unwrap(), stored_count(size));
        assert_eq!(appended.tree().head(), head);
    }
    (stored, head)
}

/// The nodes and head of a tree appended in one batch.
fn whole(size: usize) -> (Vec<NodeHash>, Head) {
    let leaves: Vec<_> = (0..size).map(|n| NodeHash::of_leaf(&leaf(n))).collect();
    let appended = Tree::new().append(&leaves).unwrap();
    (appended.nodes().iter().map(|(_, node)| *node).collect(), appended.head())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_batching_gives_the_tree_of_rfc_6962(batches in prop::collection::vec(0_usize..40, 1..12)) {
        let (stored, head) = grown(&batches);
        let size = batches.iter().sum();
        let oracle = oracle(size);
        prop_assert_eq!(head.size, u64::try_from(size).unwrap());
        prop_assert_eq!(head.root, oracle_root(&oracle));
        for index in 0..size {
            let proof = prove_inclusion(head.size, u64::try_from(index).unwrap(), &stored).unwrap();
            let theirs = oracle.prove_inclusion(index);
            prop_assert_eq!(&proof, &hashes(theirs.as_bytes()));
        }
    }

    #[test]
    fn consistency_proofs_are_those_of_rfc_6962(old in 1_usize..200, more in 0_usize..200) {
        let size = old + more;
        let (stored, head) = whole(size);
        let (older, newer) = (oracle(old), oracle(size));
        let old_head = Head { size: u64::try_from(old).unwrap(), root: oracle_root(&older) };
        let proof = prove_consistency(head.size, old_head.size, &stored).unwrap();
        if more > 0 {
            let theirs = newer.prove_consistency(more);
            prop_assert_eq!(&proof, &hashes(theirs.as_bytes()));
        }
        verify_consistency(&proof, &old_head, &head).unwrap();
    }

    #[test]
    fn a_changed_proof_proves_nothing(size in 2_u64..300, pick in any::<prop::sample::Index>(), bit in 0_usize..256) {
        let (stored, head) = whole(usize::try_from(size).unwrap());
        let index = u64::try_from(pick.index(usize::try_from(size).unwrap())).unwrap();
        let hash = NodeHash::of_leaf(&leaf(usize::try_from(index).unwrap()));
        let proof = prove_inclusion(size, index, &stored).unwrap();
        let changed = |at: usize| {
            let mut bytes = *proof[at].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut changed = proof.clone();
            changed[at] = NodeHash::from_bytes(bytes);
            changed
        };
        for at in 0..proof.len() {
            prop_assert!(verify_inclusion(&changed(at), &head, index, hash).is_err());
        }
        prop_assert!(verify_inclusion(&proof[1..], &head, index, hash).is_err());
        prop_assert!(verify_inclusion(&proof, &head, size, hash).is_err());
        prop_assert!(verify_inclusion(&proof, &head, (index + 1) % size, hash).is_err());
    }

    #[test]
    fn any_bytes_as_a_proof_are_refused_without_panic(
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..80),
        size in any::<u64>(), index in any::<u64>(), old in any::<u64>(),
    ) {
        let proof: Vec<_> = proof.into_iter().map(NodeHash::from_bytes).collect();
        let head = Head { size, root: NodeHash::EMPTY };
        let older = Head { size: old, root: NodeHash::of_leaf(b"") };
        prop_assert!(verify_inclusion(&proof, &head, index, NodeHash::of_leaf(b"x")).is_err());
        prop_assert!(verify_consistency(&proof, &older, &head).is_err());
    }
}

#[test]
fn a_proof_says_first_which_nodes_it_needs() {
    let (stored, head) = whole(1000);
    for index in [0, 1, 511, 512, 998, 999] {
        let needed = inclusion_nodes(head.size, index).unwrap();
        let fetched: BTreeMap<_, _> =
            needed.iter().map(|at| (*at, stored[usize::try_from(*at).unwrap()])).collect();
        let proof = prove_inclusion(head.size, index, &fetched).unwrap();
        assert_eq!(proof, prove_inclusion(head.size, index, &stored).unwrap());
        for at in &needed {
            let mut fewer = fetched.clone();
            fewer.remove(at);
            assert_eq!(
                prove_inclusion(head.size, index, &fewer),
                Err(evidence::proof::NotProvable::Missing(*at))
            );
        }
    }
    let needed = consistency_nodes(head.size, 700).unwrap();
    let fetched: BTreeMap<_, _> =
        needed.iter().map(|at| (*at, stored[usize::try_from(*at).unwrap()])).collect();
    assert!(prove_consistency(head.size, 700, &fetched).is_ok());
}

#[test]
fn the_empty_tree_begins_every_tree_and_has_the_hash_of_nothing() {
    let (_, head) = whole(5);
    assert_eq!(Tree::new().head(), Head::EMPTY);
    assert_eq!(Head::EMPTY.root.to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    verify_consistency(&[], &Head::EMPTY, &head).unwrap();
    assert!(verify_consistency(&[NodeHash::EMPTY], &Head::EMPTY, &head).is_err());
    let forged = Head { size: 0, root: head.root };
    assert!(verify_consistency(&[], &forged, &head).is_err());
    assert!(verify_consistency(&[], &Head::EMPTY, &forged).is_err());
}

#[test]
fn a_missing_edge_node_is_named() {
    let (stored, head) = whole(11);
    assert_eq!(Tree::edge(11).len(), 3);
    let short = &stored[..stored.len() - 1];
    let missing = Tree::restore(head.size, short).unwrap_err();
    assert_eq!(missing, evidence::tree::NotRestored::Missing(stored_count(11) - 1));
    assert!(Tree::restore(u64::MAX, &stored).is_err());
}
