//! `ContentInfo` and `SignedData` (RFC 5652 §3, §5.1).

use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::{Checked, MalformedCms, SignatureFault, SignerInfo, oid};
use crate::algorithm::Acceptance;
use crate::path::Certificate;
use crate::path::cursor::{self, Cursor, tag};

/// Certificates one message may carry: the signer's, its authorities', and as many again of somebody else's.
const MOST_CERTIFICATES: usize = 16;

/// A signed message with its content and one signer, borrowed from DER (see [`to_der`](super::to_der)).
#[derive(Clone, Debug)]
pub struct SignedData<'a> {
    kind: ObjectIdentifier,
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: SignerInfo<'a>,
}

impl<'a> SignedData<'a> {
    /// Reads a DER `ContentInfo` of type `id-signedData` whose content is of type `kind`, attached, with exactly one signer.
    ///
    /// # Errors
    /// [`MalformedCms`].
    pub fn parse(der: &'a [u8], kind: ObjectIdentifier) -> Result<Self, MalformedCms> {
        let mut outer = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
        expect_type(outer.oid()?, oid::SIGNED_DATA)?;
        let mut explicit = outer.enter(tag::constructed(0))?;
        outer.finish()?;
        let mut data = explicit.sequence()?;
        explicit.finish()?;

        cursor::unsigned(data.expect(tag::INTEGER)?)?;
        // The signer's own digestAlgorithm decides; this list is a hint for one-pass readers (RFC 5652 §5.1).
        data.expect(tag::SET)?;
        let content = content(&mut data.sequence()?, kind)?;
        let certificates = certificates(data.optional(tag::constructed(0))?)?;
        // Revocation lists in the message are the signer's choice of evidence; ours come from the authorities.
        data.optional(tag::constructed(1))?;
        let signer = signer(data.expect(tag::SET)?)?;
        data.finish()?;
        signer.suits(&kind, content)?;
        Ok(Self { kind, content, certificates, signer })
    }

    /// What was signed: the octets of the content, without header.
    #[must_use]
    pub fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Certificates in the message, in its order, none of them checked.
    #[must_use]
    pub fn certificates(&self) -> &[&'a [u8]] {
        &self.certificates
    }

    /// The signer.
    #[must_use]
    pub fn signer(&self) -> &SignerInfo<'a> {
        &self.signer
    }

    /// Those of `certificates` (from the message, from a store) that the signer names and whose key made the signature. At least one.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn check(
        &self,
        certificates: &[Arc<Certificate>],
        acceptance: Acceptance,
    ) -> Result<Vec<Checked>, SignatureFault> {
        self.signer.check(&self.kind, self.content, certificates, acceptance)
    }
}

fn expect_type(found: ObjectIdentifier, expected: ObjectIdentifier) -> Result<(), MalformedCms> {
    if found == expected { Ok(()) } else { Err(MalformedCms::Type { expected, found }) }
}

/// `EncapsulatedContentInfo` (RFC 5652 §5.2).
fn content<'a>(info: &mut Cursor<'a>, kind: ObjectIdentifier) -> Result<&'a [u8], MalformedCms> {
    expect_type(info.oid()?, kind)?;
    let mut explicit = Cursor::new(info.optional(tag::constructed(0))?.ok_or(MalformedCms::Detached)?);
    let content = explicit.expect(tag::OCTET_STRING)?;
    explicit.finish()?;
    info.finish()?;
    Ok(content)
}

/// `CertificateSet` (RFC 5652 §10.2.3): X.509 certificates are kept, attribute certificates and other kinds have no use here.
fn certificates(set: Option<&[u8]>) -> Result<Vec<&[u8]>, MalformedCms> {
    let mut cursor = Cursor::new(set.unwrap_or_default());
    let mut certificates = Vec::new();
    while !cursor.is_empty() {
        let choice = cursor.next()?;
        if choice.tag == tag::SEQUENCE {
            certificates.push(choice.raw);
        }
        if certificates.len() > MOST_CERTIFICATES {
            return Err(MalformedCms::Certificates { limit: MOST_CERTIFICATES });
        }
    }
    Ok(certificates)
}

fn signer(set: &[u8]) -> Result<SignerInfo<'_>, MalformedCms> {
    let mut cursor = Cursor::new(set);
    let mut signers = Vec::new();
    while !cursor.is_empty() {
        signers.push(cursor.expect(tag::SEQUENCE)?);
    }
    match signers.as_slice() {
        [one] => SignerInfo::parse(one),
        several => Err(MalformedCms::Signers { found: several.len() }),
    }
}
