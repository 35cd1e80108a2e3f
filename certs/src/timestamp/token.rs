use std::sync::Arc;

use const_oid::ObjectIdentifier;

use crate::UnixTime;
use crate::algorithm::{Acceptance, AlgorithmError, Digest};
use crate::cms::{self, Checked, MalformedCms, SignatureFault, SignedData};
use crate::path::cursor::{self, Cursor, tag};
use crate::path::{Certificate, Malformed};

/// Why octets are not a time-stamp token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedToken {
    /// Not a signed message with a `TSTInfo` inside.
    #[error("the time-stamp is not a well-formed signed message")]
    Cms(#[from] MalformedCms),
    /// The `TSTInfo` is not what RFC 3161 §2.4.2 says.
    #[error("the time-stamp's content is not well formed")]
    Content(#[from] Malformed),
    /// The authority answered without a token.
    #[error("the time-stamping authority did not grant a time-stamp")]
    NotGranted,
    /// Another version than 1.
    #[error("time-stamps of this version are not supported")]
    Version,
    /// A critical extension, none of which is known.
    #[error("the time-stamp has a critical extension that is not supported")]
    CriticalExtension,
    /// The imprint's digest is unknown.
    #[error("the time-stamp's imprint uses an unknown digest")]
    Imprint(#[source] AlgorithmError),
}

/// A token that was read. Nothing is known yet of its signature.
#[derive(Clone, Debug)]
pub struct TimeStamp<'a> {
    data: SignedData<'a>,
    policy: ObjectIdentifier,
    digest: Digest,
    imprint: &'a [u8],
    instant: UnixTime,
    nonce: Option<&'a [u8]>,
}

impl<'a> TimeStamp<'a> {
    /// Reads a DER token: a whole `ContentInfo` with a `TSTInfo` inside (RFC 3161 §2.4.2).
    ///
    /// # Errors
    /// [`MalformedToken`].
    pub fn parse(der: &'a [u8]) -> Result<Self, MalformedToken> {
        let data = SignedData::parse(der, cms::oid::TST_INFO)?;
        data.signer()?;
        let mut info = Cursor::new(Cursor::only(data.content(), tag::SEQUENCE)?);
        if cursor::unsigned(info.expect(tag::INTEGER)?)? != [1] {
            return Err(MalformedToken::Version);
        }
        let policy = info.oid()?;
        let mut message_imprint = info.sequence()?;
        let algorithm = message_imprint.expect_tlv(tag::SEQUENCE)?.raw;
        let digest = Digest::from_identifier(algorithm).map_err(MalformedToken::Imprint)?;
        let imprint = message_imprint.expect(tag::OCTET_STRING)?;
        message_imprint.finish()?;
        cursor::integer(info.expect(tag::INTEGER)?)?;
        let instant = gen_time(info.expect(tag::GENERALIZED_TIME)?)?;
        let nonce = rest(info)?;
        Ok(Self { data, policy, digest, imprint, instant, nonce })
    }

    /// When, by the authority's clock; fractions of a second are cut off.
    #[must_use]
    pub fn instant(&self) -> UnixTime {
        self.instant
    }

    /// The policy it was made under.
    #[must_use]
    pub fn policy(&self) -> ObjectIdentifier {
        self.policy
    }

    /// The nonce of the request it answers, as the octets of an INTEGER.
    #[must_use]
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.nonce
    }

    /// Whether it is over `stamped`. A SHA-1 imprint proves nothing of something made today and counts only if `acceptance` says so.
    ///
    /// # Errors
    /// [`AlgorithmError`] if the imprint's digest is not accepted.
    pub fn covers(&self, stamped: &[u8], acceptance: Acceptance) -> Result<bool, AlgorithmError> {
        if self.digest == Digest::Sha1 && !acceptance.sha1 {
            return Err(AlgorithmError::not_accepted("a time-stamp with a sha-1 imprint"));
        }
        Ok(self.digest.of(stamped)? == self.imprint)
    }

    /// Certificates in the token, none of them checked.
    #[must_use]
    pub fn certificates(&self) -> &[&'a [u8]] {
        self.data.certificates()
    }

    /// The one of `certificates` that the token names as its signer's, believed or not.
    #[must_use]
    pub fn named<'b>(&self, certificates: &'b [Arc<Certificate>]) -> Option<&'b Arc<Certificate>> {
        let signer = self.data.signer().ok()?;
        certificates.iter().find(|certificate| signer.names(certificate))
    }

    /// Those of `certificates` that the time-stamping authority names and whose key signed the token. At least one.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn check(
        &self,
        certificates: &[Arc<Certificate>],
        acceptance: Acceptance,
    ) -> Result<Vec<Checked>, SignatureFault> {
        let signer = self.data.signer().map_err(|_| SignatureFault::CertificateMissing)?;
        self.data.check(signer, certificates, acceptance)
    }
}

/// The token inside `bytes`, in DER: `bytes` is a token itself, or a `TimeStampResp` that grants one (RFC 3161 §2.4.2).
///
/// # Errors
/// [`MalformedToken`].
pub fn extract(bytes: &[u8]) -> Result<Vec<u8>, MalformedToken> {
    let der = cms::to_der(bytes).map_err(MalformedCms::from)?;
    let mut outer = Cursor::new(Cursor::only(&der, tag::SEQUENCE)?);
    if outer.peek() == Some(tag::OID) {
        return Ok(der);
    }
    let status = outer.sequence()?.expect(tag::INTEGER)?;
    // granted, grantedWithMods
    if !matches!(status, [0 | 1]) {
        return Err(MalformedToken::NotGranted);
    }
    let token = outer.expect_tlv(tag::SEQUENCE)?.raw.to_vec();
    outer.finish()?;
    Ok(token)
}

/// `GeneralizedTime` with optional fractions (RFC 3161 §2.4.2), which are dropped: no decision here hangs on less than a second.
fn gen_time(value: &[u8]) -> Result<UnixTime, Malformed> {
    let dot = value.iter().position(|octet| *octet == b'.');
    let Some((whole, fraction)) = dot.and_then(|at| value.split_at_checked(at)) else {
        return cursor::generalized_time(value);
    };
    match fraction {
        // X.690 §11.7.3: at least one digit, no trailing zero.
        [b'.', digits @ .., b'1'..=b'9', b'Z'] if digits.iter().all(u8::is_ascii_digit) => {
            cursor::generalized_time(&[whole, b"Z"].concat())
        }
        _ => Err(Malformed::Time),
    }
}

/// `accuracy`, `ordering`, `nonce`, `tsa` and `extensions`: read for their form, for the nonce, and for extensions that must be understood.
fn rest(mut info: Cursor<'_>) -> Result<Option<&[u8]>, MalformedToken> {
    info.optional(tag::SEQUENCE)?;
    info.optional(tag::BOOLEAN)?;
    let nonce = info.optional(tag::INTEGER)?;
    info.optional(tag::constructed(0))?;
    let extensions = info.optional(tag::constructed(1))?;
    info.finish()?;
    let mut extensions = Cursor::new(extensions.unwrap_or_default());
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        extension.oid()?;
        if extension.default_false(tag::BOOLEAN)? {
            return Err(MalformedToken::CriticalExtension);
        }
        extension.expect(tag::OCTET_STRING)?;
    }
    Ok(nonce)
}
