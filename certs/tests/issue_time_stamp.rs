//! Requests of `openssl` for a time-stamp are granted so that `openssl` takes the stamp.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod openssl;

use certs::algorithm::KeyKind;
use certs::issue::time_stamp::{Refusal, Request, grant, refuse};
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};
use certs::timestamp::{StampRequest, TimeStamp, extract};
use der::asn1::ObjectIdentifier;
use openssl::{OpenSsl, now};

/// The national policy for stamps under GOST R 34.10-2015.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.4");
const DAY: i64 = 86_400;

fn profile(serial: u64, name: &str) -> CertificateProfile {
    let name = DistinguishedName::common_name(name).kazakhstan();
    CertificateProfile::bare(serial, name, now() - DAY, now() + DAY)
}

fn authority(openssl: &OpenSsl, root_key: SigningKey, key: SigningKey) -> Authority {
    let root = Authority::self_signed(&profile(1, "РОСТ").authority(None), root_key).unwrap();
    openssl.write_pem("root.pem", "CERTIFICATE", root.certificate());
    let authority = root.delegate(&profile(2, "TSA").time_stamping(), key).unwrap();
    openssl.write_pem("tsa.pem", "CERTIFICATE", authority.certificate());
    authority
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

#[test]
fn openssl_takes_stamps_of_every_kind_of_key() {
    let openssl = OpenSsl::new();
    openssl.write("data", b"stamped");
    openssl.write("other", b"another");
    for stamping in openssl.keys() {
        let authority = authority(&openssl, key(), stamping);
        for digest in ["-sha256", "-sha512"] {
            openssl.accepts(&format!("ts -query -data data {digest} -cert -out query"));
            let request = Request::parse(&openssl.read("query")).unwrap();
            openssl.write("reply", &grant(&authority, &request, POLICY, 77, now()).unwrap());
            if authority.key().kind() == KeyKind::Ed25519 {
                // OpenSSL 3.0 reads such a stamp but cannot check it: its PKCS #7 code digests before it signs, Ed25519 does not.
                let said = openssl.refuses("ts -verify -queryfile query -in reply -CAfile root.pem");
                assert!(said.contains("operation not supported for this keytype"), "{said}");
                continue;
            }
            openssl.accepts("ts -verify -queryfile query -in reply -CAfile root.pem");
            openssl.accepts("ts -verify -data data -in reply -CAfile root.pem");
            openssl.refuses("ts -verify -data other -in reply -CAfile root.pem");
            let text = openssl.accepts("ts -reply -in reply -text");
            assert!(text.contains("Policy OID: 1.2.398.3.3.2.6.4"), "{text}");
            assert!(text.contains("Serial number: 0x4D"), "{text}");
        }
    }
}

#[test]
fn the_certificate_goes_along_only_if_asked_for() {
    let openssl = OpenSsl::new();
    openssl.write("data", b"stamped");
    let authority = authority(&openssl, key(), key());
    openssl.accepts("ts -query -data data -sha256 -no_nonce -out query");
    let request = Request::parse(&openssl.read("query")).unwrap();
    openssl.write("reply", &grant(&authority, &request, POLICY, 1, now()).unwrap());
    openssl.refuses("ts -verify -queryfile query -in reply -CAfile root.pem");
    openssl.accepts("ts -verify -queryfile query -in reply -CAfile root.pem -untrusted tsa.pem");
}

#[test]
fn reads_the_policy_asked_for() {
    let openssl = OpenSsl::new();
    openssl.write("data", b"stamped");
    openssl.accepts("ts -query -data data -sha256 -tspolicy 1.2.398.3.3.2.6.2 -out query");
    let request = Request::parse(&openssl.read("query")).unwrap();
    assert_eq!(request.policy, Some(ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.2")));
}

#[test]
fn refuses_requests_that_cannot_be_read_and_says_why() {
    let openssl = OpenSsl::new();
    openssl.write("data", b"stamped");
    openssl.accepts("ts -query -data data -sha256 -out query");
    let query = openssl.read("query");
    for length in 0..query.len() {
        assert_eq!(Request::parse(&query[..length]), Err(Refusal::BadDataFormat));
    }
    openssl.accepts("ts -query -data data -md5 -out query");
    assert_eq!(Request::parse(&openssl.read("query")), Err(Refusal::BadAlg));
    for (refusal, text) in [
        (Refusal::BadAlg, "unrecognized or unsupported algorithm identifier"),
        (Refusal::TimeNotAvailable, "time source is not available"),
        (Refusal::SystemFailure, "the request cannot be handled due to system failure"),
    ] {
        openssl.write("reply", &refuse(refusal));
        let said = openssl.accepts("ts -reply -in reply -text");
        assert!(said.contains("Status: Rejected") && said.contains(text), "{said}");
    }
}

#[test]
fn our_own_requests_are_granted_and_their_nonce_comes_back() {
    let openssl = OpenSsl::new();
    openssl.write("data", b"stamped");
    let authority = authority(&openssl, key(), key());
    let question = StampRequest::new(b"stamped", &[0xff; 16]).unwrap();
    openssl.write("query", question.der());
    let text = openssl.accepts("ts -query -in query -text");
    assert!(text.contains("Certificate required: yes"), "{text}");
    let reply = grant(&authority, &Request::parse(question.der()).unwrap(), POLICY, 5, now()).unwrap();
    openssl.write("reply", &reply);
    openssl.accepts("ts -verify -queryfile query -in reply -CAfile root.pem");
    let token = extract(&reply).unwrap();
    assert_eq!(TimeStamp::parse(&token).unwrap().nonce(), Some(question.nonce()));
    let other = StampRequest::new(b"stamped", &[0xfe; 16]).unwrap();
    assert_ne!(TimeStamp::parse(&token).unwrap().nonce(), Some(other.nonce()));
}
