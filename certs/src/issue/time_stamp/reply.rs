use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Sequence};
use x509_cert::spki::AlgorithmIdentifierRef;

use super::{Imprint, sign_info};
use crate::UnixTime;
use crate::algorithm::Digest;
use crate::issue::{Authority, IssueError, asn1};

/// Longest request read, in octets.
const LONGEST: usize = 4 * 1024;

/// A request for a time-stamp (RFC 3161 §2.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    imprint: Imprint,
    /// Policy asked for, if any.
    pub policy: Option<ObjectIdentifier>,
    nonce: Option<Vec<u8>>,
    certificate: bool,
}

#[derive(Sequence)]
struct RawRequest<'a> {
    version: u8,
    imprint: RawImprint<'a>,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<UintRef<'a>>,
    #[asn1(default = "Default::default")]
    certificate: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct RawImprint<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    hash: OctetStringRef<'a>,
}

/// Why no stamp was given (RFC 3161 §2.4.2, `PKIFailureInfo`), with the bit the response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "each variant is named by its standard name")]
pub enum Refusal {
    BadAlg = 0,
    BadRequest = 2,
    BadDataFormat = 5,
    TimeNotAvailable = 14,
    UnacceptedPolicy = 15,
    UnacceptedExtension = 16,
    SystemFailure = 25,
}

impl Request {
    /// Reads a DER `TimeStampReq`.
    ///
    /// # Errors
    /// The [`Refusal`] to answer with.
    pub fn parse(request_der: &[u8]) -> Result<Self, Refusal> {
        if request_der.len() > LONGEST {
            return Err(Refusal::BadDataFormat);
        }
        let raw = RawRequest::from_der(request_der).map_err(|_| Refusal::BadDataFormat)?;
        if raw.version != 1 {
            return Err(Refusal::BadRequest);
        }
        if raw.extensions.is_some() {
            return Err(Refusal::UnacceptedExtension);
        }
        let algorithm = raw.imprint.algorithm;
        let digest = Digest::from_parts(&algorithm.oid, algorithm.parameters).map_err(|_| Refusal::BadAlg)?;
        let imprint =
            Imprint::new(digest, raw.imprint.hash.as_bytes()).map_err(|_| Refusal::BadDataFormat)?;
        let nonce = raw.nonce.map(|nonce| nonce.as_bytes().to_vec());
        Ok(Self { imprint, policy: raw.policy, nonce, certificate: raw.certificate })
    }
}

/// Grants `request`: DER `TimeStampResp` with a token of `authority`, made under `policy` with this serial number at `instant`.
///
/// # Errors
/// [`IssueError`] for an instant that cannot be written, or if the key refuses.
pub fn grant(
    authority: &Authority,
    request: &Request,
    policy: ObjectIdentifier,
    serial: u64,
    instant: UnixTime,
) -> Result<Vec<u8>, IssueError> {
    let info = request.imprint.info(&policy, serial, instant, request.nonce.as_deref())?;
    let token = sign_info(&info, authority.key(), authority.certificate(), request.certificate)?;
    // PKIStatus granted
    let status = asn1::sequence(&[asn1::integer(&[0])]);
    Ok(asn1::sequence(&[status, token]))
}

/// Refuses: DER `TimeStampResp` without a token.
#[must_use]
pub fn refuse(refusal: Refusal) -> Vec<u8> {
    // PKIStatus rejection
    let status = asn1::integer(&[2]);
    let bits = asn1::named_bits(1_u32 << (refusal as u8));
    asn1::sequence(&[asn1::sequence(&[status, bits])])
}
