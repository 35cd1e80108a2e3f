//! `SignerInfo` (RFC 5652 §5.3) and the check of its signature (§5.4, §5.6).

use std::borrow::Cow;
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use der::Decode;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::attributes::{self, SignedAttributes};
use super::{MalformedCms, SignatureFault, ess, oid};
use crate::UnixTime;
use crate::algorithm::{Acceptance, Algorithm, AlgorithmError, Digest, Encoding, KeyKind, PublicKey};
use crate::path::cursor::{self, Cursor, tag};
use crate::path::{Certificate, Name};

/// Certificates tried for one signature. Two are honest: a renewed certificate over the same key with the same key identifier.
const MOST_CANDIDATES: usize = 2;

/// How a signer names its certificate.
#[derive(Clone, Copy, Debug)]
enum Identifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

/// One signer.
#[derive(Clone, Copy, Debug)]
pub struct SignerInfo<'a> {
    identifier: Identifier<'a>,
    digest_algorithm: &'a [u8],
    attributes: Option<SignedAttributes<'a>>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    time_stamp: Option<&'a [u8]>,
}

/// A certificate whose key made the signature. Nothing is known yet of whether to trust it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// What signed.
    pub algorithm: Algorithm,
    /// What kind of key it is.
    pub key: KeyKind,
}

impl<'a> SignerInfo<'a> {
    /// Reads the content of one `SignerInfo`.
    pub(super) fn parse(content: &'a [u8]) -> Result<Self, MalformedCms> {
        let mut cursor = Cursor::new(content);
        cursor::unsigned(cursor.expect(tag::INTEGER)?)?;
        let identifier = identifier(&mut cursor)?;
        let digest_algorithm = cursor.expect_tlv(tag::SEQUENCE)?.raw;
        let attributes = cursor.optional(tag::constructed(0))?.map(SignedAttributes::parse).transpose()?;
        let signature_algorithm = cursor.expect_tlv(tag::SEQUENCE)?.raw;
        let signature = cursor.expect(tag::OCTET_STRING)?;
        let unsigned = cursor.optional(tag::constructed(1))?;
        cursor.finish()?;
        let time_stamp = unsigned.map(attributes::time_stamp).transpose()?.flatten();
        Ok(Self { identifier, digest_algorithm, attributes, signature_algorithm, signature, time_stamp })
    }

    /// When the signer says it signed. A claim, not a proof.
    #[must_use]
    pub fn signing_time(&self) -> Option<UnixTime> {
        self.attributes.and_then(|attributes| attributes.signing_time)
    }

    /// The raw signature, which a time-stamp covers (RFC 3161 appendix A).
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The time-stamp token, a whole `ContentInfo`.
    #[must_use]
    pub fn time_stamp(&self) -> Option<&'a [u8]> {
        self.time_stamp
    }

    /// RFC 5652 §5.3, and the guard against attributes dressed as content (see [`MalformedCms::AttributesAsContent`]).
    pub(super) fn suits(&self, kind: &ObjectIdentifier, content: &[u8]) -> Result<(), MalformedCms> {
        match self.attributes {
            Some(_) => Ok(()),
            None if *kind != oid::DATA => Err(MalformedCms::AttributesMissing),
            None if attributes::looks_like_attributes(content) => Err(MalformedCms::AttributesAsContent),
            None => Ok(()),
        }
    }

    /// Those of `certificates` that this signer names and whose key made the signature over `content`.
    ///
    /// # Errors
    /// [`SignatureFault`], of the first certificate named if there are several and none fits.
    pub(super) fn check(
        &self,
        kind: &ObjectIdentifier,
        content: &[u8],
        certificates: &[Arc<Certificate>],
        acceptance: Acceptance,
    ) -> Result<Vec<Checked>, SignatureFault> {
        let named = certificates.iter().filter(|certificate| self.names(certificate)).take(MOST_CANDIDATES);
        let message = Message::of(self, kind, content)?;
        let mut fitting = Vec::new();
        let mut first_fault = None;
        for certificate in named {
            match self.check_one(&message, certificate, acceptance) {
                Ok(checked) => fitting.push(checked),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        if fitting.is_empty() {
            return Err(first_fault.unwrap_or(SignatureFault::CertificateMissing));
        }
        Ok(fitting)
    }

    /// Whether this signer names `certificate` as its own.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self.identifier {
            Identifier::IssuerAndSerial { issuer, serial } => {
                certificate.serial() == serial && same_name(certificate.issuer(), issuer)
            }
            Identifier::KeyIdentifier(id) => certificate.extensions().subject_key_id.as_deref() == Some(id),
        }
    }

    fn check_one(
        &self,
        message: &Message<'_>,
        certificate: &Arc<Certificate>,
        acceptance: Acceptance,
    ) -> Result<Checked, SignatureFault> {
        let key = PublicKey::parse(certificate.public_key())?;
        let identifier = AlgorithmIdentifierRef::from_der(self.signature_algorithm)
            .map_err(|_| AlgorithmError::MalformedIdentifier)?;
        let algorithm = Algorithm::from_signer_info(&identifier, message.digest, key.kind())?;
        let verify = |bytes: &[u8]| key.verify(algorithm, Encoding::Der, bytes, self.signature, acceptance);
        match verify(&message.bytes) {
            Err(AlgorithmError::BadSignature) => match &message.in_order {
                Some(bytes) => verify(bytes)?,
                None => return Err(AlgorithmError::BadSignature.into()),
            },
            other => other?,
        }
        if let Some(attributes) = &self.attributes {
            ess::check(attributes, certificate)?;
        }
        Ok(Checked { certificate: certificate.clone(), algorithm, key: key.kind() })
    }
}

/// Whether `der` is the name `name`: octet for octet, or by the rules of RFC 5280 §7.1.
pub(super) fn same_name(name: &Name, der: &[u8]) -> bool {
    name.der() == der || Name::parse(der).is_ok_and(|other| other == *name)
}

fn identifier<'a>(cursor: &mut Cursor<'a>) -> Result<Identifier<'a>, MalformedCms> {
    if let Some(id) = cursor.optional(tag::context(0))? {
        return Ok(Identifier::KeyIdentifier(id));
    }
    let mut pair = cursor.sequence()?;
    let issuer = pair.expect_tlv(tag::SEQUENCE)?.raw;
    let serial = pair.expect(tag::INTEGER)?;
    pair.finish()?;
    Ok(Identifier::IssuerAndSerial { issuer, serial })
}

/// The octets a signature is over.
struct Message<'a> {
    digest: Digest,
    bytes: Cow<'a, [u8]>,
    in_order: Option<Vec<u8>>,
}

impl<'a> Message<'a> {
    /// RFC 5652 §5.4: the content, or the attributes once they are known to speak of the content.
    fn of(
        signer: &SignerInfo<'_>,
        kind: &ObjectIdentifier,
        content: &'a [u8],
    ) -> Result<Self, SignatureFault> {
        let digest = Digest::from_identifier(signer.digest_algorithm)?;
        let Some(attributes) = &signer.attributes else {
            return Ok(Self { digest, bytes: Cow::Borrowed(content), in_order: None });
        };
        if attributes.content_type != *kind {
            return Err(SignatureFault::ContentType);
        }
        if digest.of(content)? != attributes.message_digest {
            return Err(SignatureFault::MessageDigest);
        }
        Ok(Self { digest, bytes: Cow::Owned(attributes.as_sent()), in_order: attributes.in_order() })
    }
}
