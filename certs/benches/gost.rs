//! CPU time of the national algorithms: `cargo bench -p certs --features issue --bench gost`.
//!
//! Time of the thread, not of the wall, so that other processes disturb it less; least, median and greatest of 25 rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::hint::black_box;

use certs::algorithm::{KeyKind, oid};
use certs::gost::{PrivateKey, PublicKey, digest};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 25;

fn cpu_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn measure<T>(what: &str, times: u16, mut run: impl FnMut() -> T) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_nanoseconds();
            for _ in 0..times {
                black_box(run());
            }
            let spent = u32::try_from(cpu_nanoseconds() - start).unwrap();
            f64::from(spent) / f64::from(times) / 1000.0
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let at = |index: usize| rounds.get(index).copied().unwrap_or_default();
    let (least, median, greatest) = (at(0), at(ROUNDS / 2), at(ROUNDS - 1));
    println!("{what:<46} {least:>9.1} {median:>9.1} {greatest:>9.1}");
}

fn main() {
    println!("{:<46} {:>9} {:>9} {:>9}", "microseconds of CPU", "least", "median", "greatest");
    for kind in [KeyKind::Gost2015_512, KeyKind::Gost2015_256, KeyKind::Gost2004] {
        let private = PrivateKey::generate(kind).unwrap();
        let key = PublicKey::from_spki(private.spki_der()).unwrap();
        let prepared = key.prepare();
        let message = [0x5a; 600];
        let signature = private.sign(&message).unwrap();
        let (_, algorithm) = key.algorithms();
        let hash = digest(&algorithm, &message).unwrap();
        prepared.verify(&message, &signature).unwrap();
        measure(&format!("{kind}: check, digest given"), 20, || key.verify_digest(&hash, &signature));
        measure(&format!("{kind}: check, key prepared"), 40, || prepared.verify_digest(&hash, &signature));
        measure(&format!("{kind}: prepare a key"), 20, || key.prepare());
        measure(&format!("{kind}: read a key"), 20, || PublicKey::from_spki(private.spki_der()));
        measure(&format!("{kind}: sign 600 octets"), 10, || private.sign(&message));
        measure(&format!("{kind}: digest 600 octets"), 100, || digest(&algorithm, &message));
    }
    let long = vec![0x5a; 65_536];
    for (name, algorithm) in [("Streebog-512", oid::STREEBOG_512), ("GOST R 34.11-94", oid::GOST_94_DIGEST)] {
        measure(&format!("{name}: digest 64 KiB"), 4, || digest(&algorithm, &long));
    }
}
