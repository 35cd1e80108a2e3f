//! The command itself: usage, folders, lists.

use negiz_tests::command::run;
use serde_json::Value;

use crate::{check, file, sample};

#[test]
fn usage_is_status_2_and_what_cannot_be_read_status_3() {
    for wrong in [
        &["trust"][..],
        &["trust", "check"],
        &["trust", "check", "--at", "yesterday", "x"],
        &["trust", "check", "--profile", "lenient", "x"],
        &["trust", "check", "--content"],
    ] {
        assert_eq!(run(wrong).status, 2, "{wrong:?}");
    }
    let person = sample("certificates/individual_valid_sign_2004_rsa.cer");
    let person = person.to_str().unwrap();
    for missing in [
        &["trust", "check", "/nowhere"][..],
        &["trust", "check", "--anchors", "/nowhere", person],
        &["trust", "check", "--crl", "/nowhere", person],
        &["trust", "check", "--content", "/nowhere", person],
    ] {
        let done = run(missing);
        assert_eq!((done.status, done.said.as_str()), (3, ""), "{done:?}");
        assert!(done.complained.starts_with("negiz: cannot read "), "{done:?}");
    }
}

#[test]
fn whatever_the_octets_there_is_an_opinion() {
    let directory = tempfile::tempdir().unwrap();
    for octets in [
        &b""[..],
        b"0",
        b"\x30\x80",
        b"\x30\x84\xff\xff\xff\xff",
        b"a.b.c",
        b"-----BEGIN X-----",
        b"eyJ",
        &[0x30; 70_000],
    ] {
        let found = check(&file(&directory, "any", octets), &[]);
        assert_eq!(found.verdict(), ("invalid", "malformed-signature"), "{found:?}");
    }
}

#[test]
fn people_get_words() {
    let person = sample("certificates/individual_valid_sign_2004_rsa.cer");
    let done = run(&["trust", "check", person.to_str().unwrap()]);
    assert_eq!(done.status, 1);
    assert!(done.said.contains("certificate, INVALID (certificate-untrusted)"), "{done:?}");
    assert!(done.said.contains("it says it was issued by C=KZ, CN=ҰКО 3.0 (RSA TEST)"), "{done:?}");
}

#[test]
fn the_authorities_trusted_are_listed_with_fingerprints() {
    let done = run(&["trust", "list", "--json"]);
    assert_eq!(done.status, 0);
    let listed: Vec<Value> = serde_json::from_str(&done.said).unwrap();
    assert_eq!(listed.len(), 11);
    assert_eq!(listed.iter().filter(|one| one["role"] == "anchor").count(), 5);
    let found = |fingerprint: &str| listed.iter().find(|one| one["sha256"] == fingerprint).unwrap().clone();
    let root = found("af77725f8328bb24f89d81da3acdf7cee4324248538b7ba2cd2a860517fb9dca");
    assert_eq!((&root["algorithm"], &root["role"]), (&"gost-2015-512".into(), &"anchor".into()));
    assert_eq!(root["subject"], "CN=НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022, C=KZ");
    assert_eq!(root["key-id"], "13b00cfba9629f0a3eb6192a2156a24867d0f3bd");
    assert_eq!(root["not-after"], "2045-09-08T04:56:12Z");
    let words = run(&["trust", "list"]);
    assert!(words.said.contains("sha-256  af77725f8328bb24"), "{words:?}");
}

#[test]
fn a_folder_that_its_manifest_does_not_describe_is_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let authority = std::fs::read(sample("ca/test/nca_gost2015_test.cer")).unwrap();
    file(&directory, "a.cer", &authority);
    let folder = directory.path().to_str().unwrap();
    let list = || run(&["trust", "list", "--anchors", folder]);
    assert_eq!(list().status, 0);
    let manifest = |fingerprint: &str| {
        let text = serde_json::json!({"version": 1, "certificates": [{"file": "a.cer", "sha256": fingerprint, "role": "anchor"}]});
        file(&directory, "manifest.json", text.to_string().as_bytes());
    };
    manifest(&hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&authority)));
    assert_eq!(list().status, 0);
    manifest(&"0".repeat(64));
    let done = list();
    assert_eq!(done.status, 3);
    assert!(done.complained.contains("the manifest says 000000"), "{done:?}");
}
