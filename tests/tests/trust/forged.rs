//! What nobody issued.

use certs::algorithm::KeyKind;
use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, SigningKey, cms, jws};

use crate::issued::{House, named, officer};

const BOTH: &[&str] = &["root.crl", "issuing.crl"];

/// An authority of the same name and another key.
fn twin(house: &House) -> Authority {
    let validity = (1_767_225_600, 1_798_761_599);
    let profile = CertificateProfile::bare(2, named("ISSUING"), validity.0, validity.1).authority(Some(0));
    let key = SigningKey::generate(house.key.kind()).unwrap();
    Authority::self_signed(&profile, key).unwrap()
}

#[test]
fn a_name_alone_makes_no_authority() {
    let house = House::new(KeyKind::P256);
    let forger = twin(&house);
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let forged = forger.certify(&officer(101), key.spki_der()).unwrap();
    let found = house.check(&house.with_chain(&forged), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-untrusted"), "{found:?}");
    let message = cms::sign(
        b"{}",
        &key,
        &forged,
        &[forger.certificate().to_vec(), house.issuing.certificate().to_vec()],
    )
    .unwrap();
    let found = house.check(&house.put("m.cms", &message), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-untrusted"), "{found:?}");
    // Its list is nobody's, and so says nothing of the real one's certificates.
    let list = house.put("forged.crl", &house.list(&forger, &[]));
    let found = house.check(&list, &[], &[]);
    assert_eq!(found.words(), ("crl", "invalid", "certificate-untrusted"), "{found:?}");
    let found = house.check(&house.with_chain(&house.certificate), &["root.crl", "forged.crl"], &[]);
    assert_eq!(found.verdict(), ("unknown", "revocation-unknown"), "{found:?}");
    assert!(found.reasons().contains("forged.crl was not taken"), "{found:?}");
}

/// An authority that came along in the file is nobody's until an anchor vouches for it.
#[test]
fn an_answer_brings_no_authority_along() {
    use base64::Engine as _;
    let house = House::new(KeyKind::P256);
    let forger = House::new(KeyKind::P256);
    let pem = |label: &str, der: &[u8]| {
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let answer =
        forger.answer(&forger.issuing, certs::algorithm::Digest::Sha256, certs::issue::ocsp::State::Good);
    let text = pem("OCSP RESPONSE", &answer) + &pem("CERTIFICATE", forger.issuing.certificate());
    let found = house.check(&house.put("a.pem", text.as_bytes()), &[], &[]);
    assert_eq!(found.words(), ("ocsp", "invalid", "certificate-untrusted"), "{found:?}");
    let list = pem("X509 CRL", &forger.list(&forger.issuing, &[]))
        + &pem("CERTIFICATE", forger.issuing.certificate());
    let found = house.check(&house.put("l.pem", list.as_bytes()), &[], &[]);
    assert_eq!(found.words(), ("crl", "invalid", "certificate-untrusted"), "{found:?}");
}

#[test]
fn a_person_makes_no_authority() {
    let house = House::new(KeyKind::P256);
    let person = Authority::new(
        &house.certificate,
        SigningKey::from_pkcs8_pem(&house.key.to_pkcs8_pem().unwrap()).unwrap(),
    );
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let below = person.unwrap().certify(&officer(102), key.spki_der()).unwrap();
    let chain = [house.certificate.clone(), house.issuing.certificate().to_vec()];
    let message = cms::sign(b"{}", &key, &below, &chain).unwrap();
    let found = house.check(&house.put("m.cms", &message), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-untrusted"), "{found:?}");
}

#[test]
fn an_authentication_certificate_cannot_sign() {
    let house = House::new(KeyKind::P256);
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let name = named("SYSTEM").iin(&"900101300017".parse().unwrap());
    let profile = CertificateProfile::bare(103, name, 1_767_225_600, 1_798_761_599)
        .authentication(&[purpose::EMPLOYEE]);
    let certificate = house.issuing.certify(&profile, key.spki_der()).unwrap();
    let chain = [house.issuing.certificate().to_vec()];
    for (name, message) in [
        ("m.cms", cms::sign(b"{}", &key, &certificate, &chain).unwrap()),
        ("m.jws", jws::sign(b"{}", &key, &certificate, &chain).unwrap().into_bytes()),
    ] {
        let found = house.check(&house.put(name, &message), BOTH, &[]);
        assert_eq!(found.verdict(), ("invalid", "certificate-purpose"), "{found:?}");
    }
}

#[test]
fn a_certificate_for_nothing_is_for_nothing() {
    let house = House::new(KeyKind::P256);
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let name = named("NOBODY").iin(&"900101300017".parse().unwrap());
    let profile = CertificateProfile::bare(104, name, 1_767_225_600, 1_798_761_599);
    let certificate = house.issuing.certify(&profile, key.spki_der()).unwrap();
    let found = house.check(&house.with_chain(&certificate), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-purpose"), "{found:?}");
}

#[test]
fn a_signature_over_something_else_is_none() {
    let house = House::new(KeyKind::Gost2015_512);
    let chain = [house.issuing.certificate().to_vec()];
    let message = cms::sign(b"{\"a\":1}", &house.key, &house.certificate, &chain).unwrap();
    let at = message.windows(7).position(|octets| octets == b"{\"a\":1}").unwrap();
    let mut changed = message.clone();
    changed[at + 5] = b'2';
    let found = house.check(&house.put("m.cms", &changed), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "signature-invalid"), "{found:?}");
    let last = message.len() - 1;
    let mut changed = message;
    changed[last] ^= 1;
    let found = house.check(&house.put("m.cms", &changed), BOTH, &[]);
    assert_eq!(found.verdict(), ("invalid", "signature-invalid"), "{found:?}");
}

#[test]
fn algorithms_that_name_their_own_key_are_refused() {
    let house = House::new(KeyKind::P256);
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"ES256","jwk":{}}"#] {
        let token = jws::sign_with(b"{}", &house.key, house.key.algorithm(), header).unwrap();
        let found = house.check(&house.put("m.jws", token.as_bytes()), BOTH, &[]);
        let (kind, verdict, code) = found.words();
        assert_eq!((kind, verdict), ("jws", "invalid"), "{found:?}");
        assert!(["algorithm-not-accepted", "malformed-signature"].contains(&code), "{found:?}");
    }
}
