//! `signingCertificate` and `signingCertificateV2` (RFC 2634 §5.4, RFC 5035 §3): the signer names, under the signature, the certificate it
//! signs with, so that nobody can put another one with the same key in its place.

use super::SignatureFault;
use super::attributes::SignedAttributes;
use super::signer_info::same_name;
use crate::algorithm::Digest;
use crate::path::cursor::{Cursor, tag};
use crate::path::{Certificate, Malformed};

/// The first identifier in the attribute: that of the signing certificate. Others name authorities and restrict nothing here.
struct First<'a> {
    digest: Digest,
    hash: &'a [u8],
    /// Issuer (content of `GeneralNames`) and serial number.
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

/// Checks whichever of the two attributes is there against the certificate.
pub(super) fn check(
    attributes: &SignedAttributes<'_>,
    certificate: &Certificate,
) -> Result<(), SignatureFault> {
    for (content, version_2) in [(attributes.certificate, false), (attributes.certificate_v2, true)] {
        let Some(content) = content else { continue };
        let first = first(content, version_2).map_err(|_| SignatureFault::SigningCertificate)?;
        let same_hash = first.digest.of(certificate.der())? == first.hash;
        let same_name = first.issuer_serial.is_none_or(|(names, serial)| {
            // GeneralNames with exactly one directoryName [4] that is the issuer's (RFC 5035 §4).
            let issuer = Cursor::only(names, tag::constructed(4));
            serial == certificate.serial()
                && issuer.is_ok_and(|issuer| same_name(certificate.issuer(), issuer))
        });
        if !(same_hash && same_name) {
            return Err(SignatureFault::SigningCertificate);
        }
    }
    Ok(())
}

/// ```text
/// SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }
/// ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT {sha256}, certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
/// ```
/// Version 1 has no `hashAlgorithm` and means SHA-1.
fn first(content: &[u8], version_2: bool) -> Result<First<'_>, Malformed> {
    let mut identifiers = Cursor::new(content).sequence()?;
    let mut identifier = identifiers.sequence()?;
    let mut digest = if version_2 { Digest::Sha256 } else { Digest::Sha1 };
    if version_2 && identifier.peek() == Some(tag::SEQUENCE) {
        let algorithm = identifier.expect_tlv(tag::SEQUENCE)?.raw;
        digest = Digest::from_identifier(algorithm).map_err(|_| Malformed::ObjectIdentifier)?;
    }
    let hash = identifier.expect(tag::OCTET_STRING)?;
    let issuer_serial = match identifier.optional(tag::SEQUENCE)? {
        None => None,
        Some(pair) => {
            let mut pair = Cursor::new(pair);
            let names = pair.expect(tag::SEQUENCE)?;
            let serial = pair.expect(tag::INTEGER)?;
            pair.finish()?;
            Some((names, serial))
        }
    };
    identifier.finish()?;
    Ok(First { digest, hash, issuer_serial })
}
