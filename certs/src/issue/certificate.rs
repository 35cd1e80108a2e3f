//! Issuing certificates.

use der::{Decode, Encode};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::{CertificateProfile, IssueError, SigningKey, asn1};

/// Most octets of a serial number (RFC 5280 §4.1.2.2).
const SERIAL_OCTETS: usize = 20;

/// A certificate and the key it vouches for: whoever issues certificates, lists, answers or stamps.
#[derive(Debug)]
pub struct Authority {
    key: SigningKey,
    certificate: Vec<u8>,
    name: Vec<u8>,
    key_identifier: Vec<u8>,
    serial: Vec<u8>,
}

impl Authority {
    /// Takes up a certificate that exists already.
    ///
    /// # Errors
    /// [`IssueError::Malformed`] if the DER cannot be read, [`IssueError::KeyMismatch`] if it is another key's.
    pub fn new(certificate_der: &[u8], key: SigningKey) -> Result<Self, IssueError> {
        let unreadable = |_| IssueError::malformed("certificate");
        let parsed = Certificate::from_der(certificate_der).map_err(unreadable)?.tbs_certificate;
        if parsed.subject_public_key_info.to_der().map_err(unreadable)? != key.spki_der() {
            return Err(IssueError::KeyMismatch);
        }
        let key_identifier = match parsed.get::<SubjectKeyIdentifier>().map_err(unreadable)? {
            Some((_, identifier)) => identifier.0.as_bytes().to_vec(),
            None => key_identifier(key.spki_der())?,
        };
        Ok(Self {
            key,
            certificate: certificate_der.to_vec(),
            name: parsed.subject.to_der().map_err(unreadable)?,
            key_identifier,
            serial: parsed.serial_number.as_bytes().to_vec(),
        })
    }

    /// Makes a root: a certificate signed by its own key.
    ///
    /// # Errors
    /// [`IssueError`] for a profile that cannot be written, or if the key refuses.
    pub fn self_signed(profile: &CertificateProfile, key: SigningKey) -> Result<Self, IssueError> {
        let issuer = Issuer {
            key: &key,
            name: &profile.subject.to_der()?,
            key_identifier: &key_identifier(key.spki_der())?,
        };
        let certificate = issuer.certify(profile, key.spki_der())?;
        Self::new(&certificate, key)
    }

    /// Issues a certificate for the key of `subject_spki` (a DER `SubjectPublicKeyInfo`). DER.
    ///
    /// Nothing is checked against the issuer's own constraints: what a verifier must refuse has to be made by somebody.
    ///
    /// # Errors
    /// [`IssueError`] for a profile that cannot be written, or if the key refuses.
    pub fn certify(&self, profile: &CertificateProfile, subject_spki: &[u8]) -> Result<Vec<u8>, IssueError> {
        Issuer { key: &self.key, name: &self.name, key_identifier: &self.key_identifier }
            .certify(profile, subject_spki)
    }

    /// Issues a certificate for `key` and takes it up: an authority below this one, a responder, a stamp.
    ///
    /// # Errors
    /// As [`Authority::certify`].
    pub fn delegate(&self, profile: &CertificateProfile, key: SigningKey) -> Result<Self, IssueError> {
        let certificate = self.certify(profile, key.spki_der())?;
        Self::new(&certificate, key)
    }

    /// DER certificate.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The private key.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// DER `Name` of the subject.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Subject key identifier.
    #[must_use]
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// Serial number of the certificate, big-endian without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
}

/// Who signs, by name.
struct Issuer<'a> {
    key: &'a SigningKey,
    name: &'a [u8],
    key_identifier: &'a [u8],
}

impl Issuer<'_> {
    fn certify(&self, profile: &CertificateProfile, subject_spki: &[u8]) -> Result<Vec<u8>, IssueError> {
        let significant = profile.serial.iter().skip_while(|octet| **octet == 0).count();
        if !(1..=SERIAL_OCTETS).contains(&significant) {
            return Err(IssueError::Serial { octets: significant });
        }
        let extensions = profile.extensions(&key_identifier(subject_spki)?, self.key_identifier)?;
        let tbs = asn1::sequence(&[
            // version v3
            asn1::tagged(0, &[asn1::integer(&[2])]),
            asn1::integer(&profile.serial),
            signature_identifier(self.key)?,
            self.name.to_vec(),
            asn1::sequence(&[asn1::time(profile.not_before)?, asn1::time(profile.not_after)?]),
            profile.subject.to_der()?,
            subject_spki.to_vec(),
            asn1::tagged(3, &[extensions]),
        ]);
        signed(&tbs, self.key)
    }
}

/// SHA-1 of the key's bits: method (1) of RFC 5280 §4.2.1.2. A name, not a protection.
pub(super) fn key_identifier(spki_der: &[u8]) -> Result<Vec<u8>, IssueError> {
    let unreadable = || IssueError::malformed("public key");
    let spki = SubjectPublicKeyInfoRef::from_der(spki_der).map_err(|_| unreadable())?;
    let bits = spki.subject_public_key.as_bytes().ok_or_else(unreadable)?;
    Ok(digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec())
}

/// DER `AlgorithmIdentifier` of what `key` signs with.
pub(super) fn signature_identifier(key: &SigningKey) -> Result<Vec<u8>, IssueError> {
    key.algorithm().identifier_der().map_err(|_| IssueError::malformed("algorithm"))
}

/// `SIGNED{…}`: what is to be signed, the algorithm, the signature. Certificates, lists and basic OCSP answers share this form.
pub(super) fn signed(tbs: &[u8], key: &SigningKey) -> Result<Vec<u8>, IssueError> {
    let signature = asn1::bit_string(&key.sign(tbs)?);
    let identifier = signature_identifier(key)?;
    Ok(asn1::sequence(&[tbs, &identifier, &signature]))
}
