//! The log as an auditor reads it: `GET /v1/log/tile/…` over the exchange listener, nothing else (C2SP tlog-tiles).

use std::collections::BTreeMap;

use evidence::node::stored_index;
use evidence::tree::Head;
use evidence::{NodeHash, Tile, proof, tile};
use negiz_tests::country::Country;

/// Holds that the tree of `new` begins with the tree of `old`: the leaf hashes are read from published tiles, everything above
/// them is computed here, and a consistency proof made of it verifies against both signed heads.
pub(crate) fn extends(country: &Country, old: &Head, new: &Head) {
    let mut level = leaf_hashes(country, new.size);
    let mut nodes: BTreeMap<u64, NodeHash> = BTreeMap::new();
    for height in 0_u8..48 {
        for (number, hash) in (0_u64..).zip(&level) {
            nodes.insert(stored_index(height, number).unwrap(), *hash);
        }
        level = level.chunks_exact(2).map(|pair| NodeHash::of_children(pair[0], pair[1])).collect();
    }
    let proof = proof::prove_consistency(new.size, old.size, &nodes).unwrap();
    proof::verify_consistency(&proof, old, new).unwrap();
}

fn leaf_hashes(country: &Country, size: u64) -> Vec<NodeHash> {
    let agency = &country.manifest.lead().agency;
    let mut hashes = Vec::new();
    for part in Tile::all(size).filter(|part| part.of() == tile::Of::Hashes(0)) {
        let reply = country.get(agency, &format!("/v1/log/{part}"));
        assert_eq!(reply.status, 200, "{part}");
        assert_eq!(reply.body.len(), usize::from(part.width()) * 32, "{part}");
        hashes.extend(reply.body.chunks(32).map(|hash| NodeHash::from_bytes(hash.try_into().unwrap())));
    }
    hashes
}
