//! What the national toolchain signed and stamped (`vectors/nca/ORIGIN.md`), verified to the letter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use certs::anchors::{Anchors, Role};
use certs::path::Certificate;
use certs::revocation::{RevocationStore, Terms};
use certs::{Profile, Trust};

const SIGNED: i64 = 1_664_313_479; // 2022-09-27T21:17:59Z, as the two signers say
const STAMPED: i64 = 1_663_507_214; // 2022-09-18T13:20:14Z

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/vectors/nca/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn certificate(name: &str) -> Arc<Certificate> {
    let content = vector(name);
    let der = der::pem::decode_vec(&content).map_or_else(|_| content.clone(), |(_, der)| der);
    Certificate::parse(&der).unwrap()
}

/// The test authorities as anchors, and their revocation lists as they were at `at`.
fn trust(at: i64) -> Trust {
    let names = ["ca/test/nca_gost2015_test.cer", "ca/test/nca_gost_test.crt", "ca/test/nca_rsa_test.crt"];
    let anchors = Arc::new(Anchors::new(names.map(|name| (certificate(name), Role::Anchor))));
    let mut store = RevocationStore::new(anchors.clone(), Terms::STRICT);
    for name in ["crl/nca_gost2022_test.crl", "crl/nca_gost_test.crl", "crl/nca_rsa_test.crl"] {
        // Lists that are not current at that instant say nothing of it.
        drop(store.accept_crl(vector(name), &[], at));
    }
    Trust::new(anchors, Profile::named("national-test").unwrap(), store)
}

#[test]
fn the_gost_2015_signature_of_a_test_person_is_believed_while_the_certificate_lasts() {
    let message = vector("signed/ncanode_signed_cms.cms");
    let signers = trust(SIGNED).inspect_cms(&message, None, SIGNED).unwrap();
    let [gost, rsa] = &signers[..] else { panic!("two signers") };
    let (signer, _) = gost.verdict.as_ref().unwrap();
    assert_eq!(signer.key().to_string(), "gost-2015-512");
    assert_eq!(signer.iin().unwrap().as_str(), "123456789012");
    assert_eq!(signer.signed_at(), Some(SIGNED));
    // The RSA certificate ended in January 2022, eight months before it was used.
    assert_eq!(rsa.verdict.as_ref().unwrap_err().code(), "certificate-expired");
    let claimed = rsa.claimed.as_ref().unwrap();
    assert_eq!(
        (claimed.iin.as_ref().unwrap().as_str(), claimed.key.to_string()),
        ("123456789011", "rsa-2048".into())
    );
}

#[test]
fn a_detached_message_needs_its_content_and_the_right_one() {
    let message = vector("signed/ncanode_signed_detached_cms.cms");
    let content = vector("signed/ncanode_cms_content.txt");
    let codes = |content: Option<&[u8]>| -> Vec<Option<&'static str>> {
        let signers = trust(SIGNED).inspect_cms(&message, content, SIGNED).unwrap();
        signers.iter().map(|signer| signer.verdict.as_ref().err().map(|untrusted| untrusted.code())).collect()
    };
    assert_eq!(codes(Some(&content)), [None, Some("certificate-expired")]);
    assert_eq!(codes(Some(b"test124")), [Some("signature-invalid"); 2]);
    assert!(trust(SIGNED).inspect_cms(&message, None, SIGNED).is_err());
    let attached = vector("signed/ncanode_signed_cms.cms");
    assert!(trust(SIGNED).inspect_cms(&attached, Some(&content), SIGNED).is_err());
}

#[test]
fn the_time_stamp_of_the_national_authority_is_believed() {
    let token = vector("timestamp/tsp_token.bin");
    let at = STAMPED + 1;
    let stamped = trust(at).verify_time_stamp(&token, None, at).unwrap();
    assert_eq!((stamped.instant(), stamped.policy()), (STAMPED, "1.2.398.3.3.2.6.1"));
    let refused = |at| trust(at).verify_time_stamp(&token, None, at).unwrap_err().code();
    assert_eq!(refused(STAMPED - 3600), "signature-invalid");
    // Its imprint is SHA-1, which proves nothing of a signature made today.
    assert_eq!(
        trust(at).verify_time_stamp(&token, Some(b"x"), at).unwrap_err().code(),
        "algorithm-not-accepted"
    );
}

#[test]
fn every_changed_bit_of_a_national_message_and_token_shows() {
    let message = vector("signed/ncanode_signed_cms_one_signer.cms");
    let trust = trust(SIGNED);
    // The certificate is expired; a good signature gets as far as that.
    let verdict = |message: &[u8]| -> Option<&'static str> {
        let signers = trust.inspect_cms(message, None, SIGNED).ok()?;
        let [one] = &signers[..] else { return None };
        one.verdict.as_ref().err().map(|untrusted| untrusted.code())
    };
    assert_eq!(verdict(&message), Some("certificate-expired"));
    let content = message.windows(7).position(|window| window == b"test123").unwrap();
    // Everything from the signed attributes on is signed or the signature.
    let attributes = message.len() - 260 - 15 - 107;
    for at in (content..content + 7).chain(attributes..message.len()) {
        for bit in 0..8 {
            let mut changed = message.clone();
            changed[at] ^= 1 << bit;
            assert_ne!(verdict(&changed), Some("certificate-expired"), "octet {at} bit {bit}");
        }
    }
    let token = vector("timestamp/tsp_token.bin");
    for at in 59..158 {
        let mut changed = token.clone();
        changed[at] ^= 4;
        assert!(trust.verify_time_stamp(&changed, None, STAMPED + 1).is_err(), "octet {at}");
    }
}
