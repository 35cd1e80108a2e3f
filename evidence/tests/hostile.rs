//! Hostile input: whatever is put in, nothing panics, and nothing that was changed verifies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::archive::Archive;
use evidence::witness::AddCheckpoint;
use evidence::{
    Bundle, Checkpoint, JwkSet, Quorum, Report, Statement, Tile, TlogProof, Trust, VerifierKey,
    verify_bundle, verify_receipt,
};
use proptest::prelude::*;

const JWKS: &str = include_str!("vectors/jwks.json");
const LOG: &str = include_str!("vectors/log.vkey");
const WITNESS: &str = include_str!("vectors/witness.vkey");
const RECEIPT: &str = include_str!("vectors/answered.jws");
const CHECKPOINT: &str = include_str!("vectors/checkpoint");
const PROOF: &str = include_str!("vectors/grant.tlog-proof");
const BUNDLE: &[u8] = include_bytes!("vectors/answered.negiz-evidence");

struct Auditor {
    keys: JwkSet,
    logs: Vec<VerifierKey>,
    quorum: Quorum,
}

fn auditor() -> Auditor {
    let quorum = Quorum::new(1, vec![WITNESS.trim().parse().unwrap()]).unwrap();
    Auditor { keys: JwkSet::parse(JWKS).unwrap(), logs: vec![LOG.trim().parse().unwrap()], quorum }
}

impl Auditor {
    fn report(&self, bundle: &Bundle) -> Report {
        let trust = Trust { keys: &self.keys, logs: &self.logs, quorum: &self.quorum, signatures: None };
        verify_bundle(bundle, &trust)
    }
}

/// `text` with one character replaced by another of base64, JSON and note syntax.
fn changed(text: &str, at: &prop::sample::Index, to: char) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    let place = at.index(characters.len());
    if characters[place] == to {
        return None;
    }
    characters[place] = to;
    Some(characters.into_iter().collect())
}

fn character() -> impl Strategy<Value = char> {
    prop::sample::select("ABZaz09+/=-_. \n\"{}:,—\u{202e}\0".chars().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_changed_receipt_does_not_verify(at in any::<prop::sample::Index>(), to in character()) {
        let auditor = auditor();
        if let Some(jws) = changed(RECEIPT, &at, to) {
            prop_assert!(verify_receipt(&jws, &auditor.keys, &auditor.logs, &auditor.quorum).is_err());
        }
    }

    #[test]
    fn a_changed_checkpoint_is_not_the_same_with_both_signatures(at in any::<prop::sample::Index>(), to in character()) {
        let auditor = auditor();
        if let Some(checkpoint) = changed(CHECKPOINT, &at, to).and_then(|text| Checkpoint::parse(&text).ok()) {
            let both = checkpoint.verify(&auditor.logs).is_ok() && auditor.quorum.verify(&checkpoint).is_ok();
            prop_assert!(!both, "{checkpoint}");
        }
    }

    #[test]
    fn a_changed_proof_proves_nothing(at in any::<prop::sample::Index>(), to in character()) {
        let auditor = auditor();
        if let Some(proof) = changed(PROOF, &at, to).and_then(|text| TlogProof::parse(&text).ok()) {
            let leaf = proof.extra.clone().unwrap_or_default();
            prop_assert!(proof.verify(&leaf, &auditor.logs, &auditor.quorum).is_err());
        }
    }

    #[test]
    fn a_changed_file_spoils_the_bundle(file in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let archive = Archive::from_bytes(BUNDLE).unwrap();
        let names: Vec<_> = archive.names().filter(|name| *name != "bundle.json").collect();
        let spoiled = names[file.index(names.len())];
        let mut other = Archive::new();
        for name in archive.names() {
            let mut bytes = archive.get(name).unwrap().to_vec();
            if name == spoiled {
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
            }
            other.put(name, bytes).unwrap();
        }
        let bytes = other.to_bytes("mimetype").unwrap();
        if let Ok(bundle) = Bundle::from_bytes(&bytes) {
            prop_assert!(!auditor().report(&bundle).verified(), "{spoiled}");
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}", lines in prop::collection::vec("[ -~—]{0,60}", 0..12)) {
        let auditor = auditor();
        for text in [text, lines.join("\n"), format!("{}\n", lines.join("\n")), lines.join("."), lines.join("+")] {
            let _ = Checkpoint::parse(&text);
            let _ = AddCheckpoint::parse(&text);
            let _ = TlogProof::parse(&text);
            let _ = JwkSet::parse(&text);
            let _ = text.parse::<VerifierKey>();
            let _ = text.parse::<Tile>();
            let _ = Statement::from_bytes(text.as_bytes());
            prop_assert!(verify_receipt(&text, &auditor.keys, &auditor.logs, &auditor.quorum).is_err());
        }
    }

    #[test]
    fn any_bytes_in_a_bundle_are_read_without_panic(at in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut bytes = BUNDLE.to_vec();
        let at = at.index(bytes.len() - with.len());
        bytes[at..at + with.len()].copy_from_slice(&with);
        if let Ok(bundle) = Bundle::from_bytes(&bytes) {
            prop_assert!(bytes == BUNDLE || !auditor().report(&bundle).verified());
        }
    }
}

#[test]
fn the_example_itself_verifies() {
    let auditor = auditor();
    assert!(auditor.report(&Bundle::from_bytes(BUNDLE).unwrap()).verified());
    assert!(verify_receipt(RECEIPT, &auditor.keys, &auditor.logs, &auditor.quorum).is_ok());
}

#[test]
fn a_deep_or_long_document_is_refused_cheaply() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(JwkSet::parse(&deep).is_err());
    assert!(Statement::from_bytes(deep.as_bytes()).is_err());
    let auditor = auditor();
    let long = format!("{}.{}.{}", "A".repeat(1 << 20), "A".repeat(1 << 20), "A");
    assert!(verify_receipt(&long, &auditor.keys, &auditor.logs, &auditor.quorum).is_err());
    assert!(Checkpoint::parse(&"— a AAAAAAAA\n".repeat(100_000)).is_err());
}
