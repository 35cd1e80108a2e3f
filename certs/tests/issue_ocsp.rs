//! Questions of `openssl` are answered so that `openssl` takes the answer, and the answer says what it should.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod openssl;

use certs::algorithm::{Digest, KeyKind};
use certs::issue::crl::Reason;
use certs::issue::ocsp::{CertId, Identity, Instants, Refusal, Request, Responder, State, refuse};
use certs::issue::{Authority, CertificateProfile, DistinguishedName, IssueError, SigningKey};
use openssl::{OpenSsl, now};

const DAY: i64 = 86_400;

fn profile(serial: u64, name: &str) -> CertificateProfile {
    let name = DistinguishedName::common_name(name).kazakhstan();
    CertificateProfile::bare(serial, name, now() - DAY, now() + DAY)
}

fn root(key: SigningKey) -> Authority {
    Authority::self_signed(&profile(1, "РОСТ").authority(None), key).unwrap()
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

fn instants() -> Instants {
    Instants { produced: now(), this_update: now() - 60, next_update: Some(now() + 3600) }
}

/// 200 is good, 201 revoked, everything else unknown.
fn state(certificate: &CertId) -> State {
    match certificate.serial() {
        [200] => State::Good,
        [201] => State::Revoked { since: now() - 100, reason: Some(Reason::KeyCompromise) },
        _ => State::Unknown,
    }
}

/// Root and one certificate for each state, in files.
fn country(openssl: &OpenSsl, root: &Authority) {
    openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
    for serial in [200, 201, 202] {
        let der = root.certify(&profile(serial, "x"), key().spki_der()).unwrap();
        openssl.write_pem(&format!("{serial}.pem"), "CERTIFICATE", &der);
    }
}

const ASKED: &str = "-issuer root.pem -cert 200.pem -cert 201.pem -cert 202.pem";
/// Left to itself, `openssl` would add a second nonce to the request it reads.
const JUDGE: &str = "ocsp -no_nonce -respin answer.der -CAfile root.pem -issuer root.pem -cert 200.pem -cert 201.pem -cert 202.pem";

#[test]
fn openssl_takes_direct_and_delegated_answers_of_every_kind_of_key() {
    let openssl = OpenSsl::new();
    for (root_key, responder_key) in openssl.keys().into_iter().zip(openssl.keys()) {
        let root = root(root_key);
        country(&openssl, &root);
        let delegated = root.delegate(&profile(2, "OCSP").ocsp_responder(), responder_key).unwrap();
        for (authority, attached) in [(&root, false), (&delegated, true)] {
            for identity in [Identity::Name, Identity::Key] {
                openssl.accepts(&format!("ocsp {ASKED} -reqout request.der"));
                let request = Request::parse(&openssl.read("request.der")).unwrap();
                let responder = Responder { authority, identity, attached };
                openssl.write("answer.der", &responder.respond(&request, instants(), state).unwrap());
                let text = openssl.accepts(&format!("{JUDGE} -reqin request.der"));
                assert!(text.contains("Response verify OK"), "{text}");
                assert!(!text.contains("WARNING"), "{text}");
                assert!(text.contains("200.pem: good"), "{text}");
                assert!(
                    text.contains("201.pem: revoked") && text.contains("Reason: keyCompromise"),
                    "{text}"
                );
                assert!(text.contains("202.pem: unknown"), "{text}");
            }
        }
    }
}

#[test]
fn certificates_may_be_named_by_sha_1_or_sha_256() {
    let openssl = OpenSsl::new();
    let root = root(key());
    country(&openssl, &root);
    let responder = Responder { authority: &root, identity: Identity::Key, attached: false };
    for digest in ["-sha1", "-sha256"] {
        openssl.accepts(&format!("ocsp {digest} -issuer root.pem -cert 200.pem -reqout request.der"));
        let request = Request::parse(&openssl.read("request.der")).unwrap();
        assert!(request.certificates[0].is_of(&root));
        openssl.write("answer.der", &responder.respond(&request, instants(), state).unwrap());
        let text = openssl.accepts(&format!(
            "ocsp -no_nonce -respin answer.der -reqin request.der -CAfile root.pem {digest} -issuer root.pem -cert 200.pem"
        ));
        assert!(text.contains("200.pem: good"), "{text}");
    }
}

#[test]
fn a_nonce_is_echoed() {
    let openssl = OpenSsl::new();
    let root = root(key());
    country(&openssl, &root);
    let responder = Responder { authority: &root, identity: Identity::Name, attached: false };
    openssl.accepts(&format!("ocsp {ASKED} -reqout request.der"));
    let request = Request::parse(&openssl.read("request.der")).unwrap();
    openssl.write("answer.der", &responder.respond(&request, instants(), state).unwrap());
    let nonce = |text: String| {
        let (_, after) = text.split_once("OCSP Nonce:").unwrap();
        after.split_whitespace().next().unwrap().to_owned()
    };
    let asked = nonce(openssl.accepts("ocsp -reqin request.der -req_text"));
    let answered = nonce(openssl.accepts("ocsp -respin answer.der -noverify -resp_text"));
    assert_eq!(asked, answered);
    assert!(asked.starts_with("0410"), "{asked}");
    openssl.accepts(&format!("ocsp {ASKED} -no_nonce -reqout request.der"));
    assert_eq!(Request::parse(&openssl.read("request.der")).unwrap().nonce, None);
}

#[test]
fn openssl_refuses_answers_of_somebody_who_was_not_delegated() {
    let openssl = OpenSsl::new();
    let root = root(key());
    country(&openssl, &root);
    let stranger = root.delegate(&profile(3, "x").signing(&[]), key()).unwrap();
    let responder = Responder { authority: &stranger, identity: Identity::Name, attached: true };
    let certificates = [CertId::new(&root, &[200], Digest::Sha1).unwrap()];
    openssl.write("answer.der", &responder.answer(&certificates, None, instants(), state).unwrap());
    let text = openssl.refuses("ocsp -respin answer.der -CAfile root.pem -issuer root.pem -cert 200.pem");
    assert!(text.contains("Response Verify Failure"), "{text}");
}

#[test]
fn a_question_about_another_authority_is_recognised() {
    let (ours, theirs) = (root(key()), root(key()));
    let about = CertId::new(&theirs, &[0, 7], Digest::Sha256).unwrap();
    assert!(about.is_of(&theirs));
    // The same name, another key.
    assert!(!about.is_of(&ours));
    assert_eq!(about.serial(), [7]);
}

#[test]
fn a_refusal_says_why() {
    let openssl = OpenSsl::new();
    for (refusal, text) in
        [(Refusal::MalformedRequest, "malformedrequest (1)"), (Refusal::Unauthorized, "unauthorized (6)")]
    {
        openssl.write("answer.der", &refuse(refusal));
        let said = openssl.refuses("ocsp -respin answer.der");
        assert!(said.contains(text), "{said}");
    }
}

#[test]
fn refuses_questions_that_cannot_be_read() {
    let openssl = OpenSsl::new();
    country(&openssl, &root(key()));
    openssl.accepts(&format!("ocsp {ASKED} -reqout request.der"));
    let request = openssl.read("request.der");
    let refused = Err(IssueError::Malformed { what: "OCSP request" });
    for length in 0..request.len() {
        assert_eq!(Request::parse(&request[..length]), refused);
    }
    assert_eq!(Request::parse(&[&request[..], &[0]].concat()), refused);
    assert_eq!(Request::parse(&vec![0x30; 1 << 20]), refused);
    // SEQUENCE { SEQUENCE { SEQUENCE {} } }: about nothing.
    assert_eq!(Request::parse(&[0x30, 4, 0x30, 2, 0x30, 0]), refused);
}
