//! The figures of `docs/evidence/figures.md`: `cargo bench -p evidence`. Each is the best of several runs, on one core.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a program that prints figures"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use evidence::audit::{Audit, Row};
use evidence::leaf::{Answer, Content, Grant};
use evidence::proof::{prove_inclusion, verify_inclusion};
use evidence::witness::{AddCheckpoint, add_checkpoint};
use evidence::{
    Algorithm, Bundle, Commitment, Cosigner, Digest, Event, Head, Leaf, LogSigner, Logged, NodeHash, Outcome,
    Quorum, Receipt, ReceiptSigner, RequestId, Salt, Subject, Tree, UnixMillis, verify_receipt,
};

const MILLION: usize = 1_000_000;
const ID: &str = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a";

/// Time on the processor, so that a busy machine does not count: the first number of the thread's `schedstat`, in nanoseconds.
fn on_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// Runs often enough that the clock's tick of a few milliseconds does not count either.
fn best(count: usize, mut run: impl FnMut()) -> Duration {
    let enough = Duration::from_millis(if count == 1 { 0 } else { 150 });
    let timed = |()| {
        let (start, began, mut times) = (Instant::now(), on_cpu(), 0);
        let took = || match (began, on_cpu()) {
            (Some(began), Some(now)) => now - began,
            _ => start.elapsed(),
        };
        while times == 0 || took() < enough {
            run();
            times += 1;
        }
        took() / times
    };
    std::iter::repeat_n((), 3).map(timed).min().unwrap()
}

fn each(name: &str, count: usize, run: impl FnMut()) {
    let took = best(count, run).as_secs_f64() / count as f64 * 1e6;
    println!("{name:<58} {took:>9.3} µs");
}

fn request(number: u64) -> Commitment {
    Commitment::from_bytes(*Digest::of(&number.to_be_bytes()).as_bytes())
}

/// Grants and answers in turn, as a log of answered requests has them.
fn leaf(number: u64) -> Leaf {
    let commitment = Commitment::from_bytes([7; 32]);
    let event = if number.is_multiple_of(2) {
        let content = Content { commitment, sealed: Some(Digest::of(b"")) };
        let (case, policy) = (Some(commitment), Digest::of(b""));
        Event::Grant(Grant { request: request(number), signer: commitment, case, policy, content })
    } else {
        let grant = number - 1;
        Event::Answer(Answer { grant, request: request(grant), answer: commitment, content: None })
    };
    Leaf { time: UnixMillis::new(1_795_342_500_000 + number), event }
}

fn tree() -> (Vec<Vec<u8>>, Vec<NodeHash>, Head) {
    let leaves: Vec<_> = (0..MILLION as u64).map(|number| leaf(number).to_bytes()).collect();
    let hashes: Vec<_> = leaves.iter().map(|bytes| NodeHash::of_leaf(bytes)).collect();
    for batch in [1, 16, 256] {
        each(&format!("append, batches of {batch}: a leaf, with its proof"), 65_536, || {
            let mut tree = Tree::new();
            for chunk in hashes[..65_536].chunks(batch) {
                let appended = tree.append(chunk).unwrap();
                for index in appended.first()..appended.head().size {
                    black_box(appended.proof(index));
                }
                tree = appended.tree();
            }
        });
    }
    each("append, batches of 256: a leaf, without proofs", 65_536, || {
        let mut tree = Tree::new();
        for chunk in hashes[..65_536].chunks(256) {
            tree = tree.append(chunk).unwrap().tree();
        }
    });
    let appended = Tree::new().append(&hashes).unwrap();
    let (nodes, head) = (appended.nodes().iter().map(|(_, node)| *node).collect(), appended.head());
    (leaves, nodes, head)
}

fn audit(leaves: &[Vec<u8>], nodes: &[NodeHash]) {
    let took = best(1, || {
        let mut audit = Audit::new(&[], &[]);
        let mut rest = nodes;
        for (index, leaf) in (0_u64..).zip(leaves) {
            let (own, after) = rest.split_at(Row::nodes_of(index) as usize);
            let sealed = index.is_multiple_of(2).then(|| Digest::of(b""));
            audit.entry(Row { index, leaf, nodes: own, sealed });
            rest = after;
        }
        let audited = audit.finish();
        assert!(audited.findings.is_empty(), "{:?}", audited.findings.first());
    });
    println!("{:<58} {:>9.3} s", "audit of 1,000,000 entries: leaves, nodes, references", took.as_secs_f64());
}

fn proofs(leaves: &[Vec<u8>], nodes: &Vec<NodeHash>, head: &Head) {
    let index = 333_333;
    each("inclusion proof in 1,000,000", 1000, || {
        (0..1000).for_each(|n| drop(black_box(prove_inclusion(head.size, index + n, nodes).unwrap())));
    });
    let proof = prove_inclusion(head.size, index, nodes).unwrap();
    let hash = NodeHash::of_leaf(&leaves[index as usize]);
    each("its verification", 1000, || {
        (0..1000).for_each(|_| verify_inclusion(&proof, head, index, hash).unwrap());
    });
}

fn signatures(leaves: &[Vec<u8>], nodes: &Vec<NodeHash>, head: &Head) {
    let log = LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap();
    let logs = [log.verifier().clone()];
    let record = serde_json::json!({"iin": "900101300017", "surname": "Сейткали", "name": "Айгерим", "born": "1990-01-01",
        "address": {"region": "Алматы", "street": "Абая", "house": 10, "flat": null}, "valid": true, "documents":
        [{"kind": "passport", "number": "N01234567"}, {"kind": "identity-card", "number": "012345678"}]});
    each("digest of the canonical form of a small record", 1000, || {
        (0..1000).for_each(|_| {
            black_box(evidence::canonical_digest(&record).unwrap());
        });
    });
    each("checkpoint, signed", 1000, || {
        (0..1000).for_each(|_| drop(black_box(log.sign(head).unwrap().to_string())));
    });
    let checkpoint = log.sign(head).unwrap();
    each("checkpoint, verified", 1000, || {
        (0..1000).for_each(|_| drop(black_box(checkpoint.verify(&logs).unwrap())));
    });
    let witness = Cosigner::from_seed("witness.example/w", &[2; 32]).unwrap();
    let request = AddCheckpoint { old: 0, proof: vec![], checkpoint: log.sign(head).unwrap() };
    each("witness: judged and cosigned", 1000, || {
        (0..1000).for_each(|_| {
            black_box(add_checkpoint(&request, &witness, &logs, &Head::EMPTY, 1).unwrap());
        });
    });
    let index = 333_333;
    let (id, digest) = (RequestId::parse(ID).unwrap(), Digest::of(b"document"));
    let event = Event::Answer(Answer {
        grant: 0,
        request: id.request(&digest),
        answer: id.answer(&digest),
        content: None,
    });
    let leaf = Leaf { time: UnixMillis::new(1_795_342_500_000), event };
    each("leaf: three commitments, bytes, hash", 1000, || {
        (0..1000).for_each(|_| {
            black_box((id.request(&digest), id.answer(&digest)));
            black_box(Commitment::new(&Salt::from_bytes([1; 32]), Subject::Signer, b"900101300017"));
            black_box(leaf.hash());
        });
    });
    let logged = Logged {
        origin: log.origin().to_owned(),
        index,
        leaf: leaves[index as usize].clone(),
        proof: prove_inclusion(head.size, index, nodes).unwrap(),
        checkpoint: checkpoint.to_string(),
    };
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        receipts(algorithm, &leaf, &logged, &log);
    }
}

fn receipts(algorithm: Algorithm, leaf: &Leaf, logged: &Logged, log: &LogSigner) {
    let (signer, _) = ReceiptSigner::generate(algorithm).unwrap();
    let id = RequestId::parse(ID).unwrap();
    let (issued, request) = (1_795_342_500, Digest::of(b"document"));
    let outcome = Outcome::Answered(request);
    let receipt = Receipt { issuer: "negiz.example", issued, id, request, outcome: &outcome, logged };
    each(&format!("receipt with {} hashes, signed {}", logged.proof.len(), algorithm.name()), 1000, || {
        (0..1000).for_each(|_| drop(black_box(signer.sign(&receipt).unwrap())));
    });
    // One that verifies: the leaf alone in its log.
    let appended = Tree::new().append(&[leaf.hash()]).unwrap();
    let logged = Logged {
        index: 0,
        leaf: leaf.to_bytes(),
        proof: appended.proof(0).unwrap(),
        checkpoint: log.sign(&appended.head()).unwrap().to_string(),
        ..logged.clone()
    };
    let jws = signer.sign(&Receipt { logged: &logged, ..receipt }).unwrap();
    let (keys, logs) = (signer.jwk_set(&[]), [log.verifier().clone()]);
    each(&format!("receipt, verified {}", algorithm.name()), 1000, || {
        (0..1000).for_each(|_| drop(black_box(verify_receipt(&jws, &keys, &logs, &Quorum::none()).unwrap())));
    });
}

fn bundles() {
    let mut bundle = Bundle::new();
    for n in 0..8 {
        bundle.put_item(vec![n; 65_536]).unwrap();
    }
    each("bundle of 512 KiB, written", 10, || {
        (0..10).for_each(|_| drop(black_box(bundle.to_bytes().unwrap())));
    });
}

fn main() {
    let (leaves, nodes, head) = tree();
    println!("{:<58} {:>9} bytes", "leaf of a grant", leaves[0].len());
    println!("{:<58} {:>9} bytes", "leaf of an answer", leaves[1].len());
    audit(&leaves, &nodes);
    proofs(&leaves, &nodes, &head);
    signatures(&leaves, &nodes, &head);
    bundles();
}
