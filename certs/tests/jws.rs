//! Compact JWS (RFC 7515): which are believed, and what each trick is refused as.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;
mod openssl;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use certs::algorithm::{Algorithm, KeyKind};
use certs::issue::jws::{sign, sign_with};
use country::{CONTENT, Country, Owner, judge_jws, key, refusal};
use openssl::OpenSsl;
use serde_json::{Value, json};

fn header(owner: &Owner, alg: &str) -> Value {
    json!({"alg": alg, "x5c": [STANDARD.encode(&owner.certificate)]})
}

fn token(owner: &Owner, algorithm: Algorithm, header: &str) -> String {
    sign_with(CONTENT, &owner.key, algorithm, header).unwrap()
}

#[test]
fn believes_what_each_kind_of_key_signs() {
    let country = Country::new();
    for key in OpenSsl::new().keys() {
        let officer = country.officer(key);
        let token = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
        assert_eq!(judge_jws(&country.trust(), &token).unwrap().content(), CONTENT);
        let chain = [country.issuing.certificate().to_vec()];
        let token = sign(CONTENT, &officer.key, &officer.certificate, &chain).unwrap();
        assert!(judge_jws(&country.trust(), &token).is_ok());
    }
    let officer = country.officer(OpenSsl::new().rsa());
    let pss = token(&officer, Algorithm::RsaPssSha256, &header(&officer, "PS256").to_string());
    assert!(judge_jws(&country.trust(), &pss).is_ok());
}

#[test]
fn refuses_algorithms_that_are_none_or_symmetric_or_of_another_key() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    for name in ["none", "None", "HS256", "HS512", "RS1", "ES256K", "ES512", "PS512", "dir", "", "es256"] {
        let token = token(&officer, Algorithm::EcdsaP256Sha256, &header(&officer, name).to_string());
        assert_eq!(refusal(judge_jws(&country.trust(), &token)), "algorithm-not-accepted", "{name}");
    }
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode(CONTENT));
    assert_eq!(refusal(judge_jws(&country.trust(), &unsigned)), "algorithm-not-accepted");
    for name in ["RS256", "PS256", "ES384", "EdDSA"] {
        let token = token(&officer, Algorithm::EcdsaP256Sha256, &header(&officer, name).to_string());
        assert_eq!(refusal(judge_jws(&country.trust(), &token)), "signature-invalid", "{name}");
    }
}

#[test]
fn refuses_headers_that_choose_their_own_key_or_rules() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let members = [
        ("jwk", json!({"kty": "EC"})),
        ("jku", json!("https://example.org/keys")),
        ("x5u", json!("https://example.org/chain")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("x5t#S256", json!("AAAA")),
        ("x5t#S256", json!(7)),
        ("x5c", json!([])),
        ("x5c", json!("MII")),
        ("x5c", json!(["not base64!"])),
        ("x5c", json!(vec!["AAAA"; 9])),
        ("x5c", Value::Null),
        ("alg", json!(256)),
    ];
    for (name, value) in members {
        let mut header = header(&officer, "ES256");
        header[name] = value.clone();
        let token = token(&officer, Algorithm::EcdsaP256Sha256, &header.to_string());
        assert_eq!(refusal(judge_jws(&country.trust(), &token)), "malformed-signature", "{name} {value}");
    }
    let mut harmless = header(&officer, "ES256");
    harmless["typ"] = json!("JOSE");
    harmless["kid"] = json!("1");
    let digest = certs::algorithm::Digest::Sha256.of(&officer.certificate).unwrap();
    harmless["x5t#S256"] = json!(URL_SAFE_NO_PAD.encode(digest));
    let token = token(&officer, Algorithm::EcdsaP256Sha256, &harmless.to_string());
    assert!(judge_jws(&country.trust(), &token).is_ok());
}

#[test]
fn refuses_doubled_members_and_whatever_is_no_object() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let x5c = STANDARD.encode(&officer.certificate);
    for header in [
        format!("{{\"alg\":\"ES256\",\"x5c\":[\"{x5c}\"],\"alg\":\"ES256\"}}"),
        format!("{{\"alg\":\"ES256\",\"x5c\":[\"{x5c}\"],\"x5c\":[\"{x5c}\"]}}"),
        format!("{{\"alg\":\"ES256\",\"x5c\":[\"{x5c}\"],\"a\":1,\"\\u0061\":2}}"),
        format!("{{\"alg\":\"ES256\",\"x5c\":[\"{x5c}\"]}} "),
        format!("{{\"x5c\":[\"{x5c}\"]}}"),
        "[]".to_owned(),
        "\u{feff}{}".to_owned(),
        format!("{}1{}", "[".repeat(200), "]".repeat(200)),
        String::new(),
    ] {
        let token = token(&officer, Algorithm::EcdsaP256Sha256, &header);
        let judged = judge_jws(&country.trust(), &token).map(|_| ());
        // White space around the object is JSON; everything else is not a header.
        let expected = if header.ends_with("} ") { Ok(()) } else { Err("malformed-signature") };
        assert_eq!(judged, expected, "{header}");
    }
}

#[test]
fn base64url_is_strict() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let good = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    for bad in [
        format!("{good}\n"),
        format!(" {good}"),
        format!("{good}="),
        format!("{header}.{payload}==.{signature}"),
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{header}..{payload}.{signature}"),
        format!("{header}.{payload}.{signature}\0"),
        String::new(),
    ] {
        assert_eq!(refusal(judge_jws(&country.trust(), &bad)), "malformed-signature", "{bad}");
    }
    // 64 octets leave four unused bits in the last character: another character that decodes to the same octets is another text.
    let last = signature.chars().last().unwrap();
    let other = char::from_u32(u32::from(last) + 1).unwrap();
    let twin = format!("{}{other}", good.strip_suffix(last).unwrap());
    assert!(judge_jws(&country.trust(), &twin).is_err());
}

#[test]
fn no_changed_bit_verifies() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let token = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap().into_bytes();
    for at in 0..token.len() * 8 {
        let mut changed = token.clone();
        changed[at / 8] ^= 1 << (at % 8);
        let judged = country::judge_at(&trust, certs::EnvelopeKind::Jws, &changed, country::NOW);
        assert!(judged.is_err(), "bit {at}");
    }
}

#[test]
fn the_first_certificate_is_the_signers() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let x5c = [country.issuing.certificate(), &officer.certificate].map(|der| STANDARD.encode(der));
    let wrong_first =
        token(&officer, Algorithm::EcdsaP256Sha256, &json!({"alg": "ES256", "x5c": x5c}).to_string());
    assert_eq!(refusal(judge_jws(&country.trust(), &wrong_first)), "signature-invalid");
    let unreadable = json!({"alg": "ES256", "x5c": ["AAAA", STANDARD.encode(&officer.certificate)]});
    let unreadable = token(&officer, Algorithm::EcdsaP256Sha256, &unreadable.to_string());
    assert_eq!(refusal(judge_jws(&country.trust(), &unreadable)), "malformed-signature");
}
