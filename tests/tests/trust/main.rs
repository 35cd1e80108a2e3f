//! `negiz trust`, held from outside: what the national authorities issued, and what they did not.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod forged;
mod issued;
mod national;
mod usage;

use std::path::{Path, PathBuf};

use negiz_tests::command::run;
use serde_json::Value;

/// What `negiz trust check --json` found.
#[derive(Debug)]
struct Found {
    status: i32,
    json: Value,
}

impl Found {
    /// Kind, verdict and code.
    fn words(&self) -> (&str, &str, &str) {
        let word = |name: &str| self.json[name].as_str().unwrap_or_default();
        (word("kind"), word("verdict"), word("code"))
    }

    fn verdict(&self) -> (&str, &str) {
        let (_, verdict, code) = self.words();
        (verdict, code)
    }

    fn signer(&self, number: usize) -> Vec<&str> {
        let signer = &self.json["signers"][number];
        ["iin", "bin", "algorithm", "signed-at"]
            .map(|name| signer[name].as_str().unwrap_or_default())
            .to_vec()
    }

    fn reasons(&self) -> String {
        let reasons = self.json["reasons"].as_array().expect("reasons");
        reasons.iter().map(|reason| reason.as_str().expect("words")).collect::<Vec<_>>().join("\n")
    }
}

/// Judges `file` with these arguments. Exit status 0 means valid, and nothing else does.
fn check(file: &Path, arguments: &[&str]) -> Found {
    let mut all = vec!["trust", "check", "--json"];
    all.extend(arguments);
    all.push(file.to_str().unwrap());
    let done = run(&all);
    let json: Value = serde_json::from_str(&done.said).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    assert_eq!(done.status, i32::from(json["verdict"] != "valid"), "{done:?}");
    assert_eq!(json["verdict"] == "valid", json["code"].is_null(), "{done:?}");
    Found { status: done.status, json }
}

/// A file of the national samples.
fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../certs/tests/vectors/nca").join(name)
}

/// A temporary file with this content.
fn file(directory: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}
