//! Signatures that prove nothing (SLS 16-2(1)): refused by name, unheard by any registry.

use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use negiz_tests::country::{CMS, Country, JOSE};
use negiz_tests::document::bytes;
use negiz_tests::sign::Hand;
use serde_json::{Value, json};

use crate::refusals::{lawful, unheard};

on_both_databases!(
    refuses_content_changed_after_signing,
    refuses_a_detached_signature_and_more_than_one_signer,
    refuses_certificates_of_no_trusted_authority,
    refuses_a_channel_certificate_as_a_signature,
    refuses_algorithms_that_are_not_accepted,
    refuses_tokens_that_bring_their_own_trust,
    refuses_a_signature_by_another_key_than_the_certificates,
);

fn refuses(country: &Country, code: &str, media_type: &str, body: Vec<u8>) {
    let agency = &country.manifest.lead().agency;
    unheard(country, || drop(country.refused(code, &country.post(agency, media_type, body))));
}

fn replaced(body: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = body.windows(old.len()).position(|part| part == old).expect("it is there");
    [&body[..at], new, &body[at + old.len()..]].concat()
}

fn refuses_content_changed_after_signing(country: &Country) {
    for officer in country.manifest.officers.iter().filter(|officer| officer.state == "registered") {
        let signed = country.hand(officer).cms(&bytes(&lawful(country)));
        let agency = &officer.agency;
        unheard(country, || {
            let changed = replaced(&signed, b"driver", b"drivxr");
            country.refused("signature-invalid", &country.post(agency, CMS, changed));
            let mut flipped = signed.clone();
            let last = flipped.len() - 5;
            flipped[last] ^= 1;
            country.refused("signature-invalid", &country.post(agency, CMS, flipped));
        });
    }
    let token =
        String::from_utf8(country.hand(country.manifest.lead()).jws(&bytes(&lawful(country)))).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let content = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let changed = URL_SAFE_NO_PAD.encode(replaced(&content, b"driver", b"drivxr"));
    let body = format!("{}.{changed}.{}", parts[0], parts[2]);
    refuses(country, "signature-invalid", JOSE, body.into_bytes());
}

fn refuses_a_detached_signature_and_more_than_one_signer(country: &Country) {
    let lead = country.manifest.lead();
    let content = bytes(&lawful(country));
    let detached = country.hand(lead).openssl(&content, &[]);
    refuses(country, "malformed-signature", CMS, detached);
    let second = country.manifest.officer("hasenov");
    let (certificate, key) = (country.path(&second.cert), country.path(&second.key));
    let more = ["-nodetach", "-signer", certificate.to_str().unwrap(), "-inkey", key.to_str().unwrap()];
    let two = country.hand(lead).openssl(&content, &more);
    refuses(country, "malformed-signature", CMS, two);
}

fn self_signed(country: &Country, name: &str) -> Hand {
    let (certificate, key): (PathBuf, PathBuf) =
        (country.path(&format!("{name}.pem")), country.path(&format!("{name}.key")));
    let subject = format!("/CN=Somebody/serialNumber=IIN{}", country.manifest.lead().iin);
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "5",
        ])
        .args(["-subj", &subject, "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success());
    Hand::at(&certificate, &key)
}

fn refuses_certificates_of_no_trusted_authority(country: &Country) {
    let hand = self_signed(country, "self-signed");
    refuses(country, "certificate-untrusted", CMS, hand.cms(&bytes(&lawful(country))));
    refuses(country, "certificate-untrusted", JOSE, hand.jws(&bytes(&lawful(country))));
}

fn refuses_a_channel_certificate_as_a_signature(country: &Country) {
    let agency = country.manifest.agency(&country.manifest.lead().agency);
    let hand = Hand::at(&country.path(&agency.cert), &country.path(&agency.key));
    refuses(country, "certificate-untrusted", CMS, hand.cms(&bytes(&lawful(country))));
}

fn header(country: &Country, more: &Value) -> String {
    let x5c = STANDARD.encode(country.hand(country.manifest.lead()).certificate_der());
    let mut header = json!({ "alg": "ES256", "x5c": [x5c] });
    for (name, value) in more.as_object().unwrap() {
        header[name] = value.clone();
    }
    header.to_string()
}

fn refuses_algorithms_that_are_not_accepted(country: &Country) {
    let hand = country.hand(country.manifest.lead());
    for algorithm in ["none", "None", "HS256", "HS512", "RS1", "ES256K", "dir"] {
        let header = header(country, &json!({ "alg": algorithm }));
        let token = hand.jws_with(&bytes(&lawful(country)), &header);
        refuses(country, "algorithm-not-accepted", JOSE, token);
    }
    let content = bytes(&lawful(country));
    let weak =
        country.hand(country.manifest.officer("bekova")).openssl(&content, &["-nodetach", "-md", "sha1"]);
    refuses(country, "algorithm-not-accepted", CMS, weak);
}

fn refuses_tokens_that_bring_their_own_trust(country: &Country) {
    let hand = country.hand(country.manifest.lead());
    for more in [
        json!({ "jku": "https://127.0.0.1:1/keys" }),
        json!({ "jwk": {} }),
        json!({ "x5u": "https://127.0.0.1:1/chain" }),
        json!({ "crit": ["exp"], "exp": 1 }),
        json!({ "crit": [] }),
        json!({ "b64": false, "crit": ["b64"] }),
        json!({ "x5c": [] }),
        json!({ "x5c": "x" }),
        json!({ "zip": "DEF" }),
    ] {
        let token = hand.jws_with(&bytes(&lawful(country)), &header(country, &more));
        refuses(country, "malformed-signature", JOSE, token);
    }
    let bare = hand.jws_with(&bytes(&lawful(country)), r#"{"alg":"ES256"}"#);
    refuses(country, "malformed-signature", JOSE, bare);
}

fn refuses_a_signature_by_another_key_than_the_certificates(country: &Country) {
    let stranger = self_signed(country, "stranger");
    let token = stranger.jws_with(&bytes(&lawful(country)), &header(country, &json!({})));
    refuses(country, "signature-invalid", JOSE, token);
}
