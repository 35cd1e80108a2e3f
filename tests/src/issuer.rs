//! Certificates of the country's signing authority that the country itself does not hold: late, early, for another purpose.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use certs::algorithm::KeyKind;
use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey, cms, jws};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::OffsetDateTime;

use crate::country::Country;
use crate::manifest::Officer;

/// A day, in seconds.
pub const DAY: i64 = 86_400;

/// A person's certificate with its key.
#[derive(Debug)]
pub struct Issued {
    pub certificate: Vec<u8>,
    pub key: SigningKey,
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// The name of an officer, as the country's authority writes it.
#[must_use]
pub fn name(country: &Country, officer: &Officer) -> DistinguishedName {
    let agency = country.manifest.agency(&officer.agency);
    DistinguishedName::common_name("SOMEBODY")
        .iin(&officer.iin.parse().expect("an IIN"))
        .kazakhstan()
        .organization("Somewhere")
        .bin(&agency.bin.parse().expect("a BIN"))
}

/// A profile in force, for signing.
#[must_use]
pub fn signing(subject: DistinguishedName) -> CertificateProfile {
    bare(subject, now() - DAY, now() + DAY).signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
}

/// A profile for authentication, which must not sign.
#[must_use]
pub fn authentication(subject: DistinguishedName) -> CertificateProfile {
    bare(subject, now() - DAY, now() + DAY).authentication(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
}

/// A profile without purposes.
#[must_use]
pub fn bare(subject: DistinguishedName, from: i64, until: i64) -> CertificateProfile {
    static SERIAL: AtomicU64 = AtomicU64::new(7_000_000);
    CertificateProfile::bare(SERIAL.fetch_add(1, Ordering::Relaxed), subject, from, until)
}

impl Issued {
    /// Issues under the country's elliptic-curve authority.
    #[must_use]
    pub fn by(country: &Country, kind: KeyKind, profile: &CertificateProfile) -> Self {
        let authority = authority(country, "authority/issuing-ec");
        let key = generate(kind);
        let certificate = authority.certify(profile, key.spki_der()).expect("a certificate");
        Self { certificate, key }
    }

    /// CMS with the content attached.
    #[must_use]
    pub fn cms(&self, content: &[u8]) -> Vec<u8> {
        cms::sign(content, &self.key, &self.certificate, &[]).expect("a signature")
    }

    /// A compact JWS.
    #[must_use]
    pub fn jws(&self, content: &[u8]) -> Vec<u8> {
        jws::sign(content, &self.key, &self.certificate, &[]).expect("a signature").into_bytes()
    }
}

/// An authority of the country's, by its files without their endings.
#[must_use]
pub fn authority(country: &Country, files: &str) -> Authority {
    let file = |ending: &str| -> PathBuf { country.path(&format!("{files}.{ending}")) };
    let certificate = CertificateDer::from_pem_file(file("pem")).expect("PEM");
    let key = std::fs::read_to_string(file("key")).expect("a key file");
    let key = SigningKey::from_pkcs8_pem(&key).expect("a key");
    Authority::new(&certificate, key).expect("an authority")
}

/// A key; RSA keys by openssl, for the library that signs cannot make them.
fn generate(kind: KeyKind) -> SigningKey {
    let KeyKind::Rsa { bits } = kind else { return SigningKey::generate(kind).expect("a key") };
    let bits = format!("rsa_keygen_bits:{bits}");
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", &bits])
        .output()
        .expect("openssl");
    SigningKey::from_pkcs8_pem(&String::from_utf8_lossy(&made.stdout)).expect("a key")
}
