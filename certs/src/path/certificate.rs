use core::fmt;
use core::ops::Range;
use std::sync::{Arc, OnceLock};

use super::budget::MAX_CERTIFICATE_BYTES;
use super::cursor::{self, Cursor, tag};
use super::extension::Extensions;
use super::{KeyUsage, Malformed, Name};
use crate::UnixTime;
use crate::algorithm::{self, Acceptance, AlgorithmError};

/// RFC 5280 §4.1.2.5: from the first to the last second, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// `notBefore`.
    pub not_before: UnixTime,
    /// `notAfter`.
    pub not_after: UnixTime,
}

impl Validity {
    /// Of a DER certificate, of which nothing else is read: for one that is known to be good by other means.
    ///
    /// # Errors
    /// [`Malformed`]: the period, or what stands before it.
    pub fn of(der: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Cursor::new(Cursor::only(der, tag::SEQUENCE)?).sequence()?;
        version(&mut fields)?;
        fields.expect(tag::INTEGER)?;
        // The algorithm, and who issued it.
        fields.expect(tag::SEQUENCE)?;
        fields.expect(tag::SEQUENCE)?;
        Self::read(&mut fields)
    }

    fn read(fields: &mut Cursor<'_>) -> Result<Self, Malformed> {
        let mut period = fields.sequence()?;
        let validity = Self { not_before: period.time()?, not_after: period.time()? };
        period.finish()?;
        Ok(validity)
    }
}

/// A certificate, read once. Share it as `Arc<Certificate>`: issuing authorities are then neither read nor checked twice.
pub struct Certificate {
    der: Box<[u8]>,
    fingerprint: [u8; 32],
    signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    key: Range<usize>,
    key_digest: [u8; 32],
    serial: Range<usize>,
    issuer: Name,
    subject: Name,
    validity: Validity,
    extensions: Extensions,
    /// The issuing key, by digest, that this certificate's signature was found good with. A pure function of fixed octets: remembering it
    /// saves the hot path the authority's own signature, half of all work when that is a national one.
    verified_with: OnceLock<([u8; 32], Acceptance)>,
}

impl Certificate {
    /// Reads a DER certificate of version 3 (RFC 5280 §4.1).
    ///
    /// # Errors
    /// [`Malformed`]: not distinguished DER, another version, a doubled or unreadable extension, more than
    /// [`MAX_CERTIFICATE_BYTES`].
    pub fn parse(der: &[u8]) -> Result<Arc<Self>, Malformed> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(Malformed::TooLarge { size: der.len(), limit: MAX_CERTIFICATE_BYTES });
        }
        let whole = Cursor::only(der, tag::SEQUENCE)?;
        let mut outer = Cursor::new(whole);
        let signed = outer.expect_tlv(tag::SEQUENCE)?.raw;
        let algorithm = outer.expect_tlv(tag::SEQUENCE)?.raw;
        let signature = cursor::octets_of_bits(outer.expect(tag::BIT_STRING)?)?;
        outer.finish()?;

        let mut fields = Cursor::new(Cursor::only(signed, tag::SEQUENCE)?);
        version(&mut fields)?;
        let serial = serial_number(fields.expect(tag::INTEGER)?)?;
        if fields.expect_tlv(tag::SEQUENCE)?.raw != algorithm {
            return Err(Malformed::AlgorithmsDiffer);
        }
        let issuer = Name::parse(fields.expect_tlv(tag::SEQUENCE)?.raw)?;
        let validity = Validity::read(&mut fields)?;
        let subject = Name::parse(fields.expect_tlv(tag::SEQUENCE)?.raw)?;
        let key = fields.expect_tlv(tag::SEQUENCE)?.raw;
        fields.optional(tag::context(1))?;
        fields.optional(tag::context(2))?;
        let extensions = match fields.optional(tag::constructed(3))? {
            Some(wrapped) => Extensions::parse(Cursor::only(wrapped, tag::SEQUENCE)?)?,
            None => Extensions::default(),
        };
        fields.finish()?;

        Ok(Arc::new(Self {
            signed: place(der, signed)?,
            algorithm: place(der, algorithm)?,
            signature: place(der, signature)?,
            key: place(der, key)?,
            serial: place(der, serial)?,
            fingerprint: sha256(der),
            key_digest: sha256(key),
            der: der.into(),
            issuer,
            subject,
            validity,
            extensions,
            verified_with: OnceLock::new(),
        }))
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }

    /// The octets as issued.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the octets.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.slice(&self.key)
    }

    /// SHA-256 of `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn key_digest(&self) -> &[u8; 32] {
        &self.key_digest
    }

    /// Content of the INTEGER, sign octet included. Authorities have issued negative ones (RFC 5280 §4.1.2.2).
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.slice(&self.serial)
    }

    /// Who signed it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whose key it is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// When it may be used.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Its extensions.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// RFC 5280 §3.2: issuer and subject are the same entity.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Whether it is an authority's (RFC 5280 §4.2.1.9).
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|constraints| constraints.authority)
    }

    /// RFC 5280 §4.2.1.3: a key without the extension is not limited.
    #[must_use]
    pub fn allows(&self, usage: KeyUsage) -> bool {
        self.extensions.key_usage.is_none_or(|allowed| allowed.contains(usage))
    }

    /// Whether `issuer` can have issued this: its full name, and its key where this certificate identifies one.
    #[must_use]
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject
            && self.extensions.authority_key_id.as_ref().is_none_or(|id| {
                id.identifies(issuer.extensions.subject_key_id.as_deref(), &issuer.issuer, issuer.serial())
            })
    }

    /// Checks the signature with the key of `issuer`.
    ///
    /// # Errors
    /// [`AlgorithmError`].
    pub fn verify_signature(
        &self,
        issuer: &Certificate,
        acceptance: Acceptance,
    ) -> Result<(), AlgorithmError> {
        if self.is_known_signed_by(issuer, acceptance) {
            return Ok(());
        }
        algorithm::verify(
            issuer.public_key(),
            self.slice(&self.algorithm),
            self.slice(&self.signed),
            self.slice(&self.signature),
            acceptance,
        )?;
        // Only the first is remembered: certificates have one issuer. A second one is simply checked again each time.
        self.verified_with.set((issuer.key_digest, acceptance)).or(Ok(()))
    }

    /// Whether an earlier check of the signature with this key succeeded.
    pub(crate) fn is_known_signed_by(&self, issuer: &Certificate, acceptance: Acceptance) -> bool {
        self.verified_with.get() == Some(&(issuer.key_digest, acceptance))
    }
}

/// Certificates of persons stay out of logs: only the fingerprint.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(")?;
        for octet in self.fingerprint {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(")")
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Certificate {}

fn version(fields: &mut Cursor<'_>) -> Result<(), Malformed> {
    let Some(explicit) = fields.optional(tag::constructed(0))? else {
        return Err(Malformed::Version { found: 1 });
    };
    match cursor::count(Cursor::only(explicit, tag::INTEGER)?)? {
        2 => Ok(()),
        other => Err(Malformed::Version { found: other.saturating_add(1) }),
    }
}

/// RFC 5280 §4.1.2.2: at most 20 octets; zero and negative ones are to be handled gracefully.
pub(crate) fn serial_number(value: &[u8]) -> Result<&[u8], Malformed> {
    let octets = cursor::integer(value)?;
    if octets.len() > 20 { Err(Malformed::SerialNumber { octets: octets.len() }) } else { Ok(octets) }
}

/// Where `part`, a slice of `whole`, begins and ends in it.
pub(crate) fn place(whole: &[u8], part: &[u8]) -> Result<Range<usize>, Malformed> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr()).ok_or(Malformed::Truncated)?;
    let end = start.checked_add(part.len()).ok_or(Malformed::Truncated)?;
    if whole.get(start..end) == Some(part) { Ok(start..end) } else { Err(Malformed::Truncated) }
}

/// Octets of issuer and subject together, without reading either; `None` if `der` is no certificate.
pub(crate) fn names_length(der: &[u8]) -> Option<usize> {
    let read = || {
        let mut fields = Cursor::new(Cursor::only(der, tag::SEQUENCE)?).sequence()?;
        fields.optional(tag::constructed(0))?;
        fields.expect(tag::INTEGER)?;
        fields.expect(tag::SEQUENCE)?;
        let issuer = fields.expect(tag::SEQUENCE)?.len();
        fields.expect(tag::SEQUENCE)?;
        Ok::<_, Malformed>(issuer.saturating_add(fields.expect(tag::SEQUENCE)?.len()))
    };
    read().ok()
}

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (octet, from) in digest.iter_mut().zip(ring::digest::digest(&ring::digest::SHA256, data).as_ref()) {
        *octet = *from;
    }
    digest
}
