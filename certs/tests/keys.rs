//! Keys sign, and the one verifying dispatch agrees.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod openssl;

use certs::algorithm::{Acceptance, Algorithm, AlgorithmError, KeyKind, PublicKey, verify};
use certs::issue::SigningKey;

#[test]
fn what_a_key_signs_its_public_half_verifies() {
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Ed25519,
        KeyKind::Gost2015_512,
        KeyKind::Gost2015_256,
        KeyKind::Gost2004,
    ] {
        let key = SigningKey::generate(kind).unwrap();
        let again = SigningKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
        assert_eq!(key.spki_der(), again.spki_der());
        assert_eq!(PublicKey::parse(key.spki_der()).unwrap().kind(), kind);
        let signature = again.sign(b"message").unwrap();
        let identifier = key.algorithm().identifier_der().unwrap();
        let judged = verify(key.spki_der(), &identifier, b"message", &signature, Acceptance::STRICT);
        assert_eq!(judged, Ok(kind));
        let judged = verify(key.spki_der(), &identifier, b"massage", &signature, Acceptance::STRICT);
        assert_eq!(judged, Err(AlgorithmError::BadSignature));
    }
}

#[test]
fn refuses_a_signature_that_names_the_algorithm_of_another_key() {
    let p256 = SigningKey::generate(KeyKind::P256).unwrap();
    let ed25519 = SigningKey::generate(KeyKind::Ed25519).unwrap();
    let signature = p256.sign(b"message").unwrap();
    let judged = verify(
        ed25519.spki_der(),
        &p256.algorithm().identifier_der().unwrap(),
        b"message",
        &signature,
        Acceptance::STRICT,
    );
    assert!(matches!(judged, Err(AlgorithmError::KeyMismatch { .. })));
    assert!(p256.sign_with(Algorithm::RsaPkcs1Sha256, b"message").is_err());
}

#[test]
fn reads_the_three_forms_of_openssl() {
    let openssl = openssl::OpenSsl::new();
    let text = |arguments| String::from_utf8(openssl.run(arguments).stdout).unwrap();
    for (arguments, label) in [
        ("ecparam -name prime256v1 -genkey", "EC PRIVATE KEY"),
        ("genrsa -traditional 2048", "RSA PRIVATE KEY"),
        ("genpkey -algorithm ed25519", "PRIVATE KEY"),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "PRIVATE KEY"),
    ] {
        let pem = text(arguments);
        assert!(pem.contains(&format!("-----BEGIN {label}-----")), "{pem}");
        let key = SigningKey::from_pem(&pem).unwrap();
        let signature = key.sign(b"message").unwrap();
        let identifier = key.algorithm().identifier_der().unwrap();
        assert!(verify(key.spki_der(), &identifier, b"message", &signature, Acceptance::STRICT).is_ok());
        assert!(SigningKey::from_pem(pem.get(..pem.len() / 2).unwrap()).is_err());
    }
    assert!(SigningKey::from_pem(&text("ecparam -name secp521r1 -genkey")).is_err());
    assert!(SigningKey::from_pem("").is_err());
}

#[test]
fn names_of_keys_are_those_of_the_contract() {
    for name in ["rsa-2048", "p-256", "p-384", "ed25519", "gost-2015-512", "gost-2015-256", "gost-2004"] {
        assert_eq!(name.parse::<KeyKind>().unwrap().to_string(), name);
    }
    assert!("rsa".parse::<KeyKind>().is_err());
}

#[test]
fn never_prints_a_private_key() {
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(p-256)");
}
