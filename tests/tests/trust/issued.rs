//! A country of our own: what it issues properly is valid, here and for `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use certs::algorithm::{Digest, KeyKind};
use certs::issue::crl::{self, Entry, List};
use certs::issue::ocsp::{CertId, Identity, Instants, Responder, State};
use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey, cms, jws};
use tempfile::TempDir;

use crate::{Found, check, file};

const FROM: i64 = 1_767_225_600; // 2026-01-01
const NOW: i64 = 1_782_864_000; // 2026-07-01
const UNTIL: i64 = 1_798_761_599; // 2026-12-31T23:59:59
const AT: &str = "2026-07-01T00:00:00Z";

/// A root, an issuing authority under it, an officer, on disk.
pub(crate) struct House {
    pub(crate) directory: TempDir,
    pub(crate) root: Authority,
    pub(crate) issuing: Authority,
    pub(crate) key: SigningKey,
    pub(crate) certificate: Vec<u8>,
}

pub(crate) fn named(text: &str) -> DistinguishedName {
    DistinguishedName::common_name(text).kazakhstan()
}

pub(crate) fn officer(serial: u64) -> CertificateProfile {
    let name = named("ТЕСТОВ").iin(&"900101300017".parse().unwrap()).bin(&"940740000003".parse().unwrap());
    CertificateProfile::bare(serial, name, FROM, UNTIL).signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
}

impl House {
    pub(crate) fn new(kind: KeyKind) -> Self {
        let generate = || SigningKey::generate(kind).unwrap();
        let profile = CertificateProfile::bare(1, named("ROOT"), FROM, UNTIL).authority(None);
        let root = Authority::self_signed(&profile, generate()).unwrap();
        let profile = CertificateProfile::bare(2, named("ISSUING"), FROM, UNTIL).authority(Some(0));
        let issuing = root.delegate(&profile, generate()).unwrap();
        let key = generate();
        let certificate = issuing.certify(&officer(100), key.spki_der()).unwrap();
        let house = Self { directory: tempfile::tempdir().unwrap(), root, issuing, key, certificate };
        house.put("anchors/root.cer", house.root.certificate());
        house.put("root.crl", &house.list(&house.root, &[]));
        house.put("issuing.crl", &house.list(&house.issuing, &[]));
        house
    }

    pub(crate) fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn list(&self, authority: &Authority, revoked: &[u64]) -> Vec<u8> {
        let list =
            List { this_update: FROM, next_update: Some(UNTIL), number: 7, base: None, distribution: None };
        let serials: Vec<[u8; 8]> = revoked.iter().map(|serial| serial.to_be_bytes()).collect();
        let entries = serials.iter().map(|serial| Entry { serial, revoked: FROM + 5, reason: None });
        crl::issue(authority, &list, entries).unwrap()
    }

    /// A certificate with its issuer after it, as PEM.
    pub(crate) fn with_chain(&self, certificate: &[u8]) -> PathBuf {
        use base64::Engine as _;
        let pem = |der: &[u8]| {
            let body = base64::engine::general_purpose::STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        };
        self.put("chain.pem", (pem(certificate) + &pem(self.issuing.certificate())).as_bytes())
    }

    pub(crate) fn check(&self, path: &Path, lists: &[&str], more: &[&str]) -> Found {
        let anchors = self.directory.path().join("anchors");
        let lists: Vec<_> = lists.iter().map(|name| self.directory.path().join(name)).collect();
        let mut arguments = vec!["--anchors", anchors.to_str().unwrap(), "--at", AT];
        for list in &lists {
            arguments.extend(["--crl", list.to_str().unwrap()]);
        }
        arguments.extend(more);
        check(path, &arguments)
    }

    pub(crate) fn answer(&self, responder: &Authority, digest: Digest, state: State) -> Vec<u8> {
        let id = CertId::new(&self.issuing, &100_u64.to_be_bytes(), digest).unwrap();
        let instants = Instants { produced: NOW - 10, this_update: NOW - 10, next_update: Some(NOW + 3600) };
        let attached = responder.serial() != self.issuing.serial();
        Responder { authority: responder, identity: Identity::Name, attached }
            .answer(&[id], None, instants, |_| state)
            .unwrap()
    }

    pub(crate) fn responder(&self, issuer: &Authority) -> Authority {
        let profile = CertificateProfile::bare(50, named("OCSP"), FROM, UNTIL).ocsp_responder();
        issuer.delegate(&profile, SigningKey::generate(KeyKind::P256).unwrap()).unwrap()
    }
}

const BOTH: &[&str] = &["root.crl", "issuing.crl"];

#[test]
fn an_intermediate_comes_with_the_certificate_or_stands_in_the_folder() {
    let house = House::new(KeyKind::P256);
    let alone = house.put("officer.cer", &house.certificate);
    assert_eq!(house.check(&alone, BOTH, &[]).verdict(), ("invalid", "certificate-untrusted"));
    assert_eq!(house.check(&house.with_chain(&house.certificate), BOTH, &[]).verdict(), ("valid", ""));
    // Every certificate on the way is asked about, the intermediate too.
    let found = house.check(&house.with_chain(&house.certificate), &["issuing.crl"], &[]);
    assert_eq!(found.verdict(), ("unknown", "revocation-unknown"), "{found:?}");
    house.put("anchors/issuing.cer", house.issuing.certificate());
    assert_eq!(house.check(&alone, BOTH, &[]).verdict(), ("valid", ""));
}

#[test]
fn a_certificate_beside_the_authorities_is_looked_at_and_not_trusted() {
    let house = House::new(KeyKind::P256);
    house.put("anchors/officer.cer", &house.certificate);
    let alone = house.put("officer.cer", &house.certificate);
    assert_eq!(house.check(&alone, BOTH, &[]).verdict(), ("invalid", "certificate-untrusted"));
}

#[test]
fn a_revoked_certificate_is_revoked_by_list_and_by_answer() {
    let house = House::new(KeyKind::P256);
    let path = house.with_chain(&house.certificate);
    house.put("revoked.crl", &house.list(&house.issuing, &[100]));
    let found = house.check(&path, &["root.crl", "revoked.crl"], &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-revoked"), "{found:?}");
    house.put("authority.crl", &house.list(&house.root, &[2]));
    let found = house.check(&path, &["authority.crl", "issuing.crl"], &[]);
    assert_eq!(found.verdict(), ("invalid", "certificate-revoked"), "of the intermediate: {found:?}");
    let answer = house.answer(&house.issuing, Digest::Sha1, State::Revoked { since: FROM, reason: None });
    let answer = house.put("revoked.ocsp", &answer);
    let found = house.check(&path, BOTH, &["--ocsp", answer.to_str().unwrap()]);
    assert_eq!(
        found.verdict(),
        ("invalid", "certificate-revoked"),
        "an answer outweighs a silent list: {found:?}"
    );
}

/// RFC 6960 4.2.2.2: the authority itself, or whom that very authority named for it.
#[test]
fn an_answer_counts_from_the_authority_or_its_delegate_only() {
    let house = House::new(KeyKind::P256);
    let path = house.with_chain(&house.certificate);
    let judge = |answer: &[u8]| {
        let answer = house.put("answer.ocsp", answer);
        house.check(&path, &["root.crl"], &["--ocsp", answer.to_str().unwrap()])
    };
    for digest in [Digest::Sha1, Digest::Sha256] {
        assert_eq!(judge(&house.answer(&house.issuing, digest, State::Good)).verdict(), ("valid", ""));
        let delegate = house.responder(&house.issuing);
        assert_eq!(judge(&house.answer(&delegate, digest, State::Good)).verdict(), ("valid", ""));
        // The root named this one, for its own certificates.
        let stranger = house.responder(&house.root);
        let found = judge(&house.answer(&stranger, digest, State::Good));
        assert_eq!(found.verdict(), ("unknown", "revocation-unknown"), "{found:?}");
    }
    let found = judge(&house.answer(&house.issuing, Digest::Sha256, State::Unknown));
    assert_eq!(found.verdict(), ("unknown", "revocation-unknown"));
    let answer =
        house.put("stranger.ocsp", &house.answer(&house.responder(&house.root), Digest::Sha1, State::Good));
    house.put("anchors/issuing.cer", house.issuing.certificate());
    let found = house.check(&answer, &[], &[]);
    assert_eq!(found.words(), ("ocsp", "invalid", "certificate-untrusted"), "{found:?}");
}

#[test]
fn messages_of_every_algorithm_are_valid() {
    for kind in [KeyKind::P256, KeyKind::Ed25519, KeyKind::Gost2015_512] {
        let house = House::new(kind);
        let chain = [house.issuing.certificate().to_vec()];
        let message = cms::sign(b"{}", &house.key, &house.certificate, &chain).unwrap();
        let found = house.check(&house.put("m.cms", &message), BOTH, &[]);
        assert_eq!(found.words(), ("cms", "valid", ""), "{found:?}");
        assert_eq!(found.signer(0)[..3], ["900101300017", "940740000003", kind.to_string().as_str()]);
        let none = house.check(&house.put("m.cms", &message), &[], &[]);
        assert_eq!(none.verdict(), ("unknown", "revocation-unknown"));
        if kind == KeyKind::Gost2015_512 {
            continue;
        }
        let token = jws::sign(b"{}", &house.key, &house.certificate, &chain).unwrap();
        let found = house.check(&house.put("m.jws", token.as_bytes()), BOTH, &[]);
        assert_eq!(found.words(), ("jws", "valid", ""), "{found:?}");
        let parts: Vec<_> = token.split('.').collect();
        let detached = house.put("d.jws", format!("{}..{}", parts[0], parts[2]).as_bytes());
        let content = file(&house.directory, "content", b"{}");
        let found = house.check(&detached, BOTH, &["--content", content.to_str().unwrap()]);
        assert_eq!(found.verdict(), ("valid", ""), "{found:?}");
        let other = file(&house.directory, "other", b"[]");
        let found = house.check(&detached, BOTH, &["--content", other.to_str().unwrap()]);
        assert_eq!(found.verdict(), ("invalid", "signature-invalid"), "{found:?}");
    }
}

/// A second opinion: what we call valid, `openssl` does.
#[test]
fn openssl_agrees() {
    let house = House::new(KeyKind::P256);
    let root = file(&house.directory, "root.der", house.root.certificate());
    let message =
        cms::sign(b"{}", &house.key, &house.certificate, &[house.issuing.certificate().to_vec()]).unwrap();
    let path = house.put("m.cms", &message);
    assert_eq!(house.check(&path, BOTH, &[]).verdict(), ("valid", ""));
    let verified = Command::new("openssl")
        .args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-attime"])
        .arg(NOW.to_string())
        .arg("-CAfile")
        .arg(as_pem(&root))
        .arg("-in")
        .arg(&path)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(verified.stdout, b"{}");
}

fn as_pem(der: &Path) -> PathBuf {
    let pem = der.with_extension("pem");
    let made = Command::new("openssl")
        .args(["x509", "-inform", "DER", "-in"])
        .arg(der)
        .arg("-out")
        .arg(&pem)
        .status()
        .unwrap();
    assert!(made.success());
    pem
}
