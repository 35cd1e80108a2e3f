//! What the dearest bodies cost: 256 KiB may not take more than 50 ms of CPU.
#![cfg(feature = "issue")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod country;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use certs::EnvelopeKind;
use certs::algorithm::{Digest, KeyKind};
use certs::envelope::LARGEST;
use certs::issue::CertificateProfile;
use certs::issue::cms::{Draft, sign};
use certs::issue::jws;
use country::{Country, NOW, judge_at, key};

const LIMIT_MS: u64 = 50;

/// Milliseconds of CPU that this thread has used (Linux: the first number of `schedstat`, in nanoseconds).
fn cpu_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000_000
}

fn within_limit(what: &str, kind: EnvelopeKind, body: &[u8]) {
    assert!(body.len() <= LARGEST, "{what}: {}", body.len());
    let trust = country().trust();
    // The second time: caches and tables are the machine's, not the body's.
    let _ = judge_at(&trust, kind, body, NOW);
    let start = cpu_ms();
    let verdict = judge_at(&trust, kind, body, NOW).map(|_| ());
    let spent = cpu_ms() - start;
    println!("{what}: {spent} ms, {verdict:?}");
    assert!(spent <= LIMIT_MS, "{what} took {spent} ms of CPU");
}

fn country() -> &'static Country {
    static COUNTRY: std::sync::OnceLock<Country> = std::sync::OnceLock::new();
    COUNTRY.get_or_init(Country::new)
}

#[test]
fn nesting_and_pieces_are_cheap() {
    let mut pieces = vec![0x24, 0x80];
    pieces.extend([0x04, 0x01, 0x00].repeat(16_000));
    let mut deep = [0x30, 0x80].repeat(30);
    deep.extend([0x04, 0x83, 0x03, 0xf0, 0x00]);
    deep.resize(deep.len() + 0x3_f000, 0);
    deep.extend([0x00, 0x00].repeat(30));
    let tiny = [0x30, 0x00].repeat(120_000);
    for (what, body) in [("pieces", pieces), ("deep", deep), ("tiny", tiny)] {
        within_limit(what, EnvelopeKind::Cms, &body);
    }
}

#[test]
fn large_content_is_cheap_under_every_digest() {
    let content = vec![b'x'; LARGEST - 8_192];
    for kind in [KeyKind::P256, KeyKind::Ed25519, KeyKind::Gost2015_512] {
        let officer = country().officer(key(kind));
        let body = sign(&content, &officer.key, &officer.certificate, &[]).unwrap();
        within_limit(&format!("{kind}"), EnvelopeKind::Cms, &body);
        for digest in [Digest::Gost94, Digest::Streebog256] {
            let mut draft = Draft::new(&content, &officer.key, &officer.certificate).unwrap();
            draft.digest = digest;
            within_limit(
                &format!("{kind} with {digest:?}"),
                EnvelopeKind::Cms,
                &draft.sign(&officer.key).unwrap(),
            );
        }
        let mut bare = Draft::new(&content, &officer.key, &officer.certificate).unwrap();
        bare.signed.clear();
        bare.certificates = vec![officer.certificate.clone(); 8];
        within_limit(&format!("{kind} eight times"), EnvelopeKind::Cms, &bare.sign(&officer.key).unwrap());
    }
}

#[test]
fn many_and_monstrous_certificates_are_cheap() {
    let officer = country().officer(key(KeyKind::P256));
    let mut draft = Draft::new(b"{}", &officer.key, &officer.certificate).unwrap();
    let strange = "\u{fdfa}".repeat(4_000);
    for serial in 0..15 {
        let name = certs::issue::DistinguishedName::common_name(&strange);
        let profile =
            CertificateProfile::bare(serial + 1, name, country::FROM, country::UNTIL).authority(None);
        draft.certificates.push(country().issuing.certify(&profile, officer.key.spki_der()).unwrap());
    }
    within_limit("monstrous names", EnvelopeKind::Cms, &draft.sign(&officer.key).unwrap());
}

/// A signer below a web of authorities of one name and sixteen keys, none of which ends at an anchor.
#[test]
fn a_web_of_authorities_is_cheap() {
    for kind in [KeyKind::P384, KeyKind::Gost2015_512] {
        let shared = key(kind);
        let name = || certs::issue::DistinguishedName::common_name("Тор");
        let profile =
            |serial| CertificateProfile::bare(serial, name(), country::FROM, country::UNTIL).authority(None);
        let knot = certs::issue::Authority::self_signed(&profile(1), shared).unwrap();
        let officer = key(KeyKind::P256);
        let leaf = knot.certify(&country::officer_profile(9), officer.spki_der()).unwrap();
        let mut draft = Draft::new(b"{}", &officer, &leaf).unwrap();
        for serial in 2..17 {
            draft.certificates.push(knot.certify(&profile(serial), knot.key().spki_der()).unwrap());
        }
        within_limit(&format!("web of {kind}"), EnvelopeKind::Cms, &draft.sign(&officer).unwrap());
    }
}

#[test]
fn headers_are_cheap() {
    let members: Vec<String> = (0..6_000).map(|n| format!("\"{n:x}\":0")).collect();
    let certificate = STANDARD.encode(vec![0x30; 4_000]);
    let officer = country().officer(key(KeyKind::P256));
    let many = format!("{{\"alg\":\"ES256\",{}}}", members.join(","));
    let large = format!("{{\"alg\":\"ES256\",\"x5c\":[{}\"\"]}}", format!("\"{certificate}\",").repeat(8));
    let deep = format!("{{\"alg\":\"ES256\",\"a\":{}", "[".repeat(60_000));
    for (what, header) in [("many members", many), ("large x5c", large), ("deep member", deep)] {
        let payload = URL_SAFE_NO_PAD.encode(vec![0; 100_000]);
        let token = format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode(header));
        within_limit(what, EnvelopeKind::Jws, token.as_bytes());
    }
    let token = jws::sign(&vec![b'x'; 180_000], &officer.key, &officer.certificate, &[]).unwrap();
    within_limit("large payload", EnvelopeKind::Jws, token.as_bytes());
}

/// Not a bar but a figure: `cargo test -p certs --features issue --test cost figures -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
fn figures() {
    let trust = country().trust();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Gost2015_512] {
        let officer = country().officer(key(kind));
        let message = sign(&[b'x'; 600], &officer.key, &officer.certificate, &[]).unwrap();
        let token = jws::sign(&[b'x'; 600], &officer.key, &officer.certificate, &[]).unwrap_or_default();
        for (envelope, body) in [(EnvelopeKind::Cms, message), (EnvelopeKind::Jws, token.into_bytes())] {
            if judge_at(&trust, envelope, &body, NOW).is_err() {
                continue;
            }
            let start = cpu_ms();
            let rounds = 2_000;
            for _ in 0..rounds {
                judge_at(&trust, envelope, &body, NOW).unwrap();
            }
            println!("{kind} {envelope:?}: {} µs of CPU", (cpu_ms() - start) * 1_000 / rounds);
        }
    }
}
