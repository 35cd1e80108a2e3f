//! A folder of anchors is taken as its manifest says, or not at all.
#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod forge;

use certs::anchors::{AnchorError, Anchors, Role};
use certs::path::{Certificate, Constraints, validate};
use forge::*;

fn manifest(entries: &[(&str, &Certificate, &str)]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(file, certificate, role)| {
            serde_json::json!({"file": file, "sha256": hex::encode(certificate.fingerprint()), "role": role})
        })
        .collect();
    serde_json::json!({"version": 1, "certificates": entries}).to_string().into_bytes()
}

fn load(files: &[(&str, &[u8])]) -> Result<Anchors, AnchorError> {
    Anchors::from_files(files.iter().copied())
}

#[test]
fn without_a_manifest_what_another_in_the_folder_issued_is_an_authority() {
    let root = root("ROOT");
    let center = root.delegate(&profile(2, "CENTER").authority(Some(0)), key()).unwrap();
    let orphan = forge::root("GONE").delegate(&profile(3, "ORPHAN").authority(Some(0)), key()).unwrap();
    let set =
        load(&[("a", root.certificate()), ("b", center.certificate()), ("c", orphan.certificate())]).unwrap();
    let role = |certificate: &Certificate| set.iter().find(|(found, _)| ***found == *certificate).unwrap().1;
    assert_eq!(role(&parsed(&root)), Role::Anchor);
    assert_eq!(role(&parsed(&center)), Role::Authority);
    assert_eq!(role(&parsed(&orphan)), Role::Anchor, "a test authority without a published root");
    let leaf = issued(&center, &profile(5, "leaf"));
    assert_eq!(validate(&leaf, &[], &set, NOW, &Constraints::PLAIN).unwrap().certificates().len(), 2);
}

#[test]
fn a_manifest_decides_what_belongs() {
    let [root, other] = ["ROOT", "OTHER"].map(root);
    let (one, two) = (parsed(&root), parsed(&other));
    let listed = manifest(&[("a", &one, "anchor")]);
    assert!(load(&[("manifest.json", &listed), ("a", one.der())]).is_ok());
    let found = load(&[("manifest.json", &listed), ("a", one.der()), ("b", two.der())]);
    assert!(matches!(found, Err(AnchorError::Unlisted { file }) if file == "b"));
    let found = load(&[("manifest.json", &listed), ("a", two.der())]);
    assert!(matches!(found, Err(AnchorError::Fingerprint { .. })));
    let both = manifest(&[("a", &one, "anchor"), ("b", &two, "anchor")]);
    assert!(
        matches!(load(&[("manifest.json", &both), ("a", one.der())]), Err(AnchorError::Missing { file }) if file == "b")
    );
}

#[test]
fn refuses_manifests_of_another_form_and_folders_of_nothing() {
    let root = root("ROOT");
    let of = |text: &str| load(&[("manifest.json", text.as_bytes()), ("a", root.certificate())]);
    assert!(matches!(of(r#"{"version": 2, "certificates": []}"#), Err(AnchorError::Version { found: 2 })));
    assert!(matches!(of(r#"{"version": 1, "certificates": [], "more": 1}"#), Err(AnchorError::Manifest(_))));
    assert!(matches!(load(&[]), Err(AnchorError::Empty)));
    assert!(matches!(load(&[("notes.txt", b"hello")]), Err(AnchorError::Empty)));
    assert!(load(&[("notes.txt", b"hello"), ("a", root.certificate())]).is_ok());
    let broken = root.certificate().split_last().unwrap().1;
    assert!(matches!(load(&[("b", broken), ("a", root.certificate())]), Err(AnchorError::Unreadable { .. })));
    let person = issued(&root, &profile(5, "leaf"));
    assert!(matches!(load(&[("a", person.der())]), Err(AnchorError::NotAnAuthority { .. })));
}

#[test]
fn an_authority_of_the_set_is_no_anchor() {
    let root = root("ROOT");
    let center = root.delegate(&profile(2, "CENTER").authority(Some(0)), key()).unwrap();
    let set = Anchors::new([(parsed(&center), Role::Authority)]);
    let leaf = issued(&center, &profile(5, "leaf"));
    assert!(validate(&leaf, &[], &set, NOW, &Constraints::PLAIN).is_err());
    assert!(set.find(parsed(&center).fingerprint()).is_none());
}

#[test]
fn the_shipped_authorities_are_what_their_manifest_says() {
    let set = Anchors::national().unwrap();
    let roots = set.iter().filter(|(_, role)| *role == Role::Anchor).count();
    assert_eq!((roots, set.iter().count()), (5, 11));
}
