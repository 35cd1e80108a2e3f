//! What the pure parts of a request cost, in instructions that callgrind counts: they do not depend on how busy the machine is.
//!
//! A part that takes a tenth more than `instructions.json` says fails with its name. `UPDATE_COUNTS=1` writes the file anew, for a
//! change that is worth what it costs. Counts are of the form that tests are built in. Another compiler, another valgrind or another kind of
//! processor counts otherwise: then only a part that takes twice as many fails.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../certs/tests/country/mod.rs"]
mod country;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;

use certs::algorithm::KeyKind;
use certs::issue::{cms, jws};
use certs::{Envelope, EnvelopeKind};
use country::{Country, NOW, Owner, key};
use evidence::leaf::{Content, Grant};
use evidence::statement::{StatedCase, StatedRequest, StatedSigner};
use evidence::{
    Algorithm, Commitment, Digest, Event, Leaf, LogSigner, Logged, NodeHash, Outcome, Receipt, ReceiptSigner,
    RequestId, Salt, Statement, Subject, Tree, UnixMillis,
};
use gateway::clock::Millis;
use gateway::document::{Document, Rules};
use policy::situation::lawful;
use policy::{CaseStatus, Considered, Facts, Ground, Policy};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What names the part, and how often it is done.
const PART: &str = "NEGIZ_PART";
const TIMES: u64 = 50;
const ID: &str = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a";

/// A part: prepares what it needs, then does it so often.
type Part = fn(u64);

const PARTS: [(&str, Part); 5] =
    [("parse", parse), ("verify", verify), ("decide", decide), ("leaf", leaf), ("prove", prove)];

/// The counts, and what counted them.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    by: BTreeMap<String, String>,
    /// Instructions for each time a part is done.
    parts: BTreeMap<String, u64>,
}

/// Only what happens in here is counted: not the preparation.
#[inline(never)]
fn counted_part(times: u64, run: &mut dyn FnMut()) {
    for _ in 0..times {
        run();
    }
}

fn document() -> Vec<u8> {
    let document = json!({
        "version": 1, "id": ID, "issued": "2026-07-01T00:00:00Z", "agency": "940740000003",
        "registry": "population", "operation": "person-by-iin", "parameters": {"iin": "900101300017"},
        "basis": {
            "ground": "criminal-case", "case": "257500031000123",
            "circumstances": "Witness statement of 20.11.2026 names the person as the vehicle's driver",
        },
        "purpose": "Establish the identity of the driver",
    });
    serde_json::to_vec(&document).unwrap()
}

fn signed() -> (Country, [(EnvelopeKind, Vec<u8>); 2]) {
    let country = Country::new();
    let Owner { key, certificate } = country.officer(key(KeyKind::P256));
    let forms = [
        (EnvelopeKind::Cms, cms::sign(&document(), &key, &certificate, &[]).unwrap()),
        (EnvelopeKind::Jws, jws::sign(&document(), &key, &certificate, &[]).unwrap().into_bytes()),
    ];
    (country, forms)
}

fn read(kind: EnvelopeKind, bytes: &[u8]) -> certs::envelope::Signed<Document> {
    let arrived = Millis(NOW * 1000);
    let envelope = Envelope::parse(kind, bytes).unwrap();
    envelope.read(|content| Document::parse(content, arrived, &Rules::default())).unwrap()
}

/// A request in both forms, down to the document in it.
fn parse(times: u64) {
    let (_, forms) = signed();
    counted_part(times, &mut || {
        for (kind, bytes) in &forms {
            black_box(read(*kind, bytes));
        }
    });
}

/// The signature of a signer who was seen before, in both forms.
fn verify(times: u64) {
    let (country, forms) = signed();
    let trust = country.trust();
    let documents = |_| forms.iter().map(|(kind, bytes)| read(*kind, bytes)).collect::<Vec<_>>();
    let mut waiting: Vec<_> = (0..=times).map(documents).collect();
    let mut verify = || {
        for signed in waiting.pop().unwrap() {
            black_box(trust.verify(signed, NOW).unwrap());
        }
    };
    verify();
    counted_part(times, &mut verify);
}

struct Established(Facts);

impl Considered for Established {
    fn facts(&self) -> Box<Facts> {
        Box::new(self.0.clone())
    }
}

/// A decision for a record, and one against it.
fn decide(times: u64) {
    let policy = Policy::default_set().unwrap();
    let open = lawful(Ground::CriminalCase);
    let mut closed = open.clone();
    closed.case.as_mut().unwrap().status = CaseStatus::Closed;
    let mut decide = || {
        assert!(black_box(policy.decide(Established(open.clone()))).is_ok());
        assert!(black_box(policy.decide(Established(closed.clone()))).is_err());
    };
    decide();
    counted_part(times, &mut decide);
}

fn statement() -> Statement {
    let mut statement = Statement::of(evidence::Kind::Grant);
    statement.request = Some(StatedRequest { id: ID.to_owned(), digest: Digest::of(b"document") });
    statement.signer = Some(StatedSigner { iin: country::IIN.to_owned(), bin: country::BIN.to_owned() });
    statement.case = Some(StatedCase { kind: "criminal".to_owned(), number: "257500031000123".to_owned() });
    let facts = serde_json::to_value(lawful(Ground::CriminalCase)).unwrap();
    statement.facts.insert("decided-on".to_owned(), facts);
    statement
}

/// What is kept of a grant: written, committed to, in the leaf's bytes, in the tree.
fn leaf(times: u64) {
    let (statement, salt) = (statement(), Salt::from_bytes([7; 32]));
    let id = RequestId::parse(ID).unwrap();
    let mut tree = Tree::new();
    counted_part(times, &mut || {
        let bytes = statement.to_bytes().unwrap();
        let commitment = Statement::commitment(&salt, &bytes);
        let content = Content { commitment, sealed: Some(Digest::of(&bytes)) };
        let grant = Grant {
            request: id.request(&Digest::of(b"document")),
            signer: Commitment::new(&salt, Subject::Signer, country::IIN.as_bytes()),
            case: Some(Commitment::new(&salt, Subject::Case, b"criminal:257500031000123")),
            policy: Digest::of(b"policy"),
            content,
        };
        let leaf = Leaf { time: UnixMillis::new(1_795_342_500_123), event: Event::Grant(grant) }.to_bytes();
        let appended = tree.append(&[NodeHash::of_leaf(&leaf)]).unwrap();
        tree = appended.tree();
    });
}

/// The receipt over an entry of a large log: its proof, and both signatures.
fn prove(times: u64) {
    let mut tree = Tree::new();
    for number in 0..1000_u64 {
        let leaves = [NodeHash::of_leaf(&number.to_be_bytes())];
        tree = tree.append(&leaves).unwrap().tree();
    }
    let log = LogSigner::from_seed("negiz.example/node-1", &[3; 32]).unwrap();
    let (signer, _) = ReceiptSigner::generate(Algorithm::Es256).unwrap();
    let (leaf, id) = (vec![7; 200], RequestId::parse(ID).unwrap());
    let batch = [NodeHash::of_leaf(&leaf); 8];
    counted_part(times, &mut || {
        let appended = tree.append(&batch).unwrap();
        let checkpoint = log.sign(&appended.head()).unwrap().to_string();
        let (index, proof) = (appended.first(), appended.proof(appended.first()).unwrap());
        let logged = Logged { origin: log.origin().to_owned(), index, leaf: leaf.clone(), proof, checkpoint };
        let outcome = Outcome::Answered(Digest::of(b"answer"));
        let request = Digest::of(b"document");
        let issuer = "https://negiz.example";
        let receipt =
            Receipt { issuer, issued: 1_795_342_500, id, request, outcome: &outcome, logged: &logged };
        black_box(signer.sign(&receipt).unwrap());
    });
}

/// Run by the test below, under callgrind.
#[test]
#[ignore = "does one part, for another to count"]
fn a_part() {
    // Without one this is somebody who runs all that is ignored.
    let Ok(wanted) = std::env::var(PART) else { return };
    let (_, part) = PARTS.into_iter().find(|(name, _)| *name == wanted).unwrap();
    part(TIMES);
}

/// Instructions of a part, each time.
fn count(name: &str) -> u64 {
    let counts = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_part*"])
        .arg(format!("--callgrind-out-file={}", counts.path().display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_part", "--test-threads=1"])
        .env(PART, name)
        .output()
        .expect("valgrind: scripts/setup test installs it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&output.stdout));
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")).expect("a count").1;
    let instructions: u64 = collected.trim().parse().unwrap();
    assert!(instructions > TIMES * 1000, "{name}: {instructions} instructions are none");
    instructions / TIMES
}

fn said(program: &str) -> String {
    let output = Command::new(program).arg("--version").output().expect(program);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Kinds of instructions that decide which way cryptography goes, of those that valgrind knows.
fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = |flag: &&str| told.split_whitespace().any(|word| word == *flag);
    let flags: Vec<&str> =
        ["aes", "pclmulqdq", "avx", "avx2", "bmi2", "adx"].into_iter().filter(has).collect();
    format!("{} {}", std::env::consts::ARCH, flags.join(" "))
}

#[test]
fn no_part_takes_a_tenth_more_instructions() {
    let built = option_env!("CARGO_INCREMENTAL")
        .map_or("as it comes".to_owned(), |it| format!("CARGO_INCREMENTAL={it}"));
    let by = [
        ("build", built),
        ("compiler", said("rustc")),
        ("counter", said("valgrind")),
        ("processor", processor()),
    ];
    // An incremental build is cut into more pieces, which are optimised apart.
    let by: BTreeMap<String, String> = by.map(|(what, which)| (what.to_owned(), which)).into();
    let parts = PARTS.map(|(name, _)| (name.to_owned(), count(name))).into();
    let (counts, file) =
        (Counts { by, parts }, PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.json"));
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(&file, serde_json::to_string_pretty(&counts).unwrap() + "\n").unwrap();
        return;
    }
    let kept: Counts = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let alike = kept.by == counts.by;
    let named: Vec<_> = counts.parts.keys().collect();
    assert_eq!(named, kept.parts.keys().collect::<Vec<_>>(), "the parts that are counted");
    let more = |name: &&String| {
        let (now, before) = (counts.parts[*name], kept.parts[*name]);
        if alike { now * 10 > before * 11 } else { now > before * 2 }
    };
    let worse: Vec<_> = named.into_iter().filter(more).collect();
    assert!(
        worse.is_empty(),
        "these parts take more than they did: {worse:?}\n{counts:#?}\nbefore: {kept:#?}"
    );
    eprintln!("{counts:#?}{}", if alike { "" } else { "\ncounted by others than the figures kept" });
}
