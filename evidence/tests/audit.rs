//! The audit of stored rows: whatever is changed by hand in the database is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::audit::{Audit, Audited, Finding, GrantMismatch, MAX_FINDINGS, Row};
use evidence::leaf::{Answer, Content, Failure, Grant};
use evidence::{
    Checkpoint, Commitment, Digest, Event, Head, Leaf, LogSigner, NodeHash, Tree, UnixMillis, VerifierKey,
};

#[derive(Clone)]
struct Stored {
    index: u64,
    leaf: Vec<u8>,
    nodes: Vec<NodeHash>,
    sealed: Option<Digest>,
}

struct Database {
    rows: Vec<Stored>,
    checkpoints: Vec<String>,
}

fn signer() -> LogSigner {
    LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap()
}

fn keys() -> Vec<VerifierKey> {
    vec![signer().verifier().clone()]
}

fn request(number: u64) -> Commitment {
    Commitment::from_bytes(*Digest::of(&number.to_be_bytes()).as_bytes())
}

fn grant(number: u64) -> Event {
    let commitment = Commitment::from_bytes([1; 32]);
    let content = Content { commitment, sealed: Some(Digest::of(b"ciphertext")) };
    let policy = Digest::of(b"policy");
    Event::Grant(Grant { request: request(number), signer: commitment, case: None, policy, content })
}

fn answer(number: u64, grant: u64) -> Event {
    let answer = Commitment::from_bytes([2; 32]);
    Event::Answer(Answer { grant, request: request(number), answer, content: None })
}

impl Database {
    /// Stores events, one a second, with a checkpoint after each.
    fn of(events: &[Event]) -> Self {
        let mut tree = Tree::new();
        let mut database = Self { rows: Vec::new(), checkpoints: Vec::new() };
        for (index, event) in (0_u64..).zip(events) {
            let leaf = Leaf { time: UnixMillis::new(1000 * index), event: event.clone() };
            let appended = tree.append(&[leaf.hash()]).unwrap();
            let nodes = appended.nodes().iter().map(|(_, node)| *node).collect();
            let sealed = event.content().and_then(|content| content.sealed);
            database.rows.push(Stored { index, leaf: leaf.to_bytes(), nodes, sealed });
            database.checkpoints.push(signer().sign(&appended.head()).unwrap().to_string());
            tree = appended.tree();
        }
        database
    }

    /// Requests 0 and 1 granted and answered, request 2 granted and still open.
    fn sound() -> Self {
        Self::of(&[grant(0), grant(1), answer(1, 1), answer(0, 0), grant(2)])
    }

    fn audit(&self) -> Audited {
        let checkpoints: Vec<_> =
            self.checkpoints.iter().map(|text| Checkpoint::parse(text).unwrap()).collect();
        let mut audit = Audit::new(&checkpoints, &keys());
        for row in &self.rows {
            audit.entry(Row { index: row.index, leaf: &row.leaf, nodes: &row.nodes, sealed: row.sealed });
        }
        audit.finish()
    }

    fn findings(&self) -> Vec<Finding> {
        self.audit().findings
    }
}

fn has(findings: &[Finding], wanted: impl Fn(&Finding) -> bool) -> bool {
    findings.iter().any(wanted)
}

#[test]
fn a_sound_log_has_nothing_to_say_but_what_is_open() {
    let database = Database::sound();
    let audited = database.audit();
    assert_eq!((audited.findings.as_slice(), audited.more), ([].as_slice(), 0));
    assert_eq!((audited.open.as_slice(), audited.checkpoints, audited.head.size), ([4].as_slice(), 5, 5));
    assert!(audited.without_content.is_empty());
}

#[test]
fn a_changed_entry_is_named() {
    let mut database = Database::sound();
    *database.rows[2].leaf.last_mut().unwrap() ^= 1;
    let findings = database.findings();
    assert!(matches!(findings[0], Finding::Node { index: 2, missing: false, .. }), "{findings:?}");
    assert!(has(&findings, |f| matches!(f, Finding::Root { size: 3, .. })));
}

#[test]
fn an_entry_changed_together_with_all_its_nodes_is_told_by_the_checkpoints() {
    let mut events = vec![grant(0), grant(1), answer(1, 1), answer(0, 0), grant(2)];
    let signed = Database::of(&events).checkpoints;
    events[0] = grant(9);
    events[3] = answer(9, 0);
    let forged = Database { checkpoints: signed, ..Database::of(&events) };
    let findings = forged.findings();
    assert_eq!(findings.len(), 5);
    assert!(findings.iter().all(|f| matches!(f, Finding::Root { .. })), "{findings:?}");
}

#[test]
fn rows_rolled_back_are_told_by_a_checkpoint_kept_elsewhere() {
    let mut database = Database::sound();
    let kept = database.checkpoints.pop().unwrap();
    database.rows.pop();
    assert!(database.findings().is_empty(), "a roll-back alone leaves a sound log");
    database.checkpoints.push(kept);
    assert_eq!(database.findings(), [Finding::Shorter { size: 5, entries: 4 }]);
}

#[test]
fn removed_repeated_and_swapped_rows_are_named() {
    let mut removed = Database::sound();
    removed.rows.remove(1);
    assert_eq!(removed.findings()[0], Finding::Index { expected: 1, found: 2 });
    assert!(
        !has(&removed.findings(), |f| matches!(f, Finding::Grant { .. })),
        "what is gone cannot be judged"
    );
    let mut repeated = Database::sound();
    let row = repeated.rows[1].clone();
    repeated.rows.insert(1, row);
    assert_eq!(repeated.findings()[0], Finding::Index { expected: 2, found: 1 });
    let mut swapped = Database::sound();
    let (first, second) = (swapped.rows[0].leaf.clone(), swapped.rows[1].leaf.clone());
    (swapped.rows[0].leaf, swapped.rows[1].leaf) = (second, first);
    assert!(has(&swapped.findings(), |f| matches!(f, Finding::Node { index: 0, .. })));
    assert!(has(&swapped.findings(), |f| matches!(f, Finding::Time { index: 1, .. })));
}

#[test]
fn missing_changed_and_surplus_nodes_are_named() {
    let mut missing = Database::sound();
    missing.rows[3].nodes.pop();
    assert_eq!(missing.findings(), [Finding::Node { index: 3, stored: 6, missing: true }]);
    let mut changed = Database::sound();
    changed.rows[3].nodes[1] = NodeHash::EMPTY;
    assert_eq!(changed.findings(), [Finding::Node { index: 3, stored: 5, missing: false }]);
    let mut surplus = Database::sound();
    surplus.rows[2].nodes.push(NodeHash::EMPTY);
    assert_eq!(surplus.findings(), [Finding::Surplus { index: 2 }]);
}

#[test]
fn bytes_that_are_no_leaf_are_named() {
    let mut database = Database::sound();
    database.rows[4].leaf.truncate(5);
    assert!(has(&database.findings(), |f| matches!(f, Finding::Leaf { index: 4, .. })));
}

#[test]
fn an_outcome_belongs_to_one_earlier_grant_of_its_request() {
    let wrong = |events: &[Event]| Database::of(events).findings();
    let finding = |index, grant, why| vec![Finding::Grant { index, grant, why }];
    let twice = wrong(&[grant(0), answer(0, 0), answer(0, 0)]);
    assert_eq!(twice, finding(2, 0, GrantMismatch::Settled));
    assert_eq!(wrong(&[answer(0, 0)]), finding(0, 0, GrantMismatch::NoEntry));
    assert_eq!(wrong(&[grant(0), answer(0, 7)]), finding(1, 7, GrantMismatch::NoEntry));
    let of_an_answer = wrong(&[grant(0), answer(0, 0), answer(0, 1)]);
    assert_eq!(of_an_answer, finding(2, 1, GrantMismatch::NotGrant));
    let code = "registry-failed".parse().unwrap();
    let failure = Event::Failure(Failure { grant: 0, request: request(1), code, content: None });
    assert_eq!(wrong(&[grant(0), failure]), finding(1, 0, GrantMismatch::OtherRequest));
}

#[test]
fn stored_content_is_what_was_logged_or_is_gone() {
    let mut database = Database::sound();
    database.rows[0].sealed = None;
    let audited = database.audit();
    assert_eq!((audited.findings.len(), audited.without_content.as_slice()), (0, [0].as_slice()));
    database.rows[1].sealed = Some(Digest::of(b"another"));
    assert_eq!(database.findings(), [Finding::Sealed { index: 1 }]);
    database.rows[1].sealed = Some(Digest::of(b"ciphertext"));
    database.rows[2].sealed = Some(Digest::of(b"never logged"));
    assert_eq!(database.findings(), [Finding::Sealed { index: 2 }]);
}

#[test]
fn a_checkpoint_by_another_key_is_named() {
    let mut database = Database::sound();
    let impostor = LogSigner::from_seed("negiz.example/node-1", &[2; 32]).unwrap();
    database.checkpoints[0] = impostor.sign(&Head::EMPTY).unwrap().to_string();
    assert!(matches!(database.findings()[..], [Finding::Checkpoint { size: 0, .. }]));
}

#[test]
fn what_is_found_does_not_grow_without_bound() {
    let events: Vec<_> = (0..3 * u64::try_from(MAX_FINDINGS).unwrap()).map(|n| answer(n, n)).collect();
    let audited = Database::of(&events).audit();
    assert_eq!((audited.findings.len(), audited.more), (MAX_FINDINGS, 2 * 1000));
}

#[test]
fn each_finding_is_a_sentence_without_personal_data() {
    let finding = Finding::Grant { index: 7, grant: 3, why: GrantMismatch::Settled };
    assert_eq!(finding.to_string(), "entry 7 is the outcome of entry 3, which had its outcome already");
}
