//! Receipts: what they prove, and every way in which one does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evidence::leaf::{Answer, Failure, Refusal};
use evidence::receipt_check::NotVerified;
use evidence::{
    Algorithm, Digest, Event, JwkSet, Leaf, LogSigner, Logged, Outcome, Quorum, Receipt, ReceiptSigner,
    RequestId, Tree, UnixMillis, VerifiedReceipt, verify_receipt,
};
use serde_json::{Value, json};

const ID: &str = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a";
const TIME: u64 = 1_795_342_500_123;

/// A gateway whose receipt key the forger holds too.
struct Gateway {
    log: LogSigner,
    signer: ReceiptSigner,
    stolen: EcdsaKeyPair,
}

fn gateway() -> Gateway {
    let log = LogSigner::from_seed("negiz.example/node-1", &[3; 32]).unwrap();
    let (signer, pkcs8) = ReceiptSigner::generate(Algorithm::Es256).unwrap();
    let stolen = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).unwrap();
    Gateway { log, signer, stolen }
}

fn id() -> RequestId<'static> {
    RequestId::parse(ID).unwrap()
}

fn request() -> Digest {
    Digest::of(b"the signed document")
}

fn answered() -> (Event, Outcome) {
    let answer = evidence::canonical_digest(&json!({"wanted": false})).unwrap();
    let event = Event::Answer(Answer {
        grant: 1,
        request: id().request(&request()),
        answer: id().answer(&answer),
        content: None,
    });
    (event, Outcome::Answered(answer))
}

impl Gateway {
    /// Logs `event` as the second of three leaves.
    fn logged(&self, event: Event) -> Logged {
        let leaf = Leaf { time: UnixMillis::new(TIME), event }.to_bytes();
        let hash = evidence::NodeHash::of_leaf(&leaf);
        let appended = Tree::new().append(&[evidence::NodeHash::of_leaf(b"0"), hash, hash]).unwrap();
        let checkpoint = self.log.sign(&appended.head()).unwrap().to_string();
        let origin = self.log.origin().to_owned();
        Logged { origin, index: 1, leaf, proof: appended.proof(1).unwrap(), checkpoint }
    }

    fn sign(&self, logged: &Logged, outcome: &Outcome) -> String {
        let issued = TIME / 1000;
        let receipt =
            Receipt { issuer: "negiz.example", issued, id: id(), request: request(), outcome, logged };
        self.signer.sign(&receipt).unwrap()
    }

    fn verify(&self, jws: &str) -> Result<VerifiedReceipt, NotVerified> {
        verify_receipt(jws, &self.signer.jwk_set(&[]), &[self.log.verifier().clone()], &Quorum::none())
    }

    fn receipt(&self) -> String {
        let (event, outcome) = answered();
        self.sign(&self.logged(event), &outcome)
    }

    /// The receipt with one claim changed, signed with the real key.
    fn with_claim(&self, pointer: &str, value: Value) -> Result<VerifiedReceipt, NotVerified> {
        let mut claims = payload(&self.receipt());
        *claims.pointer_mut(pointer).unwrap() = value;
        self.verify(&self.forged(&self.header(), &serde_json::to_vec(&claims).unwrap()))
    }

    fn with_header(&self, name: &str, value: Value) -> Result<VerifiedReceipt, NotVerified> {
        let mut header = self.header();
        header[name] = value;
        self.verify(&self.forged(&header, &serde_json::to_vec(&payload(&self.receipt())).unwrap()))
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "kid": self.signer.public().kid(), "typ": "receipt+jwt"})
    }

    fn forged(&self, header: &Value, payload: &[u8]) -> String {
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header).unwrap());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let signature = self.stolen.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn payload(jws: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn why(result: Result<VerifiedReceipt, NotVerified>) -> NotVerified {
    result.unwrap_err()
}

#[test]
fn an_answer_is_proven_from_the_bytes_and_public_keys_alone() {
    let gateway = gateway();
    let receipt = gateway.verify(&gateway.receipt()).unwrap();
    assert_eq!((receipt.issuer(), receipt.issued(), receipt.id()), ("negiz.example", TIME / 1000, ID));
    assert_eq!((receipt.request(), receipt.outcome()), (&request(), &answered().1));
    assert_eq!((receipt.index(), receipt.head().head().size), (1, 3));
    assert_eq!(receipt.leaf().time.get(), TIME);
}

#[test]
fn the_claims_are_those_of_the_contract() {
    let gateway = gateway();
    let claims = payload(&gateway.receipt());
    let names = |value: &Value| {
        let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(names(&claims), "answer iat iss jti log outcome request");
    assert_eq!(names(&claims["log"]), "checkpoint index leaf origin proof");
    assert_eq!(claims["outcome"], "answered");
    assert_eq!(claims["request"], request().to_string());
}

#[test]
fn refusals_failures_and_interruptions_are_proven_too() {
    let gateway = gateway();
    let (request, code) = (id().request(&request()), "case-not-open".parse::<evidence::Code>().unwrap());
    let refusal =
        Refusal { request, code: code.clone(), signer: None, case: None, policy: None, content: None };
    let failure = Failure { grant: 0, request, code: code.clone(), content: None };
    for (event, outcome) in [
        (Event::Refusal(refusal), Outcome::Refused(code.clone())),
        (Event::Failure(failure.clone()), Outcome::Failed(code.clone())),
        (Event::Interrupted(failure), Outcome::Failed(code)),
    ] {
        let jws = gateway.sign(&gateway.logged(event), &outcome);
        assert_eq!(*gateway.verify(&jws).unwrap().outcome(), outcome);
        assert!(payload(&jws).get("answer").is_none());
    }
}

#[test]
fn ed25519_signs_receipts_as_well() {
    let (signer, pkcs8) = ReceiptSigner::generate(Algorithm::EdDsa).unwrap();
    let gateway = Gateway { signer, ..gateway() };
    assert!(gateway.verify(&gateway.receipt()).is_ok());
    let restored = ReceiptSigner::from_pkcs8(&pkcs8).unwrap();
    assert_eq!(restored.public(), gateway.signer.public());
    assert_eq!(gateway.signer.public().algorithm().name(), "EdDSA");
}

#[test]
fn a_receipt_key_alone_makes_no_receipts() {
    let gateway = gateway();
    let other = json!(Digest::of(b"another").to_string());
    assert_eq!(why(gateway.with_claim("/request", other.clone())), NotVerified::Request);
    assert_eq!(
        why(gateway.with_claim("/jti", json!("01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7b"))),
        NotVerified::Request
    );
    assert_eq!(why(gateway.with_claim("/answer", other)), NotVerified::Answer);
    assert!(matches!(why(gateway.with_claim("/log/index", json!(0))), NotVerified::Inclusion(_)));
    assert!(matches!(why(gateway.with_claim("/log/index", json!(3))), NotVerified::Inclusion(_)));
    assert!(matches!(why(gateway.with_claim("/log/proof", json!([]))), NotVerified::Inclusion(_)));
    assert!(matches!(why(gateway.with_claim("/log/proof", json!(["AA"]))), NotVerified::Claims(_)));
    assert!(matches!(why(gateway.with_claim("/log/leaf", json!("AAAA"))), NotVerified::Leaf(_)));
    assert!(matches!(why(gateway.with_claim("/log/origin", json!("x"))), NotVerified::Origin { .. }));
    assert!(matches!(why(gateway.with_claim("/iat", json!(TIME / 1000 - 1))), NotVerified::Time { .. }));
    let impostor = LogSigner::from_seed("negiz.example/node-1", &[4; 32]).unwrap();
    let head = Tree::new().append(&[evidence::NodeHash::of_leaf(b"0")]).unwrap().head();
    let forged = json!(impostor.sign(&head).unwrap().to_string());
    assert!(matches!(why(gateway.with_claim("/log/checkpoint", forged)), NotVerified::Checkpoint(_)));
}

#[test]
fn the_leaf_says_the_outcome() {
    let gateway = gateway();
    let code = "case-not-open".parse::<evidence::Code>().unwrap();
    let logged = gateway.logged(answered().0);
    let refused = gateway.sign(&logged, &Outcome::Refused(code.clone()));
    assert!(matches!(why(gateway.verify(&refused)), NotVerified::Outcome { claimed: "refused", .. }));
    let failure = Failure { grant: 0, request: id().request(&request()), code, content: None };
    let other = Outcome::Failed("registry-timeout".parse().unwrap());
    let failed = gateway.sign(&gateway.logged(Event::Failure(failure)), &other);
    assert!(matches!(why(gateway.verify(&failed)), NotVerified::Code { .. }));
    assert!(matches!(why(gateway.with_claim("/outcome", json!("failed"))), NotVerified::Claims(_)));
}

#[test]
fn the_key_and_not_the_header_chooses_the_algorithm() {
    let gateway = gateway();
    for alg in ["none", "HS256", "EdDSA", "ES384", "es256"] {
        assert!(
            matches!(why(gateway.with_header("alg", json!(alg))), NotVerified::Algorithm { .. }),
            "{alg}"
        );
    }
    assert!(matches!(why(gateway.with_header("kid", json!("other"))), NotVerified::UnknownKey(_)));
    assert!(matches!(why(gateway.with_header("typ", json!("JWT"))), NotVerified::Type(_)));
    for member in ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"] {
        assert_eq!(why(gateway.with_header(member, json!(["exp"]))), NotVerified::Header, "{member}");
    }
    let plain = forged_unsigned(&gateway.receipt());
    assert!(matches!(why(gateway.verify(&plain)), NotVerified::Signature(_)));
}

fn forged_unsigned(jws: &str) -> String {
    format!("{}.", jws.rsplit_once('.').unwrap().0)
}

#[test]
fn a_claim_told_twice_is_refused() {
    let gateway = gateway();
    let claims = serde_json::to_string(&payload(&gateway.receipt())).unwrap();
    let twice = claims.replacen('{', r#"{"outcome":"refused","#, 1);
    let jws = gateway.forged(&gateway.header(), twice.as_bytes());
    assert!(matches!(why(gateway.verify(&jws)), NotVerified::Claims(_)));
}

#[test]
fn every_single_character_counts() {
    let gateway = gateway();
    let jws = gateway.receipt();
    for at in (0..jws.len()).step_by(7).chain([jws.len() - 1]) {
        let mut bytes = jws.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(gateway.verify(std::str::from_utf8(&bytes).unwrap()).is_err(), "character {at}");
    }
}

#[test]
fn earlier_keys_stay_verifiable() {
    let (old, new) = (gateway(), gateway());
    let published = new.signer.jwk_set(&[old.signer.public().clone()]).to_json().to_string();
    let set = JwkSet::parse(&published).unwrap();
    assert_eq!(set.keys().len(), 2);
    for gateway in [&old, &new] {
        let logs = [gateway.log.verifier().clone()];
        assert!(verify_receipt(&gateway.receipt(), &set, &logs, &Quorum::none()).is_ok());
    }
}

#[test]
fn a_receipt_without_the_witnesses_asked_for_is_not_enough() {
    let gateway = gateway();
    let witness = evidence::Cosigner::from_seed("witness.example/w", &[5; 32]).unwrap();
    let quorum = Quorum::new(1, vec![witness.verifier().clone()]).unwrap();
    let keys = gateway.signer.jwk_set(&[]);
    let refused = verify_receipt(&gateway.receipt(), &keys, &[gateway.log.verifier().clone()], &quorum);
    assert!(matches!(why(refused), NotVerified::Witnesses(_)));
}

#[test]
fn no_private_key_is_printed() {
    let gateway = gateway();
    let kid = gateway.signer.public().kid();
    assert_eq!(format!("{:?}", gateway.signer), format!("ReceiptSigner(ReceiptKey(ES256 {kid}))"));
}

#[test]
fn a_record_is_recognised_by_its_receipt() {
    let gateway = gateway();
    let receipt = gateway.verify(&gateway.receipt()).unwrap();
    assert!(receipt.answers(&json!({"wanted": false})));
    assert!(!receipt.answers(&json!({"wanted": true})));
}
