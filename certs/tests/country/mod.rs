//! A small country for one test: a root, an issuing authority, officers, revocation lists, a time-stamping authority.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::sync::Arc;

use certs::algorithm::KeyKind;
use certs::anchors::{Anchors, Role as AnchorRole};
use certs::issue::certificate::Authority;
use certs::issue::crl::{self, Entry, List};
use certs::issue::profile::purpose;
use certs::issue::{CertificateProfile, DistinguishedName, SigningKey};
use certs::path::Certificate;
use certs::revocation::{RevocationStore, Terms};
use certs::{Bin, Envelope, EnvelopeKind, Iin, Profile, Trust, Untrusted, Verified};

pub(crate) const FROM: i64 = 1_767_225_600; // 2026-01-01
pub(crate) const NOW: i64 = 1_782_864_000; // 2026-07-01
pub(crate) const UNTIL: i64 = 1_798_761_599; // 2026-12-31T23:59:59

pub(crate) const IIN: &str = "900101300017";
pub(crate) const BIN: &str = "940740000003";
pub(crate) const CONTENT: &[u8] = b"{\"version\":1}";

pub(crate) struct Country {
    pub(crate) root: Authority,
    pub(crate) issuing: Authority,
}

/// A key and the certificate over it.
pub(crate) struct Owner {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Vec<u8>,
}

pub(crate) fn key(kind: KeyKind) -> SigningKey {
    SigningKey::generate(kind).unwrap()
}

/// What the national authority writes for an employee of an organisation.
pub(crate) fn officer_profile(serial: u64) -> CertificateProfile {
    let name = DistinguishedName::common_name("ТЕСТОВ ТЕСТ")
        .iin(&IIN.parse::<Iin>().unwrap())
        .kazakhstan()
        .organization("ПОЛИЦИЯ")
        .bin(&BIN.parse::<Bin>().unwrap());
    CertificateProfile::bare(serial, name, FROM, UNTIL).signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
}

impl Country {
    pub(crate) fn new() -> Self {
        let named = |text: &str| DistinguishedName::common_name(text).kazakhstan();
        let profile = CertificateProfile::bare(1, named("НЕГІЗГІ"), FROM, UNTIL).authority(None);
        let root = Authority::self_signed(&profile, key(KeyKind::P256)).unwrap();
        let profile = CertificateProfile::bare(2, named("ҰЛТТЫҚ"), FROM, UNTIL).authority(Some(0));
        let issuing = root.delegate(&profile, key(KeyKind::P256)).unwrap();
        Self { root, issuing }
    }

    pub(crate) fn officer(&self, key: SigningKey) -> Owner {
        self.certify(&officer_profile(100), key)
    }

    pub(crate) fn certify(&self, profile: &CertificateProfile, key: SigningKey) -> Owner {
        let certificate = self.issuing.certify(profile, key.spki_der()).unwrap();
        Owner { key, certificate }
    }

    pub(crate) fn stamper(&self) -> Owner {
        let mut profile = CertificateProfile::bare(77, DistinguishedName::common_name("УАҚЫТ"), FROM, UNTIL)
            .with_usage(certs::issue::profile::usage::DIGITAL_SIGNATURE)
            .with_purposes(&[purpose::TIME_STAMPING]);
        profile.purposes_critical = true;
        self.certify(&profile, key(KeyKind::P256))
    }

    pub(crate) fn anchors(&self) -> Arc<Anchors> {
        let root = Certificate::parse(self.root.certificate()).unwrap();
        let issuing = Certificate::parse(self.issuing.certificate()).unwrap();
        Arc::new(Anchors::new([(root, AnchorRole::Anchor), (issuing, AnchorRole::Authority)]))
    }

    /// Current lists of both authorities, with `revoked` serial numbers on that of the issuing one.
    pub(crate) fn revocation(&self, revoked: &[u64]) -> RevocationStore {
        let mut store = RevocationStore::new(self.anchors(), Terms::STRICT);
        let serials: Vec<[u8; 8]> = revoked.iter().map(|serial| serial.to_be_bytes()).collect();
        for (authority, serials) in [(&self.root, &[][..]), (&self.issuing, &serials[..])] {
            let entries = serials.iter().map(|serial| Entry { serial, revoked: FROM + 5, reason: None });
            store.accept_crl(crl::issue(authority, &list(), entries).unwrap(), &[], NOW).unwrap();
        }
        store
    }

    pub(crate) fn trust(&self) -> Trust {
        self.trust_without(&[])
    }

    pub(crate) fn trust_without(&self, revoked: &[u64]) -> Trust {
        Trust::new(self.anchors(), Profile::named("national").unwrap(), self.revocation(revoked))
    }
}

fn list() -> List<'static> {
    List { this_update: FROM, next_update: Some(UNTIL), number: 7, base: None, distribution: None }
}

/// The code of the refusal, or the verified content.
pub(crate) fn judge_at(
    trust: &Trust,
    kind: EnvelopeKind,
    bytes: &[u8],
    at: i64,
) -> Result<Verified<Vec<u8>>, &'static str> {
    let envelope = Envelope::parse(kind, bytes).map_err(|malformed| malformed.code())?;
    let signed = envelope.read(|content| Ok::<_, &'static str>(content.to_vec()))?;
    trust.verify(signed, at).map_err(|untrusted: Untrusted| untrusted.code())
}

pub(crate) fn judge_cms(trust: &Trust, bytes: &[u8]) -> Result<Verified<Vec<u8>>, &'static str> {
    judge_at(trust, EnvelopeKind::Cms, bytes, NOW)
}

pub(crate) fn judge_jws(trust: &Trust, token: &str) -> Result<Verified<Vec<u8>>, &'static str> {
    judge_at(trust, EnvelopeKind::Jws, token.as_bytes(), NOW)
}

/// The code of the refusal that was expected.
pub(crate) fn refusal(verdict: Result<Verified<Vec<u8>>, &'static str>) -> &'static str {
    verdict.expect_err("expected a refusal")
}
