//! Fuzzing by structure, on a stable toolchain: real certificates, messages, lists, answers and time-stamps are taken apart, their pieces
//! changed, moved, doubled, dropped and exchanged, put together again with lengths that fit (or not), and judged. Nothing may panic, and
//! what was signed cannot become anything else.
//!
//! One second a target; longer by `NEGIZ_FUZZ_SECONDS=3600 cargo test --release -p certs --features issue --test fuzz`. `NEGIZ_FUZZ_SEED`
//! chooses another course; a failure names the one it was on.
#![cfg(feature = "issue")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod country;

use std::sync::Arc;
use std::time::{Duration, Instant};

use certs::Profile;
use certs::algorithm::KeyKind;
use certs::anchors::Anchors;
use certs::issue::{cms, crl, jws};
use certs::opinion::{Examiner, Verdict};
use country::{CONTENT, Country, NOW, key};

/// Deepest piece that is taken apart.
const DEEPEST: usize = 12;

/// Xorshift (Marsaglia 2003): a course that can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// A piece of DER.
#[derive(Clone)]
enum Piece {
    Whole(u8, Vec<u8>),
    Parts(u8, Vec<Piece>),
}

impl Piece {
    /// Takes DER apart; what does not come apart stays whole.
    fn read(mut der: &[u8], depth: usize) -> Option<Vec<Self>> {
        let mut pieces = Vec::new();
        while let [tag, first, rest @ ..] = der {
            let (length, rest) = match first {
                0..=0x7f => (usize::from(*first), rest),
                0x81..=0x83 => {
                    let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                    (octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), rest)
                }
                _ => return None,
            };
            let (content, rest) = rest.split_at_checked(length)?;
            let parts =
                (tag & 0x20 != 0 && depth < DEEPEST).then(|| Self::read(content, depth + 1)).flatten();
            pieces.push(match parts {
                Some(parts) => Self::Parts(*tag, parts),
                None => Self::Whole(*tag, content.to_vec()),
            });
            der = rest;
        }
        der.is_empty().then_some(pieces)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let (tag, content) = match self {
            Self::Whole(tag, content) => (*tag, content.clone()),
            Self::Parts(tag, parts) => {
                let mut content = Vec::new();
                parts.iter().for_each(|part| part.write(&mut content));
                (*tag, content)
            }
        };
        out.push(tag);
        match content.len() {
            length @ 0..=0x7f => out.push(length as u8),
            length @ 0x80..=0xff => out.extend([0x81, length as u8]),
            length @ 0x100..=0xffff => out.extend([0x82, (length >> 8) as u8, length as u8]),
            length => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
        }
        out.extend(content);
    }

    fn count(&self) -> usize {
        match self {
            Self::Whole(..) => 1,
            Self::Parts(_, parts) => 1 + parts.iter().map(Self::count).sum::<usize>(),
        }
    }

    /// The piece with this number, counted from the outside in.
    fn at(&mut self, number: usize) -> Option<&mut Self> {
        if number == 0 {
            return Some(self);
        }
        let Self::Parts(_, parts) = self else { return None };
        let mut left = number - 1;
        for part in parts {
            let count = part.count();
            if left < count {
                return part.at(left);
            }
            left -= count;
        }
        None
    }

    /// Changes one piece.
    fn change(&mut self, chance: &mut Chance, other: &Self) {
        let number = chance.below(self.count());
        let mut donor = other.clone();
        let donated = donor.at(chance.below(other.count())).cloned();
        let Some(piece) = self.at(number) else { return };
        match (piece, chance.below(8)) {
            (Self::Whole(_, content), 0 | 1) if !content.is_empty() => {
                let at = chance.below(content.len());
                content[at] ^= 1 << chance.below(8);
            }
            (Self::Whole(_, content), 2) => content.insert(0, [0x00, 0x7f, 0x80, 0xff][chance.below(4)]),
            (Self::Whole(_, content), 3) => content.truncate(chance.below(content.len() + 1)),
            (Self::Parts(_, parts), 0) if !parts.is_empty() => drop(parts.remove(chance.below(parts.len()))),
            (Self::Parts(_, parts), 1 | 2) if !parts.is_empty() => {
                let part = parts[chance.below(parts.len())].clone();
                parts.insert(chance.below(parts.len() + 1), part);
            }
            (Self::Parts(_, parts), 3 | 4) if parts.len() > 1 => {
                let (one, two) = (chance.below(parts.len()), chance.below(parts.len()));
                parts.swap(one, two);
            }
            (Self::Whole(tag, _) | Self::Parts(tag, _), 5) => *tag ^= 1 << chance.below(8),
            (piece, _) => {
                if let Some(donated) = donated {
                    *piece = donated;
                }
            }
        }
    }
}

fn changed(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let apart = |der: &[u8]| Piece::read(der, 0).and_then(|pieces| pieces.into_iter().next());
    if let (Some(mut piece), Some(other)) = (apart(seed), apart(other))
        && chance.below(4) > 0
    {
        for _ in 0..=chance.below(3) {
            piece.change(chance, &other);
        }
        let mut out = Vec::new();
        piece.write(&mut out);
        return out;
    }
    let mut out = seed.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(out.len());
        match chance.below(4) {
            0 => out.truncate(at.max(1)),
            1 => out.insert(at, out[at]),
            2 => out[at] = [0x00, 0x2e, 0x7f, 0x80, 0xff][chance.below(5)],
            _ => out[at] ^= 1 << chance.below(8),
        }
    }
    out
}

/// Judges changed files until the time is up. What is still valid must have no signer that no seed has (the same one may stand in it twice); with
/// `exact`, it must be a seed.
fn fuzz(name: &str, examiner: &Examiner, seeds: &[Vec<u8>], exact: bool) {
    let variable = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let time = Duration::from_secs(variable("NEGIZ_FUZZ_SECONDS").unwrap_or(1));
    let course = variable("NEGIZ_FUZZ_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    // Not by the algorithm: that is read off the certificates that came along, which nobody signed together with the rest.
    let signers = |opinion: &certs::opinion::Opinion| -> Vec<serde_json::Value> {
        let told = opinion.signers.iter().map(|signer| serde_json::to_value(signer).unwrap());
        told.map(|signer| serde_json::json!([signer["iin"], signer["bin"], signer["signed-at"]])).collect()
    };
    let honest: Vec<_> = seeds.iter().map(|seed| examiner.examine(seed)).collect();
    assert!(honest.iter().any(|opinion| opinion.verdict == Verdict::Valid), "{name}: {honest:?}");
    let honest: Vec<_> = honest.iter().flat_map(signers).collect();
    let mut chance = Chance(course);
    let (began, mut judged) = (Instant::now(), 0_u64);
    while began.elapsed() < time {
        let (seed, other) = (chance.below(seeds.len()), chance.below(seeds.len()));
        let file = changed(&seeds[seed], &seeds[other], &mut chance);
        let opinion = examiner.examine(&file);
        judged += 1;
        if opinion.verdict == Verdict::Valid {
            let named = signers(&opinion);
            let honestly = !named.is_empty() && named.iter().all(|signer| honest.contains(signer));
            // A certificate out of a message is a file of its own, as good as it was in there.
            let whole = seeds.iter().any(|seed| seed.windows(file.len()).any(|part| part == file));
            let known = whole || (!exact && honestly);
            assert!(
                known,
                "{name}: course {course}, file {judged} is valid: {opinion:?}\n{}",
                hex::encode(&file)
            );
        }
    }
    assert!(judged > 0, "{name}: nothing was judged");
}

fn vector(name: &str) -> Vec<u8> {
    let content = std::fs::read(format!("{}/tests/vectors/nca/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    der::pem::decode_vec(&content).map_or_else(|_| content.clone(), |(_, der)| der)
}

/// The test authorities, with their lists as of `at`.
fn national(at: i64) -> Examiner {
    let names = ["nca_gost2015_test.cer", "nca_gost_test.crt", "nca_rsa_test.crt"];
    let files = names.map(|name| (name, vector(&format!("ca/test/{name}"))));
    let anchors =
        Anchors::from_files(files.iter().map(|(name, content)| (*name, content.as_slice()))).unwrap();
    let lists = ["nca_gost2022_test.crl", "nca_gost_test.crl", "nca_rsa_test.crl"];
    examiner(
        Arc::new(anchors),
        "national-test",
        at,
        lists.map(|name| vector(&format!("crl/{name}"))).to_vec(),
    )
}

fn examiner(anchors: Arc<Anchors>, profile: &str, at: i64, lists: Vec<Vec<u8>>) -> Examiner {
    Examiner {
        anchors,
        profile: Profile::named(profile).unwrap(),
        at,
        known: Vec::new(),
        lists: lists.into_iter().map(|list| ("a list".to_owned(), list)).collect(),
        answers: Vec::new(),
        content: None,
    }
}

/// A country of our own, whose messages are valid.
fn issued() -> (Country, Examiner) {
    let country = Country::new();
    let list = crl::List {
        this_update: NOW - 60,
        next_update: Some(NOW + 60),
        number: 1,
        base: None,
        distribution: None,
    };
    let lists = [&country.root, &country.issuing].map(|authority| crl::issue(authority, &list, []).unwrap());
    let examiner = examiner(country.anchors(), "national", NOW, lists.to_vec());
    (country, examiner)
}

const SUMMER: i64 = 1_662_138_000; // 2022-09-02T17:00:00Z
const STAMPED: i64 = 1_663_507_215; // 2022-09-18T13:20:15Z

#[test]
fn certificates() {
    let names = [
        "ceo_valid_sign_2004_gost.cer",
        "individual_valid_sign_2004_rsa.cer",
        "individual_valid_sign_2004_rsa_auth.cer",
    ];
    let mut seeds: Vec<_> = names.iter().map(|name| vector(&format!("certificates/{name}"))).collect();
    seeds.push(vector("ca/test/nca_gost2015_test.cer"));
    fuzz("certificates", &national(SUMMER), &seeds, true);
}

#[test]
fn lists() {
    let seeds = ["nca_gost2022_test.crl", "nca_gost_test.crl", "nca_rsa_test.crl"]
        .map(|name| vector(&format!("crl/{name}")));
    fuzz("lists", &national(SUMMER), &seeds, true);
}

#[test]
fn answers() {
    let seeds = ["ocsp_response_individual_2015.bin", "ocsp_response_ceo_2015_revoked.bin"];
    fuzz("answers", &national(SUMMER), &seeds.map(|name| vector(&format!("ocsp/{name}"))), false);
}

#[test]
fn time_stamps() {
    let seeds = ["tsp_token.bin", "tsp_response.bin"].map(|name| vector(&format!("timestamp/{name}")));
    fuzz("time-stamps", &national(STAMPED), &seeds, false);
}

#[test]
fn messages() {
    let (country, examiner) = issued();
    let mut seeds =
        vec![vector("signed/ncanode_signed_cms.cms"), vector("signed/ncanode_signed_detached_cms.cms")];
    for kind in [KeyKind::P256, KeyKind::Gost2015_512] {
        let officer = country.officer(key(kind));
        seeds.push(cms::sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap());
    }
    fuzz("messages", &examiner, &seeds, false);
}

#[test]
fn tokens() {
    let (country, examiner) = issued();
    let officer = country.officer(key(KeyKind::P256));
    let token = jws::sign(CONTENT, &officer.key, &officer.certificate, &[]).unwrap();
    fuzz("tokens", &examiner, &[token.into_bytes()], false);
}
