//! Fixed examples for other implementations, in `tests/vectors`: the formats cannot change unnoticed.
//!
//! Written anew by `NEGIZ_WRITE_VECTORS=1 cargo test -p evidence --test vectors`, when a format changes with its version.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use evidence::bundle::{BundleEntry, Shown};
use evidence::leaf::{Answer, Content, Grant, Refusal};
use evidence::statement::{Item, Role, StatedCase, StatedRequest, StatedSigner};
use evidence::tile::{Of, write_entries};
use evidence::witness::{AddCheckpoint, add_checkpoint};
use evidence::{
    Bundle, Checkpoint, Commitment, Cosigner, Digest, Event, Head, JwkSet, Kind, Leaf, LogSigner, Logged,
    NodeHash, Outcome, Quorum, Receipt, ReceiptSigner, RequestId, Salt, Statement, Subject, Tile, TlogProof,
    Tree, Trust, UnixMillis, verify_bundle, verify_receipt,
};
use serde_json::json;

const ID: &str = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a";
const REFUSED_ID: &str = "3f1f8d0a-4c53-4c58-9d58-0b2f1c6f3a11";
const DOCUMENT: &[u8] = br#"{"version":1,"id":"01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a"}"#;
const TIME: u64 = 1_795_342_500_123;
/// RFC 8410 section 7: what stands before the 32 bytes of an Ed25519 seed in PKCS#8.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

struct Country {
    log: LogSigner,
    witness: Cosigner,
    signer: ReceiptSigner,
    leaves: Vec<Leaf>,
    nodes: Vec<NodeHash>,
    checkpoint: Checkpoint,
    statement: Vec<u8>,
    proofs: Vec<Vec<NodeHash>>,
}

fn salt() -> Salt {
    Salt::from_bytes([0x55; 32])
}

fn record() -> serde_json::Value {
    json!({"surname": "Сейткали", "iin": "900101300017"})
}

fn statement() -> Statement {
    Statement {
        request: Some(StatedRequest { id: ID.to_owned(), digest: Digest::of(DOCUMENT) }),
        signer: Some(StatedSigner { iin: "900101300017".to_owned(), bin: "940740000003".to_owned() }),
        case: Some(StatedCase { kind: "criminal".to_owned(), number: "257500031000123".to_owned() }),
        policy: Some(Digest::of(b"policies")),
        reasons: vec!["the case is open and in the signer's production (SLS 16-2(3)¶2)".to_owned()],
        facts: [("case".to_owned(), json!({"status": "open"}))].into(),
        items: vec![Item {
            role: Role::CaseFacts,
            media_type: "application/json".to_owned(),
            digest: Digest::of(b"{}"),
        }],
        ..Statement::of(Kind::Grant)
    }
}

fn events(statement: &[u8]) -> [Event; 3] {
    let (id, refused) = (RequestId::parse(ID).unwrap(), RequestId::parse(REFUSED_ID).unwrap());
    let request = id.request(&Digest::of(DOCUMENT));
    let commit = |subject, value: &[u8]| Commitment::new(&salt(), subject, value);
    let sealed = Some(Digest::of(b"ciphertext"));
    let grant = Grant {
        request,
        signer: commit(Subject::Signer, b"900101300017"),
        case: Some(commit(Subject::Case, b"criminal:257500031000123")),
        policy: Digest::of(b"policies"),
        content: Content { commitment: commit(Subject::Content, statement), sealed },
    };
    let answer = id.answer(&evidence::canonical_digest(&record()).unwrap());
    let refusal = Refusal {
        request: refused.request(&Digest::of(b"refused")),
        code: "case-not-open".parse().unwrap(),
        signer: None,
        case: None,
        policy: None,
        content: None,
    };
    [
        Event::Grant(grant),
        Event::Answer(Answer { grant: 0, request, answer, content: None }),
        Event::Refusal(refusal),
    ]
}

fn country() -> Country {
    let log = LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap();
    let witness = Cosigner::from_seed("witness.example/w1", &[2; 32]).unwrap();
    let signer = ReceiptSigner::from_pkcs8(&[PKCS8.as_slice(), &[3; 32]].concat()).unwrap();
    let statement = statement().to_bytes().unwrap();
    let leaf = |(n, event)| Leaf { time: UnixMillis::new(TIME + n), event };
    let leaves: Vec<_> = (0_u64..).zip(events(&statement)).map(leaf).collect();
    let appended = Tree::new().append(&leaves.iter().map(Leaf::hash).collect::<Vec<_>>()).unwrap();
    let nodes = appended.nodes().iter().map(|(_, node)| *node).collect();
    let checkpoint = log.sign(&appended.head()).unwrap();
    let request = AddCheckpoint { old: 0, proof: vec![], checkpoint };
    let keys = [log.verifier().clone()];
    let checkpoint = add_checkpoint(&request, &witness, &keys, &Head::EMPTY, TIME / 1000).unwrap().checkpoint;
    let proofs = (0..3).map(|index| appended.proof(index).unwrap()).collect();
    Country { log, witness, signer, leaves, nodes, checkpoint, statement, proofs }
}

impl Country {
    fn receipt(&self, at: usize, id: &str, document: &[u8], outcome: &Outcome) -> String {
        let logged = Logged {
            origin: self.log.origin().to_owned(),
            index: u64::try_from(at).unwrap(),
            leaf: self.leaves[at].to_bytes(),
            proof: self.proofs[at].clone(),
            checkpoint: self.checkpoint.to_string(),
        };
        let (issued, request) = (TIME / 1000, Digest::of(document));
        let id = RequestId::parse(id).unwrap();
        self.signer
            .sign(&Receipt { issuer: "negiz.example", issued, id, request, outcome, logged: &logged })
            .unwrap()
    }

    fn answered(&self) -> String {
        self.receipt(1, ID, DOCUMENT, &Outcome::Answered(evidence::canonical_digest(&record()).unwrap()))
    }

    fn refused(&self) -> String {
        self.receipt(2, REFUSED_ID, b"refused", &Outcome::Refused("case-not-open".parse().unwrap()))
    }

    fn proof(&self, at: usize) -> TlogProof {
        let checkpoint = Checkpoint::parse(&self.checkpoint.to_string()).unwrap();
        let (extra, index) = (Some(self.leaves[at].to_bytes()), u64::try_from(at).unwrap());
        TlogProof { extra, index, hashes: self.proofs[at].clone(), checkpoint }
    }

    fn bundle(&self) -> Vec<u8> {
        let mut bundle = Bundle::new();
        let shown = Shown::Statement { bytes: self.statement.clone(), salt: salt() };
        bundle.entries.push(BundleEntry { proof: self.proof(0), shown });
        bundle.entries.push(BundleEntry { proof: self.proof(1), shown: Shown::Nothing });
        bundle.receipt = Some(self.answered());
        bundle.put_item(b"{}".to_vec()).unwrap();
        bundle.to_bytes().unwrap()
    }

    fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let leaves: Vec<_> = self.leaves.iter().map(Leaf::to_bytes).collect();
        let tile = Tile::new(Of::Hashes(0), 0, 3).unwrap().bytes(3, &self.nodes).unwrap();
        let line = |text: String| format!("{text}\n").into_bytes();
        vec![
            ("log.vkey", line(self.log.verifier().to_string())),
            ("witness.vkey", line(self.witness.verifier().to_string())),
            ("jwks.json", line(serde_json::to_string_pretty(&self.signer.jwk_set(&[]).to_json()).unwrap())),
            ("checkpoint", self.checkpoint.to_string().into_bytes()),
            ("tile-0-000.p-3", tile),
            ("entries-000.p-3", write_entries(leaves.iter().map(Vec::as_slice)).unwrap()),
            ("grant.tlog-proof", self.proof(0).to_string().into_bytes()),
            ("answered.jws", self.answered().into_bytes()),
            ("refused.jws", self.refused().into_bytes()),
            ("record.json", serde_json::to_vec(&record()).unwrap()),
            ("answered.negiz-evidence", self.bundle()),
        ]
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

#[test]
fn the_formats_are_those_of_the_fixed_examples() {
    for (name, bytes) in country().files() {
        let path = folder().join(name);
        if std::env::var_os("NEGIZ_WRITE_VECTORS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap();
        if name.ends_with(".json") {
            // The order of members is the serializer's, which other crates of a build may change.
            let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
            assert_eq!(read(&kept), read(&bytes), "{name}");
        } else {
            assert_eq!(kept, bytes, "{name}");
        }
    }
}

#[test]
fn the_fixed_examples_verify_from_their_files_alone() {
    let text = |name: &str| std::fs::read_to_string(folder().join(name)).unwrap();
    let keys = JwkSet::parse(&text("jwks.json")).unwrap();
    let logs = [text("log.vkey").trim().parse().unwrap()];
    let quorum = Quorum::new(1, vec![text("witness.vkey").trim().parse().unwrap()]).unwrap();
    let answered = verify_receipt(&text("answered.jws"), &keys, &logs, &quorum).unwrap();
    assert!(answered.answers(&serde_json::from_str(&text("record.json")).unwrap()));
    assert!(verify_receipt(&text("refused.jws"), &keys, &logs, &quorum).is_ok());
    let bundle = std::fs::read(folder().join("answered.negiz-evidence")).unwrap();
    let trust = Trust { keys: &keys, logs: &logs, quorum: &quorum, signatures: None };
    let report = verify_bundle(&Bundle::from_bytes(&bundle).unwrap(), &trust);
    assert!(report.verified(), "{report}");
}
