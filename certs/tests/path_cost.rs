//! What a verification costs. Run by hand: `cargo test -p certs --release --all-features --test path_cost -- --ignored --nocapture`.
#![cfg(feature = "issue")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod forge;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certs::anchors::Anchors;
use certs::path::{Certificate, Constraints, validate};
use certs::revocation::{Nonce, RevocationStore, Terms};
use forge::*;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

fn spent() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

fn figure<T>(what: &str, times: u32, mut work: impl FnMut() -> T) {
    let started = spent();
    for _ in 0..times {
        black_box(work());
    }
    println!("{what}: {:?}", (spent() - started) / times);
}

/// The octets, whether the file is PEM or not.
fn national(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/nca-revocation");
    let content = std::fs::read(folder.join(name)).unwrap();
    match CertificateDer::from_pem_slice(&content) {
        Ok(der) => der.to_vec(),
        Err(_) => content,
    }
}

#[test]
#[ignore = "figures, not assertions"]
fn figures() {
    let at = 1_662_138_000;
    let names = ["nca_gost2015_test.cer", "nca_gost_test.crt", "nca_rsa_test.crt"];
    let files: Vec<_> = names.iter().map(|name| (*name, national(&format!("authorities/{name}")))).collect();
    let anchors =
        Anchors::from_files(files.iter().map(|(name, content)| (*name, content.as_slice()))).unwrap();
    let anchors = Arc::new(anchors);
    let rsa = national("certificates/individual_valid_sign_2004_rsa.cer");
    let gost = national("certificates/ceo_valid_sign_2004_gost.cer");
    figure("reading a national certificate", 2_000, || Certificate::parse(&rsa).unwrap());
    for (what, der, times) in [("RSA", &rsa, 1_000), ("GOST 2004", &gost, 50)] {
        figure(&format!("reading and checking a path, {what}"), times, || {
            let leaf = Certificate::parse(der).unwrap();
            validate(&leaf, &[], &anchors, at, &Constraints::PLAIN).unwrap()
        });
        let leaf = Certificate::parse(der).unwrap();
        figure(&format!("checking a path again, {what}"), 2_000, || {
            validate(&leaf, &[], &anchors, at, &Constraints::PLAIN).unwrap()
        });
    }
    let (list, answer) =
        (national("crl/nca_rsa_test.crl"), national("ocsp/ocsp_response_individual_2015.bin"));
    let mut store = RevocationStore::new(anchors.clone(), Terms::STRICT);
    figure("accepting a list of 6 KiB, RSA", 500, || store.verify_crl(list.clone(), &[], at).unwrap());
    figure("accepting an OCSP answer, GOST 2015", 50, || {
        store.accept_ocsp(&answer, &[], Nonce::Unchecked, at).unwrap()
    });
    store.accept_crl(list, &[], at).unwrap();
    let leaf = Certificate::parse(&rsa).unwrap();
    let path = validate(&leaf, &[], &anchors, at, &Constraints::PLAIN).unwrap();
    figure("asking about revocation, by list", 100_000, || store.status(&path, 0, at));
    answers();
}

fn answers() {
    let root = root("ROOT");
    let leaf = issued(&root, &profile(0x55, "leaf"));
    let path = path(&leaf, &[], &[&root]);
    let mut store = store(&[&root]);
    store.accept_ocsp(&answer(&root, &root, &[0x55], &good()), &[], Nonce::Unchecked, NOW).unwrap();
    figure("asking about revocation, by answer", 100_000, || store.status(&path, 0, NOW));
    figure("copying the store", 10_000, || store.clone());
}
