//! A bundle as a gateway makes it, and somebody to check it.

use evidence::bundle::{BundleEntry, BundleStamp, Shown};
use evidence::leaf::{Act, ActKind, Answer, Content, Grant};
use evidence::report::Verdict;
use evidence::statement::{Destroyed, Item, Role, StatedCase, StatedRequest, StatedSigner};
use evidence::{
    Algorithm, Bundle, Commitment, Digest, Event, JwkSet, Kind, Leaf, LogSigner, Logged, Outcome, Quorum,
    Receipt, ReceiptSigner, Report, RequestId, Salt, Signatory, SignatureCheck, SignedRequest, StampedBytes,
    Statement, Subject, TlogProof, Tree, Trust, UnixMillis, VerifierKey, verify_bundle,
};
use serde_json::json;

pub(crate) const ID: &str = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a";
pub(crate) const IIN: &str = "900101300017";
pub(crate) const DOCUMENT: &[u8] = br#"{"version":1}"#;
pub(crate) const SIGNED: &[u8] = b"signed:";

/// Takes whatever follows `signed:` for a document signed by [`IIN`].
pub(crate) struct Signatures;

impl SignatureCheck for Signatures {
    fn signed_request(&self, request: &SignedRequest<'_>) -> Result<Signatory, String> {
        let content = request.bytes.strip_prefix(SIGNED).ok_or("no signature")?.to_vec();
        let words =
            vec![format!("{} documents were relied on as of {}", request.relied_on.len(), request.at)];
        Ok(Signatory { content, iin: IIN.to_owned(), words })
    }

    fn time_stamp(&self, stamp: &StampedBytes<'_>) -> Result<String, String> {
        let authority = stamp.relied_on.iter().any(|(_, bytes)| *bytes == authority());
        if authority && stamp.token == Digest::of(stamp.stamped).as_bytes() {
            Ok("noon".to_owned())
        } else {
            Err("another imprint".to_owned())
        }
    }
}

pub(crate) fn log() -> LogSigner {
    LogSigner::from_seed("negiz.example/node-1", &[1; 32]).unwrap()
}

pub(crate) fn id() -> RequestId<'static> {
    RequestId::parse(ID).unwrap()
}

pub(crate) fn salt() -> Salt {
    Salt::from_bytes([5; 32])
}

pub(crate) fn certificate() -> &'static [u8] {
    b"a certificate"
}

/// The certificate of who made the time-stamp.
pub(crate) fn authority() -> &'static [u8] {
    b"the certificate of an authority"
}

pub(crate) fn item(role: Role, bytes: &[u8]) -> Item {
    let media_type = role.media_type().unwrap_or("application/cms").to_owned();
    Item { role, media_type, digest: Digest::of(bytes) }
}

pub(crate) fn signed() -> Vec<u8> {
    [SIGNED, DOCUMENT].concat()
}

pub(crate) fn granted() -> Statement {
    Statement {
        request: Some(StatedRequest { id: ID.to_owned(), digest: Digest::of(DOCUMENT) }),
        signer: Some(StatedSigner { iin: IIN.to_owned(), bin: "940740000003".to_owned() }),
        case: Some(StatedCase { kind: "criminal".to_owned(), number: "257500031000123".to_owned() }),
        policy: Some(Digest::of(b"policies")),
        reasons: vec!["the case is open and in the signer's production (SLS 16-2(3)¶2)".to_owned()],
        facts: [("case".to_owned(), json!({"status": "open"}))].into(),
        items: vec![item(Role::SignedRequest, &signed()), item(Role::Certificate, certificate())],
        ..Statement::of(Kind::Grant)
    }
}

pub(crate) fn grant(statement: &[u8]) -> Event {
    Event::Grant(Grant {
        request: id().request(&Digest::of(DOCUMENT)),
        signer: Commitment::new(&salt(), Subject::Signer, IIN.as_bytes()),
        case: Some(Commitment::new(&salt(), Subject::Case, b"criminal:257500031000123")),
        policy: Digest::of(b"policies"),
        content: Content { commitment: Statement::commitment(&salt(), statement), sealed: None },
    })
}

pub(crate) fn record() -> serde_json::Value {
    json!({"wanted": false})
}

pub(crate) fn answer() -> Event {
    let answer = id().answer(&evidence::canonical_digest(&record()).unwrap());
    Event::Answer(Answer { grant: 0, request: id().request(&Digest::of(DOCUMENT)), answer, content: None })
}

/// The answer with what is recorded of it.
pub(crate) fn answered() -> (Statement, Event) {
    let request = Some(StatedRequest { id: ID.to_owned(), digest: Digest::of(DOCUMENT) });
    let answer_digest = Some(evidence::canonical_digest(&record()).unwrap());
    let statement = Statement { request, answer: answer_digest, ..Statement::of(Kind::Answer) };
    let commitment = Statement::commitment(&salt(), &statement.to_bytes().unwrap());
    let Event::Answer(logged) = answer() else { panic!("an answer") };
    (statement, Event::Answer(Answer { content: Some(Content { commitment, sealed: None }), ..logged }))
}

pub(crate) fn destruction() -> (Statement, Event) {
    let code: evidence::Code = "case-destroyed".parse().unwrap();
    let destroyed =
        Destroyed { entries: vec![0], reason: "the case file was destroyed (SLS 16-3(3))".to_owned() };
    let statement = Statement {
        code: Some(code.clone()),
        destroyed: Some(destroyed),
        ..Statement::of(Kind::Destruction)
    };
    let content =
        Content { commitment: Statement::commitment(&salt(), &statement.to_bytes().unwrap()), sealed: None };
    let act = Act { kind: ActKind::Destruction, code, actor: None, case: None, policy: None, content };
    (statement, Event::Act(act))
}

/// Logs the events and shows them, with contents as given.
pub(crate) fn shown(events: &[Event], shown: Vec<Shown>) -> Bundle {
    let leaves: Vec<_> = (0_u64..)
        .zip(events)
        .map(|(n, event)| Leaf { time: UnixMillis::new(1_795_342_500_000 + n), event: event.clone() })
        .collect();
    let hashes: Vec<_> = leaves.iter().map(Leaf::hash).collect();
    let appended = Tree::new().append(&hashes).unwrap();
    let mut bundle = Bundle::new();
    for ((index, leaf), shown) in (0_u64..).zip(&leaves).zip(shown) {
        let checkpoint = log().sign(&appended.head()).unwrap();
        let hashes = appended.proof(index).unwrap();
        let proof = TlogProof { extra: Some(leaf.to_bytes()), index, hashes, checkpoint };
        bundle.entries.push(BundleEntry { proof, shown });
    }
    bundle
}

pub(crate) fn content(statement: &Statement) -> Shown {
    Shown::Statement { bytes: statement.to_bytes().unwrap(), salt: salt() }
}

/// A receipt for the last entry, as issued when the log had just these entries.
pub(crate) fn receipt(signer: &ReceiptSigner, bundle: &Bundle) -> String {
    let proof = &bundle.entries.last().unwrap().proof;
    let logged = Logged {
        origin: log().origin().to_owned(),
        index: proof.index,
        leaf: proof.extra.clone().unwrap(),
        proof: proof.hashes.clone(),
        checkpoint: proof.checkpoint.to_string(),
    };
    let outcome = Outcome::Answered(evidence::canonical_digest(&record()).unwrap());
    let request = Digest::of(DOCUMENT);
    let issued = 1_795_342_501;
    let receipt =
        Receipt { issuer: "negiz.example", issued, id: id(), request, outcome: &outcome, logged: &logged };
    signer.sign(&receipt).unwrap()
}

pub(crate) struct Auditor {
    pub(crate) signer: ReceiptSigner,
    pub(crate) keys: JwkSet,
    pub(crate) logs: Vec<VerifierKey>,
    pub(crate) quorum: Quorum,
}

impl Auditor {
    pub(crate) fn new() -> Self {
        let (signer, _) = ReceiptSigner::generate(Algorithm::Es256).unwrap();
        let keys = signer.jwk_set(&[]);
        Self { signer, keys, logs: vec![log().verifier().clone()], quorum: Quorum::none() }
    }

    pub(crate) fn verify(&self, bundle: &Bundle) -> Report {
        let bytes = bundle.to_bytes().unwrap();
        let read = Bundle::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes().unwrap(), bytes, "what was read is what was written");
        verify_bundle(&read, &self.trust())
    }

    pub(crate) fn trust(&self) -> Trust<'_> {
        Trust { keys: &self.keys, logs: &self.logs, quorum: &self.quorum, signatures: Some(&Signatures) }
    }

    pub(crate) fn whole(&self) -> Bundle {
        let (statement, (told, event)) = (granted(), answered());
        let mut bundle =
            shown(&[grant(&statement.to_bytes().unwrap()), event], vec![content(&statement), content(&told)]);
        bundle.receipt = Some(receipt(&self.signer, &bundle));
        bundle.put_item(signed()).unwrap();
        bundle.put_item(certificate().to_vec()).unwrap();
        bundle.put_item(authority().to_vec()).unwrap();
        let token = Digest::of(bundle.entries[0].proof.checkpoint.body()).as_bytes().to_vec();
        let relied_on = vec![item(Role::Certificate, authority())];
        bundle.time_stamp = Some(BundleStamp { token, relied_on });
        bundle
    }
}

pub(crate) fn says(report: &Report, verdict: Verdict, words: &str) {
    let found = report.found().iter().any(|found| found.verdict == verdict && found.words.contains(words));
    assert!(found, "no {words:?} among what is {}:\n{report}", verdict.words());
}
