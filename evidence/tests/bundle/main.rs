//! Evidence bundles: what they prove to someone who trusts a few public keys, and what they do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod auditor;
mod parts;

use auditor::{
    Auditor, DOCUMENT, ID, SIGNED, answer, content, destruction, grant, granted, id, receipt, record, salt,
    says, shown,
};
use evidence::bundle::Shown;
use evidence::leaf::{Answer, Content};
use evidence::report::Verdict;
use evidence::statement::StatedRequest;
use evidence::{Commitment, Cosigner, Digest, Event, Kind, Quorum, Statement, Trust, verify_bundle};

#[test]
fn a_whole_bundle_proves_every_step_offline() {
    let auditor = Auditor::new();
    let report = auditor.verify(&auditor.whole());
    assert!(report.verified(), "{report}");
    for words in [
        "entry 0 of the log negiz.example/node-1, a grant of 2026-11-22T10:15:00.000Z, is in the log of 2 entries",
        "entry 1, the answer, is the outcome of the grant in entry 0",
        "negiz.example certified that request 01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a was answered",
        "the content shown of entry 0, the grant, is what was recorded",
        "entry 0 names the signer 900101300017, of the agency 940740000003",
        "entry 0 names the criminal case 257500031000123",
        "entry 0 gives the reason: the case is open",
        "entry 0 relied on case: {\"status\":\"open\"}",
        "the signed request (application/cms) of 20 bytes is the one recorded",
        "900101300017 signed the request document sha-256:",
        "1 documents were relied on as of 2026-11-22T10:15:00.000Z",
        "the log was as shown before noon",
    ] {
        says(&report, Verdict::Proven, words);
    }
    says(&report, Verdict::NotProven, "no witness was asked for");
    says(&report, Verdict::NotProven, "that what registries told the gateway was true");
}

#[test]
fn without_a_signature_check_the_signature_is_not_proven() {
    let auditor = Auditor::new();
    let report = verify_bundle(&auditor.whole(), &Trust { signatures: None, ..auditor.trust() });
    assert!(report.verified());
    says(&report, Verdict::NotProven, "the signature on the request: nothing here can verify one");
    says(&report, Verdict::NotProven, "the time-stamp on the checkpoint");
}

#[test]
fn what_is_withheld_is_missing_and_what_is_changed_is_wrong() {
    let auditor = Auditor::new();
    let mut bundle = auditor.whole();
    bundle.entries[0].shown = Shown::Nothing;
    says(&auditor.verify(&bundle), Verdict::Missing, "what entry 0, the grant, contains");
    let mut changed = granted();
    changed.reasons.clear();
    bundle.entries[0].shown = content(&changed);
    let report = auditor.verify(&bundle);
    assert!(!report.verified());
    says(&report, Verdict::Wrong, "the content shown of entry 0 is not what was recorded");
}

#[test]
fn a_document_not_shown_is_missing() {
    let auditor = Auditor::new();
    let statement = granted();
    let bundle = shown(&[grant(&statement.to_bytes().unwrap())], vec![content(&statement)]);
    let report = auditor.verify(&bundle);
    says(&report, Verdict::Missing, "the signed request (application/cms) with the digest");
    says(&report, Verdict::Missing, "what became of the grant in entry 0");
    says(&report, Verdict::NotProven, "a receipt: none is in the bundle");
}

#[test]
fn content_that_contradicts_its_leaf_is_wrong() {
    let auditor = Auditor::new();
    type Change = fn(&mut Statement);
    let cases: [(&str, Change); 5] = [
        ("the signer", |s| s.signer.as_mut().unwrap().iin = "900101300018".to_owned()),
        ("the case", |s| s.case = None),
        ("the request", |s| s.request.as_mut().unwrap().digest = Digest::of(b"another")),
        ("the set of policies", |s| s.policy = Some(Digest::of(b"another"))),
        ("the code", |s| s.code = Some("case-not-open".parse().unwrap())),
    ];
    for (part, change) in cases {
        let mut statement = granted();
        change(&mut statement);
        let bundle = shown(&[grant(&statement.to_bytes().unwrap())], vec![content(&statement)]);
        let words = format!("the content of entry 0 and its leaf tell different things of {part}");
        says(&auditor.verify(&bundle), Verdict::Wrong, &words);
    }
}

#[test]
fn an_answer_can_show_its_digest() {
    let auditor = Auditor::new();
    let shown_answer = |digest| {
        let request = Some(StatedRequest { id: ID.to_owned(), digest: Digest::of(DOCUMENT) });
        let statement = Statement { request, answer: Some(digest), ..Statement::of(Kind::Answer) };
        let Event::Answer(logged) = answer() else { panic!("an answer") };
        let commitment = Statement::commitment(&salt(), &statement.to_bytes().unwrap());
        let event = Event::Answer(Answer { content: Some(Content { commitment, sealed: None }), ..logged });
        let grant = grant(&granted().to_bytes().unwrap());
        auditor.verify(&shown(&[grant, event], vec![Shown::Nothing, content(&statement)]))
    };
    let report = shown_answer(evidence::canonical_digest(&record()).unwrap());
    says(&report, Verdict::Proven, "the content shown of entry 1, the answer, is what was recorded");
    says(&report, Verdict::Missing, "the receipt is not in the bundle");
    says(&shown_answer(Digest::of(b"another")), Verdict::Wrong, "tell different things of the answer");
}

#[test]
fn a_signature_over_another_document_is_wrong() {
    let auditor = Auditor::new();
    let other = [SIGNED, b"another document".as_slice()].concat();
    let mut statement = granted();
    statement.items[0].digest = Digest::of(&other);
    let mut bundle = shown(&[grant(&statement.to_bytes().unwrap())], vec![content(&statement)]);
    bundle.put_item(other).unwrap();
    says(&auditor.verify(&bundle), Verdict::Wrong, "is not the one recorded");
    statement.items[0].digest = Digest::of(b"unsigned");
    let mut bundle = shown(&[grant(&statement.to_bytes().unwrap())], vec![content(&statement)]);
    bundle.put_item(b"unsigned".to_vec()).unwrap();
    says(
        &auditor.verify(&bundle),
        Verdict::Wrong,
        "the signature on the request does not verify: no signature",
    );
}

#[test]
fn destroyed_content_leaves_the_rest_verifiable_and_says_why() {
    let auditor = Auditor::new();
    let (statement, destroyed) = destruction();
    let events = [grant(&granted().to_bytes().unwrap()), answer(), destroyed];
    let bundle = shown(&events, vec![Shown::DestroyedBy(2), Shown::Nothing, content(&statement)]);
    let report = auditor.verify(&bundle);
    assert!(report.verified(), "{report}");
    says(
        &report,
        Verdict::Proven,
        "the content of entry 0 was destroyed: entry 2 of 2026-11-22T10:15:00.002Z says so",
    );
    says(&report, Verdict::Proven, "the case file was destroyed (SLS 16-3(3))");
}

#[test]
fn a_destruction_that_no_entry_tells_is_wrong() {
    let auditor = Auditor::new();
    let (statement, destroyed) = destruction();
    let events = [grant(&granted().to_bytes().unwrap()), answer(), destroyed];
    for bundle in [
        shown(&events, vec![Shown::DestroyedBy(2), Shown::Nothing, Shown::Nothing]),
        shown(&events, vec![Shown::DestroyedBy(1), Shown::Nothing, content(&statement)]),
        shown(&events, vec![Shown::DestroyedBy(9), Shown::Nothing, content(&statement)]),
        shown(&events, vec![content(&granted()), Shown::DestroyedBy(2), content(&statement)]),
    ] {
        says(&auditor.verify(&bundle), Verdict::Wrong, "is said to be destroyed, but no entry shown says so");
    }
}

#[test]
fn an_answer_shown_with_another_grant_is_wrong() {
    let auditor = Auditor::new();
    let other = Event::Answer(Answer {
        grant: 0,
        request: id().request(&Digest::of(b"another")),
        answer: Commitment::from_bytes([0; 32]),
        content: None,
    });
    let events = [grant(&granted().to_bytes().unwrap()), other];
    let bundle = shown(&events, vec![Shown::Nothing, Shown::Nothing]);
    says(
        &auditor.verify(&bundle),
        Verdict::Wrong,
        "entry 1 says it is the outcome of entry 0, which is not its grant",
    );
}

#[test]
fn a_receipt_of_another_request_or_log_is_wrong() {
    let auditor = Auditor::new();
    let mut bundle = auditor.whole();
    bundle.entries.pop();
    says(&auditor.verify(&bundle), Verdict::Wrong, "the receipt is for entry 1, which is not shown here");
    let stranger = Auditor::new();
    says(&stranger.verify(&auditor.whole()), Verdict::Wrong, "the receipt does not verify: the key");
    let deaf = Auditor { logs: Vec::new(), ..Auditor::new() };
    let report = deaf.verify(&auditor.whole());
    says(&report, Verdict::Wrong, "no entry of a log is shown");
    says(&report, Verdict::Wrong, "no key is known for the log negiz.example/node-1");
}

#[test]
fn a_bundle_without_the_witnesses_asked_for_proves_nothing() {
    let witness = Cosigner::from_seed("witness.example/w", &[5; 32]).unwrap();
    let quorum = Quorum::new(1, vec![witness.verifier().clone()]).unwrap();
    let auditor = Auditor { quorum, ..Auditor::new() };
    let report = auditor.verify(&auditor.whole());
    says(&report, Verdict::Wrong, "0 of the known witnesses cosigned, 1 are needed");
}

#[test]
fn a_later_head_needs_a_consistency_proof_to_the_receipt() {
    let auditor = Auditor::new();
    let statement = granted();
    let events = [grant(&statement.to_bytes().unwrap()), answer()];
    let early = shown(&events, vec![Shown::Nothing, Shown::Nothing]);
    let (_, later) = destruction();
    let mut bundle =
        shown(&[events[0].clone(), events[1].clone(), later], vec![Shown::Nothing, Shown::Nothing]);
    bundle.receipt = Some(receipt(&auditor.signer, &early));
    says(&auditor.verify(&bundle), Verdict::Missing, "there is no consistency proof");
    // Of three leaves, the tree of the first two is the left child of the root: the proof is the third leaf.
    let right = bundle.entries[0].proof.hashes[1];
    bundle.consistency = Some(vec![right]);
    says(&auditor.verify(&bundle), Verdict::Proven, "which grew from 2 to 3 entries");
    bundle.consistency = Some(vec![evidence::NodeHash::EMPTY]);
    says(&auditor.verify(&bundle), Verdict::Wrong, "it is not so that the log that the receipt shows");
}
