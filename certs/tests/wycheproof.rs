//! Project Wycheproof's vectors for RSA, ECDSA and EdDSA, through the one dispatch that checks every signature here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use certs::algorithm::{Acceptance, Algorithm, Encoding, PublicKey, verify};
use wycheproof::{HashFunction, TestResult};

/// How many vectors were judged; none is wrong.
#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
}

impl Tally {
    fn count(&mut self, what: &str, expected: &TestResult, believed: bool) {
        match expected {
            TestResult::Valid => assert!(believed, "{what} is valid"),
            TestResult::Invalid => assert!(!believed, "{what} is invalid"),
            // RSA signatures whose DigestInfo lacks NULL and the like: either answer is defensible.
            TestResult::Acceptable => return,
        }
        if believed { self.valid += 1 } else { self.invalid += 1 }
    }
}

fn believes(spki: &[u8], algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let identifier = algorithm.identifier_der().unwrap();
    verify(spki, &identifier, message, signature, Acceptance::STRICT).is_ok()
}

#[test]
fn ecdsa_in_der_and_in_fixed_length() {
    let mut tally = Tally::default();
    for name in wycheproof::ecdsa::TestName::all() {
        let text = format!("{name:?}");
        let fixed = text.ends_with("P1363");
        let curve = (text.contains("Secp256r1"), text.contains("Secp384r1"));
        let set = wycheproof::ecdsa::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let algorithm = match (curve, group.hash) {
                ((true, _), HashFunction::Sha2_256) => Algorithm::EcdsaP256Sha256,
                ((_, true), HashFunction::Sha2_256) => Algorithm::EcdsaP384Sha256,
                ((_, true), HashFunction::Sha2_384) => Algorithm::EcdsaP384Sha384,
                _ => continue,
            };
            for test in &group.tests {
                let what = format!("{text} {}", test.tc_id);
                let believed = if fixed {
                    let key = PublicKey::parse(&group.der).unwrap();
                    key.verify(algorithm, Encoding::Fixed, &test.msg, &test.sig, Acceptance::STRICT).is_ok()
                } else {
                    believes(&group.der, algorithm, &test.msg, &test.sig)
                };
                tally.count(&what, &test.result, believed);
            }
        }
    }
    assert!(tally.valid > 500 && tally.invalid > 500, "{} {}", tally.valid, tally.invalid);
}

#[test]
fn ed25519() {
    let mut tally = Tally::default();
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    for group in &set.test_groups {
        for test in &group.tests {
            let believed = believes(&group.der, Algorithm::Ed25519, &test.msg, &test.sig);
            tally.count(&format!("ed25519 {}", test.tc_id), &test.result, believed);
        }
    }
    assert!(tally.valid > 50 && tally.invalid > 30, "{} {}", tally.valid, tally.invalid);
}

#[test]
fn rsa_pkcs1() {
    let mut tally = Tally::default();
    for name in wycheproof::rsa_pkcs1_verify::TestName::all() {
        let set = wycheproof::rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let algorithm = match group.hash {
                HashFunction::Sha2_256 => Algorithm::RsaPkcs1Sha256,
                HashFunction::Sha2_384 => Algorithm::RsaPkcs1Sha384,
                HashFunction::Sha2_512 => Algorithm::RsaPkcs1Sha512,
                _ => continue,
            };
            for test in &group.tests {
                let believed = believes(&group.der, algorithm, &test.msg, &test.sig);
                tally.count(&format!("{name:?} {}", test.tc_id), &test.result, believed);
            }
        }
    }
    assert!(tally.valid > 50 && tally.invalid > 1_000, "{} {}", tally.valid, tally.invalid);
}

#[test]
fn rsa_pss_with_a_salt_as_long_as_the_digest_and_no_other() {
    let mut tally = Tally::default();
    for name in wycheproof::rsa_pss_verify::TestName::all() {
        let set = wycheproof::rsa_pss_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let (algorithm, salt) = match group.hash {
                HashFunction::Sha2_256 => (Algorithm::RsaPssSha256, 32),
                HashFunction::Sha2_384 => (Algorithm::RsaPssSha384, 48),
                HashFunction::Sha2_512 => (Algorithm::RsaPssSha512, 64),
                _ => continue,
            };
            let supported = group.salt_size == salt && group.mgf_hash.as_ref() == Some(&group.hash);
            for test in &group.tests {
                let believed = believes(&group.der, algorithm, &test.msg, &test.sig);
                if supported {
                    tally.count(&format!("{name:?} {}", test.tc_id), &test.result, believed);
                } else {
                    // What is valid under other parameters is no signature under these.
                    assert!(!believed || test.result != TestResult::Valid, "{name:?} {}", test.tc_id);
                }
            }
        }
    }
    assert!(tally.valid > 100 && tally.invalid > 100, "{} {}", tally.valid, tally.invalid);
}
