//! Authorities of our own making, and what they or their forgers answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::Arc;

use certs::UnixTime;
use certs::algorithm::{Digest, KeyKind};
use certs::anchors::{Anchors, Role};
use certs::issue::certificate::Authority;
use certs::issue::crl::{self, Entry};
use certs::issue::{CertificateProfile, DistinguishedName, SigningKey};
use certs::path::{Certificate, Constraints, Path, validate};
use certs::revocation::{RevocationStore, Terms};

pub const FROM: UnixTime = 1_767_225_600; // 2026-01-01
pub const UNTIL: UnixTime = 1_798_761_599; // 2026-12-31T23:59:59
pub const NOW: UnixTime = 1_782_864_000; // 2026-07-01

pub fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

pub fn profile(serial: u64, name: &str) -> CertificateProfile {
    CertificateProfile::bare(serial, DistinguishedName::common_name(name).kazakhstan(), FROM, UNTIL)
}

pub fn root(name: &str) -> Authority {
    Authority::self_signed(&profile(1, name).authority(None), key()).unwrap()
}

pub fn parsed(authority: &Authority) -> Arc<Certificate> {
    Certificate::parse(authority.certificate()).unwrap()
}

pub fn issued(authority: &Authority, profile: &CertificateProfile) -> Arc<Certificate> {
    Certificate::parse(&authority.certify(profile, key().spki_der()).unwrap()).unwrap()
}

pub fn anchors(roots: &[&Authority]) -> Arc<Anchors> {
    Arc::new(Anchors::new(roots.iter().map(|root| (parsed(root), Role::Anchor))))
}

pub fn store(roots: &[&Authority]) -> RevocationStore {
    RevocationStore::new(anchors(roots), Terms::STRICT)
}

pub fn path(leaf: &Arc<Certificate>, through: &[Arc<Certificate>], roots: &[&Authority]) -> Path {
    validate(leaf, through, &anchors(roots), NOW, &Constraints::PLAIN).unwrap()
}

pub const LIST: crl::List<'static> = crl::List {
    this_update: NOW - 3_600,
    next_update: Some(NOW + 86_400),
    number: 7,
    base: None,
    distribution: None,
};

pub fn list(signer: &Authority, list: &crl::List<'_>, revoked: &[(u64, Option<crl::Reason>)]) -> Vec<u8> {
    let serials: Vec<_> = revoked.iter().map(|(serial, _)| serial.to_be_bytes()).collect();
    let entries = serials.iter().zip(revoked).map(|(serial, (_, reason))| Entry {
        serial,
        revoked: NOW - 7_200,
        reason: *reason,
    });
    crl::issue(signer, list, entries).unwrap()
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn generalized(at: UnixTime) -> Vec<u8> {
    let at = time::OffsetDateTime::from_unix_timestamp(at).unwrap();
    let (date, clock) = (at.date(), at.time());
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    );
    tlv(0x18, text.as_bytes())
}

/// What an OCSP answer says, and how it says it.
#[derive(Clone)]
pub struct Says {
    pub status: Vec<u8>,
    pub this_update: UnixTime,
    pub next_update: Option<UnixTime>,
    pub digest: Digest,
    pub nonce: Option<Vec<u8>>,
    pub by_key: bool,
    pub extension: Option<Vec<u8>>,
    pub with_certificate: bool,
}

pub fn good() -> Says {
    Says {
        status: tlv(0x80, &[]),
        this_update: NOW - 60,
        next_update: Some(NOW + 3_600),
        digest: Digest::Sha256,
        nonce: None,
        by_key: false,
        extension: None,
        with_certificate: true,
    }
}

pub fn revoked() -> Says {
    let reason = tlv(0xa0, &tlv(0x0a, &[1]));
    Says { status: tlv(0xa1, &[generalized(NOW - 600), reason].concat()), ..good() }
}

pub fn unknown() -> Says {
    Says { status: tlv(0x82, &[]), ..good() }
}

fn key_bits(spki: &[u8]) -> Vec<u8> {
    // SubjectPublicKeyInfo of P-256 keys: the point is the last 65 octets.
    spki[spki.len() - 65..].to_vec()
}

/// The answer of `responder` about a certificate of `authority` with `serial`.
pub fn answer(responder: &Authority, authority: &Authority, serial: &[u8], says: &Says) -> Vec<u8> {
    let hash = |data: &[u8]| tlv(0x04, &says.digest.of(data).unwrap());
    let algorithm = tlv(0x30, &[tlv(0x06, says.digest.oid().as_bytes()), tlv(0x05, &[])].concat());
    let issuer = [hash(authority.name()), hash(&key_bits(authority.key().spki_der()))].concat();
    let id = tlv(0x30, &[algorithm, issuer, tlv(0x02, serial)].concat());
    let next = says.next_update.map_or(Vec::new(), |next| tlv(0xa0, &generalized(next)));
    let single = tlv(0x30, &[id, says.status.clone(), generalized(says.this_update), next].concat());
    let named = if says.by_key {
        tlv(0xa2, &tlv(0x04, &Digest::Sha1.of(&key_bits(responder.key().spki_der())).unwrap()))
    } else {
        tlv(0xa1, responder.name())
    };
    let mut extensions = Vec::new();
    if let Some(nonce) = &says.nonce {
        let oid = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];
        extensions.extend(tlv(0x30, &[oid.to_vec(), tlv(0x04, nonce)].concat()));
    }
    extensions.extend(says.extension.iter().flatten());
    if !extensions.is_empty() {
        extensions = tlv(0xa1, &tlv(0x30, &extensions));
    }
    let data = tlv(0x30, &[named, generalized(says.this_update), tlv(0x30, &single), extensions].concat());
    let signature = responder.key().sign(&data).unwrap();
    // ecdsa-with-SHA256
    let identifier = tlv(0x30, &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    let certificates =
        if says.with_certificate { tlv(0xa0, &tlv(0x30, responder.certificate())) } else { Vec::new() };
    let basic = [data, identifier, tlv(0x03, &[vec![0], signature].concat()), certificates].concat();
    let basic = tlv(0x30, &basic);
    let oid = vec![0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
    let typed = tlv(0x30, &[oid, tlv(0x04, &basic)].concat());
    tlv(0x30, &[tlv(0x0a, &[0]), tlv(0xa0, &typed)].concat())
}
