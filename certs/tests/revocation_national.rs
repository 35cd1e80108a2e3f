//! What the national authorities really issue: roots and issuing authorities of production, and certificates, revocation lists and OCSP
//! answers of the test authorities. All of it verifies, and nothing of it does with one bit changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use certs::UnixTime;
use certs::algorithm::Digest;
use certs::anchors::{Anchors, Role};
use certs::path::{Certificate, Conformance, Constraints, PathError, validate};
use certs::revocation::{AnswerError, Nonce, OcspRequest, Reason, RevocationStore, Status, Terms, Unknown};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// 2022-09-02T17:00:00Z, half a minute after the OCSP answers; inside every list's window.
const AT: UnixTime = 1_662_138_000;
/// 2023-03-01, when the production authorities of 2018 to 2022 are all valid.
const PRODUCTION: UnixTime = 1_677_628_800;

fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/nca-revocation");
    std::fs::read(folder.join(name)).unwrap()
}

fn test_anchors() -> Arc<Anchors> {
    let names = ["nca_gost2015_test.cer", "nca_gost_test.crt", "nca_rsa_test.crt"];
    let files: Vec<_> = names.iter().map(|name| (*name, read(&format!("authorities/{name}")))).collect();
    Arc::new(Anchors::from_files(files.iter().map(|(name, content)| (*name, content.as_slice()))).unwrap())
}

fn person(name: &str) -> Vec<u8> {
    der(read(&format!("certificates/{name}")))
}

const PERSONS: [&str; 3] = [
    "ceo_valid_sign_2004_gost.cer",
    "individual_valid_sign_2004_rsa.cer",
    "individual_valid_sign_2004_rsa_auth.cer",
];
const LISTS: [(&str, usize); 3] =
    [("nca_gost2022_test.crl", 6), ("nca_gost_test.crl", 25), ("nca_rsa_test.crl", 100)];
const ANSWERS: [&str; 2] = ["ocsp_response_individual_2015.bin", "ocsp_response_ceo_2015_revoked.bin"];

/// One bit in nineteen, never at the same place of two neighbouring octets. All of them take minutes: that is the ignored test.
const SAMPLE: usize = 19;

fn flips(octets: &[u8], step: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..octets.len() * 8).step_by(step).map(|bit| {
        let mut changed = octets.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn every_production_authority_chains_to_a_shipped_root() {
    let anchors = Anchors::national().unwrap();
    let plain = Constraints { conformance: Conformance::Profile, ..Constraints::PLAIN };
    let mut authorities = 0;
    for (certificate, role) in anchors.iter() {
        let path = validate(certificate, &[], &anchors, PRODUCTION, &plain).unwrap();
        assert_eq!(path.certificates().len(), usize::from(role == Role::Authority));
        assert!(certificate.verify_signature(path.anchor(), plain.acceptance).is_ok());
        authorities += usize::from(role == Role::Authority);
    }
    assert_eq!(authorities, 6);
}

/// The roots of 2015 and 2020 have one common name and differ in organisation and key.
#[test]
fn roots_of_one_common_name_are_told_apart() {
    let anchors = Anchors::national().unwrap();
    let issued_by = |file: &str| {
        let authority = Certificate::parse(&shipped(file)).unwrap();
        let issuers = anchors.iter().filter(|(root, _)| authority.names_as_issuer(root));
        issuers.map(|(root, _)| root.validity().not_after).collect::<Vec<_>>()
    };
    assert_eq!(issued_by("nca_rsa.pem"), [1_753_593_773], "root of 2015, ended 2025-07-27");
    assert_eq!(issued_by("nca_rsa_2022.cer"), [2_388_477_894], "root of 2020, ends 2045-09-08");
}

fn shipped(file: &str) -> Vec<u8> {
    der(std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("anchors").join(file)).unwrap())
}

/// The octets of the certificate, whether the file is PEM or not.
fn der(content: Vec<u8>) -> Vec<u8> {
    match CertificateDer::from_pem_slice(&content) {
        Ok(der) => der.to_vec(),
        Err(_) => content,
    }
}

#[test]
fn production_ended_in_2025_for_the_authorities_of_2018() {
    let anchors = Anchors::national().unwrap();
    let ended: UnixTime = 1_763_000_000; // 2025-11-13
    let ended = anchors.iter().filter(|(certificate, _)| {
        matches!(
            validate(certificate, &[], &anchors, ended, &Constraints::PLAIN),
            Err(PathError::Expired { .. })
        )
    });
    assert_eq!(ended.count(), 4);
}

fn no_bit_of_a_person_may_change(step: usize) {
    let anchors = test_anchors();
    for name in PERSONS {
        let der = person(name);
        let leaf = Certificate::parse(&der).unwrap();
        validate(&leaf, &[], &anchors, AT, &Constraints::PLAIN).unwrap();
        for changed in flips(&der, step) {
            let Ok(changed) = Certificate::parse(&changed) else { continue };
            assert!(validate(&changed, &[], &anchors, AT, &Constraints::PLAIN).is_err());
        }
    }
}

fn no_bit_of_a_list_may_change(step: usize) {
    for (name, least) in LISTS {
        let octets = read(&format!("crl/{name}"));
        let mut store = RevocationStore::new(test_anchors(), Terms::STRICT);
        let list = store.accept_crl(octets.clone(), &[], AT).unwrap();
        assert!(list.len() >= least, "{name} {}", list.len());
        for changed in flips(&octets, step) {
            assert!(store.verify_crl(changed, &[], AT).is_err());
        }
    }
}

fn no_bit_of_an_answer_may_change(step: usize) {
    for name in ANSWERS {
        let octets = read(&format!("ocsp/{name}"));
        let mut store = RevocationStore::new(test_anchors(), Terms::STRICT);
        let answers = store.accept_ocsp(&octets, &[], Nonce::Unchecked, AT).unwrap();
        assert_eq!(answers.len(), 1);
        assert!(answers[0].responder().is_some(), "the national responder is a delegated one");
        for changed in flips(&octets, step) {
            assert!(store.accept_ocsp(&changed, &[], Nonce::Unchecked, AT).is_err());
        }
    }
}

#[test]
fn persons_lists_and_answers_verify_and_no_bit_of_them_may_change() {
    no_bit_of_a_person_may_change(SAMPLE);
    no_bit_of_a_list_may_change(SAMPLE);
    no_bit_of_an_answer_may_change(SAMPLE);
}

#[test]
#[ignore = "takes minutes: every single bit"]
fn really_no_bit_of_them_may_change() {
    no_bit_of_a_person_may_change(1);
    no_bit_of_a_list_may_change(1);
    no_bit_of_an_answer_may_change(1);
}

#[test]
fn an_answer_without_next_update_is_believed_for_minutes_only() {
    let mut store = RevocationStore::new(test_anchors(), Terms::STRICT);
    let octets = read("ocsp/ocsp_response_individual_2015.bin");
    let mut at = |instant| store.accept_ocsp(&octets, &[], Nonce::Unchecked, instant).map(|_| ());
    // 16:58:34, ten minutes of life, one minute of tolerance.
    assert!(matches!(at(1_662_137_914 + 601), Err(AnswerError::Stale { .. })));
    assert!(matches!(at(1_662_137_914 - 61), Err(AnswerError::NotYet { .. })));
    assert_eq!(at(1_662_137_914 + 600), Ok(()));
}

#[test]
fn an_answer_under_other_anchors_is_about_no_known_authority() {
    let anchors = Arc::new(Anchors::national().unwrap());
    let mut store = RevocationStore::new(anchors, Terms::STRICT);
    let found = store.accept_ocsp(&read("ocsp/ocsp_response_individual_2015.bin"), &[], Nonce::Unchecked, AT);
    assert_eq!(found.map(|_| ()), Err(AnswerError::IssuerUnknown));
}

#[test]
fn a_person_is_good_by_the_list_of_their_own_authority_only() {
    let anchors = test_anchors();
    let leaf = Certificate::parse(&person("individual_valid_sign_2004_rsa.cer")).unwrap();
    let path = validate(&leaf, &[], &anchors, AT, &Constraints::PLAIN).unwrap();
    let mut store = RevocationStore::new(anchors, Terms::STRICT);
    store.accept_crl(read("crl/nca_gost_test.crl"), &[], AT).unwrap();
    assert!(matches!(store.status(&path, 0, AT), Status::Unknown { why: Unknown::NothingHeld }));
    store.accept_crl(read("crl/nca_rsa_test.crl"), &[], AT).unwrap();
    assert!(store.status(&path, 0, AT).is_good());
    // 2022-09-25T04:18:29Z is nextUpdate.
    assert!(store.status(&path, 0, 1_664_079_509).is_good());
    assert!(matches!(store.status(&path, 0, 1_664_079_510), Status::Unknown { why: Unknown::NotCurrent }));
}

#[test]
fn a_revoked_answer_says_since_when_and_why() {
    let mut store = RevocationStore::new(test_anchors(), Terms::STRICT);
    let answer = store
        .accept_ocsp(&read("ocsp/ocsp_response_ceo_2015_revoked.bin"), &[], Nonce::Unchecked, AT)
        .unwrap();
    let told = answer[0].status();
    let Status::Revoked { at, reason, .. } = told else { panic!("{told:?}") };
    assert_eq!((at, reason), (1_658_917_530, Some(Reason::CertificateHold)));
}

#[test]
fn addresses_of_lists_and_responders_are_read() {
    let leaf = Certificate::parse(&person("individual_valid_sign_2004_rsa.cer")).unwrap();
    let extensions = leaf.extensions();
    let lists: Vec<_> = extensions.distribution_points.iter().flat_map(|point| point.addresses()).collect();
    let deltas: Vec<_> = extensions.freshest_lists.iter().flat_map(|point| point.addresses()).collect();
    assert_eq!(lists, ["http://test.pki.gov.kz/crl/nca_rsa_test.crl"]);
    assert_eq!(deltas, ["http://test.pki.gov.kz/crl/nca_d_rsa_test.crl"]);
    assert_eq!(extensions.access.ocsp, ["http://test.pki.gov.kz/ocsp/"]);
    assert_eq!(extensions.access.issuers, ["http://test.pki.gov.kz/cert/nca_rsa_test.cer"]);
}

#[test]
fn a_question_names_the_authority_as_the_national_responder_does() {
    let authority = Certificate::parse(&read("authorities/nca_gost2015_test.cer")).unwrap();
    let request = OcspRequest::new(&authority, &authority, Digest::Sha256, &[7; 16]).unwrap();
    let key_hash = hex::decode("afc31e0625b7a4d3f0d4f6cc6b9bbab667c3b1a9b10f8f9b4683ba2768b2f518").unwrap();
    assert!(request.der().windows(32).any(|window| window == key_hash));
    assert!(request.der().windows(16).any(|window| window == [7; 16]));
    assert_eq!(request.nonce(), [&[0x04, 16][..], &[7; 16]].concat());
}
