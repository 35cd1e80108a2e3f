//! The national samples (`certs/tests/vectors/nca/ORIGIN.md`): the test authorities have no published root and are anchors here.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Found, check, file, sample};

const SUMMER: &str = "2022-09-02T17:00:00Z";
const SIGNED: &str = "2022-09-27T22:00:00Z";

/// Judges a sample under the test authorities and all their lists.
fn judged(name: &str, at: &str, more: &[&str]) -> Found {
    judged_file(&sample(name), at, more)
}

fn judged_file(path: &Path, at: &str, more: &[&str]) -> Found {
    let anchors = sample("ca/test");
    let lists = ["nca_gost2022_test.crl", "nca_gost_test.crl", "nca_rsa_test.crl"];
    let lists = lists.map(|name| sample(&format!("crl/{name}")));
    let mut arguments =
        vec!["--anchors", anchors.to_str().unwrap(), "--at", at, "--profile", "national-test"];
    for list in &lists {
        arguments.extend(["--crl", list.to_str().unwrap()]);
    }
    arguments.extend(more);
    check(path, &arguments)
}

#[test]
fn persons_are_good_by_the_list_of_their_authority_while_it_is_current() {
    let person = "certificates/ceo_valid_sign_2004_gost.cer";
    let found = judged(person, SUMMER, &[]);
    assert_eq!(found.words(), ("certificate", "valid", ""), "{found:?}");
    assert_eq!(found.signer(0), ["123456789011", "123456789021", "gost-2004", ""]);
    // The list ended two days before, and another authority's does not stand in for it.
    assert_eq!(judged(person, SIGNED, &[]).verdict(), ("unknown", "revocation-unknown"));
    assert_eq!(judged(person, "2023-01-18T04:45:36Z", &[]).verdict(), ("invalid", "certificate-expired"));
    assert_eq!(
        judged(person, "2022-01-18T04:45:34Z", &[]).verdict(),
        ("invalid", "certificate-not-yet-valid")
    );
    let found = judged("certificates/individual_valid_sign_2004_rsa.cer", SUMMER, &[]);
    assert_eq!((found.verdict(), found.signer(0)), (("valid", ""), vec!["123456789011", "", "rsa-2048", ""]));
}

#[test]
fn without_revocation_data_a_certificate_is_unknown() {
    let anchors = sample("ca/test");
    let anchors = anchors.to_str().unwrap();
    let person = sample("certificates/individual_valid_sign_2004_rsa.cer");
    let found = check(&person, &["--anchors", anchors, "--at", SUMMER]);
    assert_eq!(found.words(), ("certificate", "unknown", "revocation-unknown"), "{found:?}");
    // Nor does the list of an authority of another name say anything.
    let list = sample("crl/nca_gost_test.crl");
    let found = check(&person, &["--anchors", anchors, "--at", SUMMER, "--crl", list.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("unknown", "revocation-unknown"));
}

#[test]
fn only_the_test_profile_lets_a_wrong_check_digit_pass() {
    let person = "certificates/individual_valid_sign_2004_rsa.cer";
    for profile in ["national", "generic"] {
        let found = judged(person, SUMMER, &[]);
        assert_eq!(found.verdict(), ("valid", ""));
        let (anchors, list) = (sample("ca/test"), sample("crl/nca_rsa_test.crl"));
        let (anchors, list) = (anchors.to_str().unwrap(), list.to_str().unwrap());
        let arguments = ["--anchors", anchors, "--at", SUMMER, "--crl", list, "--profile", profile];
        let found = check(&sample(person), &arguments);
        assert_eq!(found.verdict(), ("invalid", "certificate-purpose"), "{profile}: {found:?}");
        assert_eq!(found.json["signers"][0]["iin"], serde_json::Value::Null);
    }
}

#[test]
fn an_authentication_certificate_says_that_it_cannot_sign() {
    let found = judged("certificates/individual_valid_sign_2004_rsa_auth.cer", SUMMER, &[]);
    assert_eq!(found.verdict(), ("valid", ""));
    assert!(found.reasons().contains("cannot sign documents"), "{found:?}");
}

#[test]
fn production_authorities_are_trusted_without_being_told() {
    let root = check(&sample("../../../anchors/root_rsa_2020.cer"), &[]);
    assert_eq!(root.words(), ("certificate", "valid", ""), "{root:?}");
    let under = check(&sample("../../../anchors/nca_gost_2022.pem"), &[]);
    assert_eq!(under.words(), ("certificate", "unknown", "revocation-unknown"), "{under:?}");
    // Two roots of one common name: the older ended in 2025 and does not stand in for the younger.
    let ended = check(&sample("../../../anchors/nca_rsa.pem"), &["--at", "2025-11-13T00:00:00Z"]);
    assert_eq!(ended.verdict(), ("invalid", "certificate-expired"), "{ended:?}");
    let test = check(&sample("ca/test/nca_gost2015_test.cer"), &[]);
    assert_eq!(
        test.verdict(),
        ("invalid", "certificate-untrusted"),
        "test authorities are nobody's by default"
    );
}

/// SLS 16-2(1): the signature is that of a person, whichever algorithm it was made with.
#[test]
fn every_signer_of_a_message_is_judged() {
    let found = judged("signed/ncanode_signed_cms.cms", SIGNED, &[]);
    // GOST holds; the RSA certificate had ended eight months before.
    assert_eq!(found.words(), ("cms", "invalid", "certificate-expired"), "{found:?}");
    assert_eq!(found.signer(0), ["123456789012", "", "gost-2015-512", "2022-09-27T21:17:59Z"]);
    assert_eq!(found.signer(1), ["123456789011", "", "rsa-2048", "2022-09-27T21:17:59Z"]);
    assert!(!found.reasons().contains("signer 1: certificate of"), "{found:?}");
}

#[test]
fn a_detached_message_is_judged_with_its_content_only() {
    let name = "signed/ncanode_signed_detached_cms.cms";
    assert_eq!(judged(name, SIGNED, &[]).words(), ("cms", "invalid", "malformed-signature"));
    let content = sample("signed/ncanode_cms_content.txt");
    let found = judged(name, SIGNED, &["--content", content.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("invalid", "certificate-expired"), "the second signer's: {found:?}");
    let directory = tempfile::tempdir().unwrap();
    let other = file(&directory, "other.txt", b"test124");
    let found = judged(name, SIGNED, &["--content", other.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("invalid", "signature-invalid"));
    // Attached and given besides: the same text, or no message.
    let name = "signed/ncanode_signed_cms.cms";
    let found = judged(name, SIGNED, &["--content", content.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("invalid", "certificate-expired"));
    let found = judged(name, SIGNED, &["--content", other.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("invalid", "signature-invalid"));
}

#[test]
fn a_delegated_responders_answer_counts_for_minutes_and_revokes_its_certificate() {
    let answer = "ocsp/ocsp_response_individual_2015.bin";
    let found = judged(answer, SUMMER, &[]);
    assert_eq!(found.words(), ("ocsp", "valid", ""), "{found:?}");
    assert!(found.reasons().contains("was revoked at"), "{found:?}");
    // The national responder names no nextUpdate: newer information is always available (RFC 6960 4.2.2.1).
    assert_eq!(judged(answer, "2022-09-02T17:08:34Z", &[]).verdict(), ("valid", ""));
    assert_eq!(judged(answer, "2022-09-02T17:08:35Z", &[]).verdict(), ("unknown", "revocation-unknown"));
    let given = sample(answer);
    let found = judged("signed/ncanode_signed_cms.cms", SUMMER, &["--ocsp", given.to_str().unwrap()]);
    assert_eq!(found.verdict(), ("invalid", "certificate-revoked"), "{found:?}");
    // Under production anchors the answer is about nobody that is known, which is not "not revoked".
    assert_eq!(check(&given, &["--at", SUMMER]).verdict(), ("invalid", "certificate-untrusted"));
}

#[test]
fn lists_are_genuine_and_of_their_time_or_say_nothing() {
    for (name, kind) in [
        ("nca_gost2022_test.crl", "gost-2015-512"),
        ("nca_gost_test.crl", "gost-2004"),
        ("nca_rsa_test.crl", "rsa-4096"),
    ] {
        let name = format!("crl/{name}");
        let found = judged(&name, SUMMER, &[]);
        assert_eq!(found.words(), ("crl", "valid", ""), "{found:?}");
        assert_eq!(found.signer(0)[2], kind);
        assert_eq!(judged(&name, "2023-06-01T00:00:00Z", &[]).verdict(), ("unknown", "revocation-unknown"));
        assert_eq!(check(&sample(&name), &["--at", SUMMER]).verdict(), ("invalid", "certificate-untrusted"));
    }
}

#[test]
fn a_time_stamp_is_judged_as_a_token_and_inside_its_answer() {
    for name in ["timestamp/tsp_token.bin", "timestamp/tsp_response.bin"] {
        let found = judged(name, "2022-09-18T14:00:00Z", &[]);
        assert_eq!(found.words(), ("timestamp", "valid", ""), "{found:?}");
        assert_eq!(found.signer(0), ["", "", "gost-2004", "2022-09-18T13:20:14Z"]);
        assert_eq!(judged(name, "2022-09-18T12:00:00Z", &[]).verdict(), ("invalid", "signature-invalid"));
        assert_eq!(judged(name, SIGNED, &[]).verdict(), ("unknown", "revocation-unknown"));
        // An imprint of SHA-1 proves nothing of what is shown for it.
        let content = sample("signed/ncanode_cms_content.txt");
        let found = judged(name, "2022-09-18T14:00:00Z", &["--content", content.to_str().unwrap()]);
        assert_eq!(found.verdict(), ("invalid", "algorithm-not-accepted"));
    }
}

#[test]
fn the_wrapping_makes_no_difference() {
    let directory = tempfile::tempdir().unwrap();
    for (name, label, at) in [
        ("certificates/individual_valid_sign_2004_rsa.cer", "CERTIFICATE", SUMMER),
        ("crl/nca_gost2022_test.crl", "X509 CRL", SUMMER),
        ("ocsp/ocsp_response_individual_2015.bin", "OCSP RESPONSE", SUMMER),
        ("timestamp/tsp_token.bin", "CMS", "2022-09-18T14:00:00Z"),
        ("signed/ncanode_signed_cms.cms", "PKCS7", SIGNED),
    ] {
        let octets = std::fs::read(sample(name)).unwrap();
        let octets = match octets.first() {
            Some(0x30) => octets,
            _ => rustls_pki_types::pem::PemObject::from_pem_slice(&octets)
                .map(|der: rustls_pki_types::CertificateDer<'_>| der.to_vec())
                .unwrap(),
        };
        let plain = judged(name, at, &[]);
        let base64 = STANDARD.encode(&octets);
        let pem = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
        for (wrapped, content) in
            [("der", octets.as_slice()), ("base64", base64.as_bytes()), ("pem", pem.as_bytes())]
        {
            let found = judged_file(&file(&directory, wrapped, content), at, &[]);
            assert_eq!(found.json, plain.json, "{name} as {wrapped}");
        }
    }
}

/// One bit in 499: the library's own tests change every one.
#[test]
fn no_sample_with_a_changed_bit_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    for (name, at) in [
        ("certificates/ceo_valid_sign_2004_gost.cer", SUMMER),
        ("crl/nca_gost2022_test.crl", SUMMER),
        ("ocsp/ocsp_response_individual_2015.bin", SUMMER),
        ("timestamp/tsp_token.bin", "2022-09-18T14:00:00Z"),
    ] {
        let octets = std::fs::read(sample(name)).unwrap();
        assert_eq!(judged(name, at, &[]).verdict().0, "valid");
        for bit in (3..octets.len() * 8).step_by(499) {
            let mut changed = octets.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let found = judged_file(&file(&directory, "changed", &changed), at, &[]);
            assert_ne!(found.status, 0, "{name} bit {bit}: {found:?}");
        }
    }
}
