//! Signed messages (RFC 5652): which are believed, and what each trick is refused as.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;
mod openssl;

use certs::algorithm::{Algorithm, Digest, KeyKind};
use certs::cms::oid;
use certs::issue::cms::{
    Attribute, Draft, content_type, message_digest, sign, signing_certificate, signing_time,
};
use certs::path::Certificate;
use certs::{Envelope, EnvelopeKind, Role};
use country::{BIN, CONTENT, Country, IIN, NOW, Owner, judge_cms, key, officer_profile, refusal};
use openssl::OpenSsl;

fn draft(owner: &Owner) -> Draft {
    Draft::new(CONTENT, &owner.key, &owner.certificate).unwrap()
}

fn sealed(draft: &Draft, owner: &Owner) -> Vec<u8> {
    draft.sign(&owner.key).unwrap()
}

#[test]
fn believes_what_each_kind_of_key_signs_and_says_who_signed() {
    let country = Country::new();
    let trust = country.trust();
    for key in OpenSsl::new().keys() {
        let kind = key.kind();
        let officer = country.officer(key);
        let message = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
        let verified = judge_cms(&trust, &message).unwrap();
        assert_eq!(verified.content(), CONTENT);
        assert_eq!(verified.signer().key(), kind);
        assert_eq!(verified.signer().iin().unwrap().as_str(), IIN);
        assert_eq!(verified.signer().bin().unwrap().as_str(), BIN);
        assert_eq!(verified.signer().roles(), [Role::Organisation, Role::Employee]);
        assert!(!format!("{verified:?}").contains(IIN));
    }
}

#[test]
fn believes_what_openssl_signs_in_der_and_in_streamed_ber() {
    let (country, openssl) = (Country::new(), OpenSsl::new());
    let trust = country.trust();
    openssl.write("request.json", CONTENT);
    for (at, key) in openssl.keys().into_iter().enumerate() {
        openssl.write("o.key", key.to_pkcs8_pem().unwrap().as_bytes());
        let ed25519 = key.kind() == KeyKind::Ed25519;
        let officer = country.officer(key);
        openssl.write_pem("o.pem", "CERTIFICATE", &officer.certificate);
        // OpenSSL 3.0 cannot make CMS signatures with Ed25519.
        if ed25519 {
            continue;
        }
        for options in
            ["", "-stream", "-noattr", "-keyid", "-cades", "-nosmimecap -md sha512", "-md sha384 -stream"]
        {
            if options.contains("512") && at > 0 {
                continue;
            }
            let command = format!(
                "cms -sign -binary -nodetach -outform DER -signer o.pem -inkey o.key -md sha256 {options} -in request.json -out s.cms"
            );
            openssl.accepts(&command);
            let verified = judge_cms(&trust, &openssl.read("s.cms"));
            assert_eq!(
                verified.map(|verified| verified.content().to_vec()),
                Ok(CONTENT.to_vec()),
                "{options}"
            );
        }
    }
}

#[test]
fn believes_rsa_pss_with_a_salt_as_long_as_the_digest() {
    let (country, openssl) = (Country::new(), OpenSsl::new());
    let officer = country.officer(openssl.rsa());
    openssl.write("request.json", CONTENT);
    openssl.write("o.key", officer.key.to_pkcs8_pem().unwrap().as_bytes());
    openssl.write_pem("o.pem", "CERTIFICATE", &officer.certificate);
    for (salt, expected) in [("32", Ok(())), ("20", Err("algorithm-not-accepted"))] {
        openssl.accepts(&format!(
            "cms -sign -binary -nodetach -outform DER -signer o.pem -inkey o.key -md sha256 -in request.json -out s.cms \
             -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:{salt}"
        ));
        assert_eq!(judge_cms(&country.trust(), &openssl.read("s.cms")).map(|_| ()), expected);
    }
}

#[test]
fn openssl_believes_what_is_signed_here() {
    let (country, openssl) = (Country::new(), OpenSsl::new());
    openssl.write_pem("root.pem", "CERTIFICATE", country.root.certificate());
    for key in openssl.keys() {
        // OpenSSL 3.0 cannot read CMS signatures with Ed25519.
        if key.kind() == KeyKind::Ed25519 {
            continue;
        }
        let officer = country.officer(key);
        let chain = [country.issuing.certificate().to_vec()];
        let message = sign(CONTENT, &officer.key, &officer.certificate, &chain).unwrap();
        openssl.write("s.cms", &message);
        openssl.accepts(&format!(
            "cms -verify -binary -inform DER -in s.cms -CAfile root.pem -purpose any -attime {NOW} -out out.json"
        ));
        assert_eq!(openssl.read("out.json"), CONTENT);
    }
}

#[test]
fn no_changed_bit_verifies_as_another_text_or_another_person() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let message = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
    let digest = *judge_cms(&trust, &message).unwrap().signer().certificate_digest();
    let mut believed = 0;
    for at in 0..message.len() * 8 {
        let mut changed = message.clone();
        changed[at / 8] ^= 1 << (at % 8);
        if let Ok(verified) = judge_cms(&trust, &changed) {
            assert_eq!(verified.content(), CONTENT);
            assert_eq!(*verified.signer().certificate_digest(), digest);
            believed += 1;
        }
    }
    // What is not signed and decides nothing: versions, and the list of digests for one-pass readers.
    assert!(believed <= 8 * 20, "{believed} bits may be changed unseen");
}

#[test]
fn refuses_a_message_cut_short_anywhere() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let message = sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
    for length in 0..message.len() {
        assert_eq!(
            refusal(judge_cms(&country.trust(), &message[..length])),
            "malformed-signature",
            "{length}"
        );
    }
}

#[test]
fn refuses_attributes_that_do_not_say_each_thing_once() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let digest = || message_digest(Digest::Sha256, CONTENT).unwrap();
    let twice = |attribute: Attribute| (attribute.0, [attribute.1.clone(), attribute.1].concat());
    let other = message_digest(Digest::Sha256, b"other").unwrap();
    let data = content_type(&oid::DATA);
    let cases: [(&str, Vec<Attribute>, &str); 9] = [
        ("no contentType", vec![digest()], "malformed-signature"),
        ("no messageDigest", vec![data.clone()], "malformed-signature"),
        ("two messageDigests", vec![data.clone(), digest(), other.clone()], "malformed-signature"),
        ("messageDigest of two values", vec![data.clone(), twice(digest())], "malformed-signature"),
        (
            "two contentTypes",
            vec![data.clone(), content_type(&oid::TST_INFO), digest()],
            "malformed-signature",
        ),
        ("no value", vec![(oid::CONTENT_TYPE, vec![]), digest()], "malformed-signature"),
        ("another contentType", vec![content_type(&oid::SIGNED_DATA), digest()], "signature-invalid"),
        ("another messageDigest", vec![data.clone(), other], "signature-invalid"),
        (
            "another digest's messageDigest",
            vec![data.clone(), message_digest(Digest::Sha384, CONTENT).unwrap()],
            "signature-invalid",
        ),
    ];
    for (what, attributes, code) in cases {
        let mut draft = draft(&officer);
        draft.signed = attributes;
        assert_eq!(refusal(judge_cms(&country.trust(), &sealed(&draft, &officer))), code, "{what}");
    }
    let mut plain = draft(&officer);
    plain.signed = vec![data, digest(), signing_time(NOW).unwrap()];
    let verified = judge_cms(&country.trust(), &sealed(&plain, &officer)).unwrap();
    assert_eq!(verified.signer().signed_at(), Some(NOW));
}

#[test]
fn refuses_another_certificate_than_the_signature_names() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    // The same key under a second certificate with the same number, as a careless authority might issue it.
    let renewed = country.issuing.certify(&officer_profile(101), officer.key.spki_der()).unwrap();
    let mut draft = draft(&officer);
    draft.signed[2] = signing_certificate(&renewed).unwrap();
    assert_eq!(refusal(judge_cms(&country.trust(), &sealed(&draft, &officer))), "signature-invalid");
    draft.signed[2].1[0] = vec![0x30, 0x00];
    assert_eq!(refusal(judge_cms(&country.trust(), &sealed(&draft, &officer))), "signature-invalid");
}

#[test]
fn finds_the_certificate_wherever_it_stands_and_by_either_name() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let stranger = country.certify(&officer_profile(300), key(KeyKind::P256));
    let mut draft = draft(&officer);
    draft.certificates.insert(0, stranger.certificate);
    draft.certificates.insert(1, country.root.certificate().to_vec());
    assert!(judge_cms(&trust, &sealed(&draft, &officer)).is_ok());
    let certificate = Certificate::parse(&officer.certificate).unwrap();
    let by_key = draft.clone().by_key_identifier(certificate.extensions().subject_key_id.as_deref().unwrap());
    assert!(judge_cms(&trust, &sealed(&by_key, &officer)).is_ok());
    draft.certificates.clear();
    assert_eq!(refusal(judge_cms(&trust, &sealed(&draft, &officer))), "certificate-untrusted");
    let trust = country.trust().with_known(vec![certificate]);
    assert!(judge_cms(&trust, &sealed(&draft, &officer)).is_ok());
}

#[test]
fn refuses_detached_content_and_any_number_of_signers_but_one() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let mut draft = draft(&officer);
    let info = draft.signer_info(&draft.signature(&officer.key).unwrap());
    for signers in [vec![], vec![info.clone(), info.clone()], vec![info; 17]] {
        assert_eq!(refusal(judge_cms(&country.trust(), &draft.message(&signers))), "malformed-signature");
    }
    draft.attached = false;
    assert_eq!(refusal(judge_cms(&country.trust(), &sealed(&draft, &officer))), "malformed-signature");
}

#[test]
fn refuses_attributes_of_another_message_as_content() {
    let country = Country::new();
    let officer = country.officer(key(KeyKind::P256));
    let honest = draft(&officer);
    let signature = honest.signature(&officer.key).unwrap();
    let message = honest.with_signature(&signature);
    // The same signature, with the signed attributes presented as what was signed.
    let mut forged = honest;
    let start = message.windows(4).position(|window| window == [0x04, 0x0d, b'{', b'"']).unwrap();
    assert!(start > 0);
    forged.content = attributes_of(&message);
    forged.signed.clear();
    assert_eq!(
        refusal(judge_cms(&country.trust(), &forged.with_signature(&signature))),
        "malformed-signature"
    );
}

/// The SET OF that the signature in `message` is over.
fn attributes_of(message: &[u8]) -> Vec<u8> {
    // [0] IMPLICIT beginning with the contentType attribute.
    let attribute = [0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
    let at = message.windows(13).position(|window| window == attribute).unwrap();
    let head = (1..5).find(|back| message[at - back] == 0xa0).unwrap();
    let length = usize::from(message[at - 1]);
    let mut set = message[at - head..at + length].to_vec();
    set[0] = 0x31;
    set
}

#[test]
fn refuses_algorithms_that_do_not_belong_together() {
    let country = Country::new();
    let trust = country.trust();
    let officer = country.officer(key(KeyKind::P256));
    let rsa = country.officer(OpenSsl::new().rsa());
    let named = |algorithm: Algorithm| algorithm.identifier_der().unwrap();

    let mut confused = draft(&officer);
    confused.algorithm = named(Algorithm::RsaPkcs1Sha256);
    assert_eq!(refusal(judge_cms(&trust, &sealed(&confused, &officer))), "signature-invalid");

    let mut mismatch = draft(&rsa);
    mismatch.signs_with = Algorithm::RsaPkcs1Sha512;
    mismatch.algorithm = named(Algorithm::RsaPkcs1Sha512);
    assert_eq!(refusal(judge_cms(&trust, &sealed(&mismatch, &rsa))), "signature-invalid");

    let mut old = draft(&rsa);
    old.digest = Digest::Sha1;
    old.signed[1] = message_digest(Digest::Sha1, CONTENT).unwrap();
    old.algorithm = named(Algorithm::RsaPkcs1Sha1);
    assert_eq!(refusal(judge_cms(&trust, &sealed(&old, &rsa))), "algorithm-not-accepted");

    let mut unknown = draft(&officer);
    unknown.algorithm = vec![0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
    assert_eq!(refusal(judge_cms(&trust, &sealed(&unknown, &officer))), "algorithm-not-accepted");
}

#[test]
fn refuses_what_is_larger_or_deeper_than_any_request() {
    let too_large = vec![0x30; 256 * 1024 + 1];
    assert!(Envelope::parse(EnvelopeKind::Cms, &too_large).is_err());
    assert!(Envelope::parse(EnvelopeKind::Cms, &[0x30, 0x80].repeat(100_000)).is_err());
    assert!(Envelope::parse(EnvelopeKind::Cms, b"").is_err());
}

#[test]
fn media_types_name_the_envelope() {
    let kind = EnvelopeKind::from_media_type;
    assert_eq!(kind("application/pkcs7-mime"), Some(EnvelopeKind::Cms));
    assert_eq!(
        kind("Application/PKCS7-MIME; smime-type=signed-data; name=\"x.p7m\""),
        Some(EnvelopeKind::Cms)
    );
    assert_eq!(kind("application/cms"), Some(EnvelopeKind::Cms));
    assert_eq!(kind("application/jose; charset=utf-8"), Some(EnvelopeKind::Jws));
    assert_eq!(kind("application/pkcs7-mime; smime-type=enveloped-data"), None);
    assert_eq!(kind("application/json"), None);
    assert_eq!(kind("application/jose+json"), None);
    assert_eq!(kind(""), None);
}
