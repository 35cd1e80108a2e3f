//! JWK sets: thumbprints after RFC 7638 and RFC 8037, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::jwk::{JwkMalformed, JwkSet};
use evidence::{Algorithm, ReceiptSigner};
use serde_json::{Value, json};

/// RFC 8037 appendix A.2, with the thumbprint of appendix A.3.
fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

const ED25519_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// RFC 7515 appendix A.3.1.
fn p256() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
}

fn set(keys: &[Value]) -> Result<JwkSet, JwkMalformed> {
    JwkSet::parse(&json!({"keys": keys}).to_string())
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    let set = set(&[ed25519(), p256()]).unwrap();
    assert_eq!(set.keys()[0].kid(), ED25519_THUMBPRINT);
    assert_eq!(set.keys()[1].algorithm(), Algorithm::Es256);
    let again = JwkSet::parse(&set.to_json().to_string()).unwrap();
    assert_eq!(again, set);
}

#[test]
fn what_is_published_is_read_back() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let (signer, _) = ReceiptSigner::generate(algorithm).unwrap();
        let set = JwkSet::parse(&signer.jwk_set(&[]).to_json().to_string()).unwrap();
        assert_eq!(set.find(signer.public().kid()), Some(signer.public()));
    }
}

#[test]
fn keys_of_other_types_are_passed_over() {
    let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"});
    assert_eq!(set(&[rsa, p384, ed25519()]).unwrap().keys().len(), 1);
}

#[test]
fn refuses_keys_that_are_not_what_they_say() {
    let with = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        set(&[jwk]).unwrap_err()
    };
    assert_eq!(with(p256(), "d", json!("AA")), JwkMalformed::Private(0));
    assert_eq!(with(p256(), "alg", json!("ES384")), JwkMalformed::Use(0));
    assert_eq!(with(p256(), "use", json!("enc")), JwkMalformed::Use(0));
    assert_eq!(with(p256(), "y", p256()["x"].clone()), JwkMalformed::Key(0), "not on the curve");
    assert_eq!(with(p256(), "x", json!("AA")), JwkMalformed::Key(0));
    assert!(matches!(with(ed25519(), "kid", json!("mine")), JwkMalformed::Kid { .. }));
    assert_eq!(JwkSet::parse("[]"), Err(JwkMalformed::Set));
    assert_eq!(set(&vec![ed25519(); 257]), Err(JwkMalformed::TooMany(257)));
}
