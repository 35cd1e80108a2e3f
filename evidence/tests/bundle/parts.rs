//! Each part of a bundle counts: taken away or changed, the verdict is another.

use evidence::archive::Archive;
use evidence::bundle::Shown;
use evidence::report::Verdict;
use evidence::{Bundle, Report, verify_bundle};

use crate::auditor::{Auditor, answer, grant, granted, says, shown};

#[test]
fn a_bundle_stripped_of_its_grant_is_incomplete() {
    let auditor = Auditor::new();
    let mut bundle = auditor.whole();
    bundle.entries.remove(0);
    let report = auditor.verify(&bundle);
    assert_eq!(report.verdict(), Verdict::Wrong, "the grant's documents belong to nothing: {report}");
    says(&report, Verdict::Missing, "the grant that entry 1 belongs to, entry 0, is not shown");
    let mut bare =
        shown(&[grant(&granted().to_bytes().unwrap()), answer()], vec![Shown::Nothing, Shown::Nothing]);
    bare.entries.remove(0);
    assert_eq!(auditor.verify(&bare).verdict(), Verdict::Missing);
}

/// The files of a bundle, one by one, and what is said once `change` was done to them.
fn after(auditor: &Auditor, change: impl Fn(&str, &[u8]) -> Option<Vec<u8>>) -> Option<Report> {
    let whole = Archive::from_bytes(&auditor.whole().to_bytes().unwrap()).unwrap();
    let mut changed = Archive::new();
    for name in whole.names() {
        if let Some(bytes) = change(name, whole.get(name).unwrap()) {
            changed.put(name, bytes).unwrap();
        }
    }
    let bytes = changed.to_bytes("mimetype").ok()?;
    Bundle::from_bytes(&bytes).ok().map(|bundle| verify_bundle(&bundle, &auditor.trust()))
}

fn files(auditor: &Auditor) -> Vec<String> {
    let whole = Archive::from_bytes(&auditor.whole().to_bytes().unwrap()).unwrap();
    whole.names().map(str::to_owned).collect()
}

#[test]
fn every_file_of_a_bundle_counts() {
    let auditor = Auditor::new();
    let files = files(&auditor);
    assert_eq!(files.len(), 11, "{files:?}");
    let whole = after(&auditor, |_, bytes| Some(bytes.to_vec())).unwrap();
    assert!(whole.verified(), "{whole}");
    for file in files {
        let without = after(&auditor, |name, bytes| (name != file).then(|| bytes.to_vec()));
        let verified = without.is_some_and(|report| report.verified());
        assert!(!verified, "verified without {file}");
        for place in [0, 1, 2] {
            let changed = after(&auditor, |name, bytes| {
                let mut bytes = bytes.to_vec();
                if name == file {
                    let at = (bytes.len() - 1) * place / 2;
                    bytes[at] ^= 1;
                }
                Some(bytes)
            });
            assert!(
                !changed.is_some_and(|report| report.verified()),
                "verified with a bit of {file} changed"
            );
        }
    }
}

#[test]
fn every_member_of_the_index_counts() {
    let auditor = Auditor::new();
    let paths = [
        "/version",
        "/entries",
        "/entries/0",
        "/entries/1",
        "/entries/0/proof",
        "/entries/0/statement",
        "/entries/0/salt",
        "/time-stamp/relied-on",
        "/time-stamp/relied-on/0",
        "/time-stamp",
    ];
    for path in paths {
        let report = after(&auditor, |name, bytes| {
            if name != "bundle.json" {
                return Some(bytes.to_vec());
            }
            let mut index: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            let (parent, last) = path.rsplit_once('/').unwrap();
            match index.pointer_mut(parent).unwrap() {
                serde_json::Value::Object(members) => drop(members.remove(last).unwrap()),
                serde_json::Value::Array(items) => drop(items.remove(last.parse().unwrap())),
                other => panic!("{other}"),
            }
            Some(serde_json::to_vec(&index).unwrap())
        });
        assert!(!report.is_some_and(|report| report.verified()), "verified without {path}");
    }
}

#[test]
fn a_document_that_nothing_names_is_wrong() {
    let auditor = Auditor::new();
    let mut bundle = auditor.whole();
    let digest = bundle.put_item(b"put in by another".to_vec()).unwrap();
    says(&auditor.verify(&bundle), Verdict::Wrong, &format!("the document {digest} belongs to nothing"));
    let mut archive = Archive::from_bytes(&auditor.whole().to_bytes().unwrap()).unwrap();
    archive.put("log/9.tlog-proof", b"x".to_vec()).unwrap();
    assert!(Bundle::from_bytes(&archive.to_bytes("mimetype").unwrap()).is_err());
}
