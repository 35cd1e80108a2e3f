//! `ContentInfo` and `SignedData` (RFC 5652 §3, §5.1).

use std::sync::Arc;

use const_oid::ObjectIdentifier;

use super::{Checked, MalformedCms, SignatureFault, SignerInfo, oid};
use crate::algorithm::Acceptance;
use crate::path::Certificate;
use crate::path::cursor::{self, Cursor, tag};

/// Certificates one message may carry: the signer's, its authorities', and as many again of somebody else's.
const MOST_CERTIFICATES: usize = 16;

/// Signers one message may have. Documents of several organisations have been seen with five.
const MOST_SIGNERS: usize = 16;

/// A signed message with its content and its signers, borrowed from DER (see [`to_der`](super::to_der)).
#[derive(Clone, Debug)]
pub struct SignedData<'a> {
    kind: ObjectIdentifier,
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signers: Vec<SignerInfo<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads a DER `ContentInfo` of type `id-signedData` whose content is of type `kind`, attached.
    ///
    /// # Errors
    /// [`MalformedCms`].
    pub fn parse(der: &'a [u8], kind: ObjectIdentifier) -> Result<Self, MalformedCms> {
        Self::read(der, kind, None)
    }

    /// The same for a message whose content is elsewhere: `content`.
    ///
    /// # Errors
    /// [`MalformedCms`].
    pub fn parse_detached(
        der: &'a [u8],
        kind: ObjectIdentifier,
        content: &'a [u8],
    ) -> Result<Self, MalformedCms> {
        Self::read(der, kind, Some(content))
    }

    fn read(der: &'a [u8], kind: ObjectIdentifier, detached: Option<&'a [u8]>) -> Result<Self, MalformedCms> {
        let mut outer = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
        expect_type(outer.oid()?, oid::SIGNED_DATA)?;
        let mut explicit = outer.enter(tag::constructed(0))?;
        outer.finish()?;
        let mut data = explicit.sequence()?;
        explicit.finish()?;

        cursor::unsigned(data.expect(tag::INTEGER)?)?;
        // The signer's own digestAlgorithm decides; this list is a hint for one-pass readers (RFC 5652 §5.1).
        data.expect(tag::SET)?;
        let content = match (content(&mut data.sequence()?, kind)?, detached) {
            (Some(attached), None) => attached,
            (None, Some(detached)) => detached,
            (None, None) => return Err(MalformedCms::Detached),
            (Some(_), Some(_)) => return Err(MalformedCms::Attached),
        };
        let certificates = certificates(data.optional(tag::constructed(0))?)?;
        // Revocation lists in the message are the signer's choice of evidence; ours come from the authorities.
        data.optional(tag::constructed(1))?;
        let signers = signers(data.expect(tag::SET)?)?;
        data.finish()?;
        signers.iter().try_for_each(|signer| signer.suits(&kind, content))?;
        Ok(Self { kind, content, certificates, signers })
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

    /// The signers, at least one.
    #[must_use]
    pub fn signers(&self) -> &[SignerInfo<'a>] {
        &self.signers
    }

    /// The only signer.
    ///
    /// # Errors
    /// [`MalformedCms::Signers`] if there are several.
    pub fn signer(&self) -> Result<&SignerInfo<'a>, MalformedCms> {
        match self.signers.as_slice() {
            [one] => Ok(one),
            several => Err(MalformedCms::Signers { found: several.len(), expected: "exactly 1" }),
        }
    }

    /// Those of `certificates` (from the message, from a store) that `signer` names and whose key made its signature over this content. At
    /// least one.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn check(
        &self,
        signer: &SignerInfo<'a>,
        certificates: &[Arc<Certificate>],
        acceptance: Acceptance,
    ) -> Result<Vec<Checked>, SignatureFault> {
        signer.check(&self.kind, self.content, certificates, acceptance)
    }
}

fn expect_type(found: ObjectIdentifier, expected: ObjectIdentifier) -> Result<(), MalformedCms> {
    if found == expected { Ok(()) } else { Err(MalformedCms::Type { expected, found }) }
}

/// `EncapsulatedContentInfo` (RFC 5652 §5.2).
fn content<'a>(info: &mut Cursor<'a>, kind: ObjectIdentifier) -> Result<Option<&'a [u8]>, MalformedCms> {
    expect_type(info.oid()?, kind)?;
    let Some(explicit) = info.optional(tag::constructed(0))? else {
        return Ok(info.finish().map(|()| None)?);
    };
    info.finish()?;
    Ok(Some(Cursor::only(explicit, tag::OCTET_STRING)?))
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

fn signers(set: &[u8]) -> Result<Vec<SignerInfo<'_>>, MalformedCms> {
    let mut cursor = Cursor::new(set);
    let mut signers = Vec::new();
    while !cursor.is_empty() {
        signers.push(SignerInfo::parse(cursor.expect(tag::SEQUENCE)?)?);
        if signers.len() > MOST_SIGNERS {
            return Err(MalformedCms::Signers { found: signers.len(), expected: "at most 16" });
        }
    }
    if signers.is_empty() {
        Err(MalformedCms::Signers { found: 0, expected: "at least 1" })
    } else {
        Ok(signers)
    }
}
