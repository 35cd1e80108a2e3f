//! Proofs that stand alone, after C2SP tlog-proof.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::tlog_proof::{NotLogged, TlogProofMalformed};
use evidence::{LogSigner, NodeHash, Quorum, TlogProof, Tree};

fn signer() -> LogSigner {
    LogSigner::from_seed("example.com/fancylog", &[1; 32]).unwrap()
}

fn proof(extra: Option<&[u8]>) -> TlogProof {
    let leaves: Vec<_> = (0_u8..7).map(|n| NodeHash::of_leaf(&[n])).collect();
    let appended = Tree::new().append(&leaves).unwrap();
    let checkpoint = signer().sign(&appended.head()).unwrap();
    TlogProof { extra: extra.map(<[u8]>::to_vec), index: 4, hashes: appended.proof(4).unwrap(), checkpoint }
}

#[test]
fn is_written_as_the_specification_says_and_read_back() {
    let text = proof(Some(&[4])).to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra BA==", "index 4"]);
    assert_eq!((lines[6], lines[7], lines[8]), ("", "example.com/fancylog", "7"));
    assert_eq!(TlogProof::parse(&text).unwrap(), proof(Some(&[4])));
    let without = proof(None).to_string();
    assert_eq!(TlogProof::parse(&without).unwrap(), proof(None));
    assert!(!without.contains("extra"));
}

#[test]
fn reads_a_proof_of_a_tree_of_one() {
    let appended = Tree::new().append(&[NodeHash::of_leaf(b"only")]).unwrap();
    let checkpoint = signer().sign(&appended.head()).unwrap();
    let proof = TlogProof { extra: None, index: 0, hashes: Vec::new(), checkpoint };
    let read = TlogProof::parse(&proof.to_string()).unwrap();
    assert!(read.verify(b"only", &[signer().verifier().clone()], &Quorum::none()).is_ok());
}

#[test]
fn proves_its_leaf_and_no_other() {
    let proof = proof(None);
    let keys = [signer().verifier().clone()];
    let (head, _) = proof.verify(&[4], &keys, &Quorum::none()).unwrap();
    assert_eq!((head.origin(), head.head().size), ("example.com/fancylog", 7));
    assert!(matches!(proof.verify(&[5], &keys, &Quorum::none()), Err(NotLogged::Inclusion(_))));
    assert!(matches!(proof.verify(&[4], &[], &Quorum::none()), Err(NotLogged::Checkpoint(_))));
}

#[test]
fn refuses_other_forms() {
    let text = proof(Some(&[4])).to_string();
    let long = format!("extra {}", "A".repeat(2000));
    let hashes = format!("index 4\n{}", format!("{}\n", NodeHash::EMPTY).repeat(63));
    for (bad, why) in [
        (text.replace("@v1", "@v2"), TlogProofMalformed::Header),
        (text.replace("extra BA==", "extra BA"), TlogProofMalformed::Extra),
        (text.replace("extra BA==", &long), TlogProofMalformed::Extra),
        (text.replace("index 4", "index 04"), TlogProofMalformed::Index),
        (text.replace("index 4\n", ""), TlogProofMalformed::Index),
        (text.replace("index 4\n", &hashes), TlogProofMalformed::Hashes),
        (text.replace("\n\n", "\n"), TlogProofMalformed::Blank),
    ] {
        assert_eq!(TlogProof::parse(&bad), Err(why), "{bad}");
    }
}
