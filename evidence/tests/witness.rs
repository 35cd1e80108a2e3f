//! The witness after C2SP tlog-witness: each status of the specification, and the log that forks or forgets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::proof::prove_consistency;
use evidence::witness::{AddCheckpoint, Cosigned, Rejection, add_checkpoint, conflict_size, cosigned_by};
use evidence::{Checkpoint, Cosigner, Head, LogSigner, NodeHash, Quorum, Tree, VerifierKey};

const NOW: u64 = 1_795_342_500;

struct Log {
    signer: LogSigner,
    nodes: Vec<NodeHash>,
    size: u64,
}

impl Log {
    fn of(leaves: &[&str]) -> Self {
        let hashes: Vec<_> = leaves.iter().map(|leaf| NodeHash::of_leaf(leaf.as_bytes())).collect();
        let appended = Tree::new().append(&hashes).unwrap();
        let nodes = appended.nodes().iter().map(|(_, node)| *node).collect();
        let signer = LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap();
        Self { signer, nodes, size: appended.head().size }
    }

    fn head(&self, size: u64) -> Head {
        Tree::restore(size, &self.nodes).unwrap().head()
    }

    fn request(&self, old: u64) -> AddCheckpoint {
        let proof = prove_consistency(self.size, old, &self.nodes).unwrap();
        AddCheckpoint { old, proof, checkpoint: self.signer.sign(&self.head(self.size)).unwrap() }
    }
}

fn witness() -> Cosigner {
    Cosigner::from_seed("witness.example/w1", &[9; 32]).unwrap()
}

fn judge(request: &AddCheckpoint, latest: &Head) -> Result<Cosigned, Rejection> {
    let key = LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap().verifier().clone();
    add_checkpoint(request, &witness(), &[key], latest, NOW)
}

#[test]
fn a_log_that_grows_is_cosigned() {
    let log = Log::of(&["a", "b", "c", "d", "e"]);
    let first = judge(&log.request(0), &Head::EMPTY).unwrap();
    assert_eq!(first.head, log.head(5));
    let grown = Log::of(&["a", "b", "c", "d", "e", "f", "g"]);
    let second = judge(&grown.request(5), &first.head).unwrap();
    let quorum = Quorum::new(1, vec![witness().verifier().clone()]).unwrap();
    let seen = quorum.verify(&second.checkpoint).unwrap();
    assert_eq!((seen[0].witness.as_str(), seen[0].time), ("witness.example/w1", NOW));
    assert!(second.line.starts_with("— witness.example/w1 ") && second.line.ends_with('\n'));
}

#[test]
fn the_same_head_is_cosigned_again() {
    let log = Log::of(&["a", "b", "c"]);
    assert!(judge(&log.request(3), &log.head(3)).is_ok());
}

#[test]
fn a_forked_log_is_not_cosigned() {
    let (log, fork) = (Log::of(&["a", "b", "c"]), Log::of(&["a", "x", "c", "d"]));
    let rejected = judge(&fork.request(3), &log.head(3)).unwrap_err();
    assert!(matches!(rejected, Rejection::Inconsistent(_)));
    assert_eq!(rejected.status(), 422);
    let same_size = judge(&Log::of(&["a", "x", "c"]).request(3), &log.head(3)).unwrap_err();
    assert_eq!(same_size, Rejection::Forked { size: 3 });
    assert_eq!((same_size.status(), same_size.body().as_str()), (409, "3\n"));
}

#[test]
fn a_log_rolled_back_is_not_cosigned() {
    let (log, rolled_back) = (Log::of(&["a", "b", "c"]), Log::of(&["a", "b"]));
    let rejected = judge(&rolled_back.request(2), &log.head(3)).unwrap_err();
    assert_eq!(rejected, Rejection::Conflict { old: 2, latest: 3 });
    assert_eq!((rejected.status(), rejected.body().as_str()), (409, "3\n"));
    assert_eq!(conflict_size(&rejected.body()), Some(3));
    let mut request = rolled_back.request(2);
    request.old = 3;
    assert_eq!(judge(&request, &log.head(3)), Err(Rejection::Backwards { old: 3, size: 2 }));
}

#[test]
fn a_log_that_is_not_known_is_404_and_one_not_signed_403() {
    let mut log = Log::of(&["a"]);
    log.signer = LogSigner::from_seed("negiz.example/node-9", &[1; 32]).unwrap();
    assert_eq!(judge(&log.request(0), &Head::EMPTY).unwrap_err().status(), 404);
    log.signer = LogSigner::from_seed("negiz.example/node-1", &[2; 32]).unwrap();
    assert_eq!(judge(&log.request(0), &Head::EMPTY).unwrap_err().status(), 403);
    let text = Log::of(&["a"]).request(0).checkpoint.to_string().replace("\n1\n", "\n2\n");
    let forged = AddCheckpoint { old: 0, proof: vec![], checkpoint: Checkpoint::parse(&text).unwrap() };
    assert_eq!(judge(&forged, &Head::EMPTY).unwrap_err().status(), 403);
}

#[test]
fn an_empty_log_has_the_root_of_nothing_and_a_first_proof_is_empty() {
    let log = Log::of(&[]);
    assert_eq!(judge(&log.request(0), &Head::EMPTY).unwrap().head, Head::EMPTY);
    let forged = log.signer.sign(&Head { size: 0, root: NodeHash::of_leaf(b"") }).unwrap();
    let request = AddCheckpoint { old: 0, proof: vec![], checkpoint: forged };
    assert_eq!(judge(&request, &Head::EMPTY).unwrap_err().status(), 422);
    let mut request = Log::of(&["a"]).request(0);
    request.proof.push(NodeHash::EMPTY);
    assert_eq!(judge(&request, &Head::EMPTY).unwrap_err().status(), 422);
}

#[test]
fn a_request_is_read_as_it_was_written() {
    let log = Log::of(&["a", "b", "c", "d", "e", "f", "g"]);
    for old in [0, 3, 7] {
        let request = log.request(old);
        assert_eq!(AddCheckpoint::parse(&request.to_body()), Ok(request));
    }
}

#[test]
fn reads_the_request_of_the_specification() {
    let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let request = AddCheckpoint::parse(body).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert_eq!(request.checkpoint.stated().size, 20_852_163);
    assert_eq!(request.to_body(), body);
}

#[test]
fn malformed_requests_are_400() {
    let body = Log::of(&["a", "b", "c"]).request(2).to_body();
    for bad in [
        body.replacen("old 2", "old 02", 1),
        body.replacen("old 2", "size 2", 1),
        body.replacen("\n\n", "\n", 1),
        body.replacen("=\n", "\n", 1),
        body.replacen("old 2\n", &format!("old 2\n{}", format!("{}\n", NodeHash::EMPTY).repeat(63)), 1),
        String::new(),
    ] {
        assert_eq!(AddCheckpoint::parse(&bad).unwrap_err().status(), 400, "{bad}");
    }
}

#[test]
fn the_log_takes_from_an_answer_only_what_the_witness_signed() {
    let log = Log::of(&["a", "b", "c"]);
    let request = log.request(0);
    let answer = judge(&request, &Head::EMPTY).unwrap().line;
    let stranger = Cosigner::from_seed("witness.example/w2", &[8; 32]).unwrap();
    let key = |cosigner: &Cosigner| -> VerifierKey { cosigner.verifier().clone() };
    let noise = format!("garbage\n{answer}");
    let cosigned = cosigned_by(&request.checkpoint, &noise, &key(&witness())).unwrap();
    assert_eq!(cosigned.to_string(), format!("{}{answer}", request.checkpoint));
    assert!(cosigned_by(&request.checkpoint, &answer, &key(&stranger)).is_none());
    let other = Log::of(&["a", "b"]).request(0);
    assert!(cosigned_by(&other.checkpoint, &answer, &key(&witness())).is_none());
}

#[test]
fn a_witness_publishes_its_own_line_and_the_logs_only() {
    let log = Log::of(&["a", "b"]);
    let mut request = log.request(0);
    let forged = judge(&Log::of(&["x", "y", "z"]).request(0), &Head::EMPTY).unwrap().line;
    request.checkpoint = request.checkpoint.with_signatures(&forged).unwrap();
    let cosigned = judge(&request, &Head::EMPTY).unwrap();
    assert_eq!(cosigned.checkpoint.to_string().matches("\n— ").count(), 2);
    let quorum = Quorum::new(1, vec![witness().verifier().clone()]).unwrap();
    assert!(quorum.verify(&cosigned.checkpoint).is_ok());
    assert!(quorum.verify(&request.checkpoint).is_err());
}

#[test]
fn a_witness_without_a_clock_does_not_cosign() {
    let log = Log::of(&["a"]);
    let key = log.signer.verifier().clone();
    let rejected = add_checkpoint(&log.request(0), &witness(), &[key], &Head::EMPTY, 0).unwrap_err();
    assert_eq!(rejected.status(), 500);
}
