//! Time-stamps: tokens (RFC 3161 §2.4.2), and answering requests for them.

mod reply;

pub use der::asn1::ObjectIdentifier;

pub use reply::{Refusal, Request, grant, refuse};

use super::cms::{Draft, content_type, message_digest, signing_certificate};
use super::{IssueError, SigningKey, asn1};
use crate::UnixTime;
use crate::algorithm::Digest;
use crate::cms::oid;

/// What a token shall say.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Policy it is made under.
    pub policy: ObjectIdentifier,
    /// Digest of the imprint.
    pub digest: Digest,
    /// What is stamped.
    pub stamped: &'a [u8],
    /// Serial number.
    pub serial: u64,
    /// When.
    pub instant: UnixTime,
}

/// Signs a token as the time-stamping authority of `certificate` (DER), which goes along. DER `ContentInfo`.
///
/// # Errors
/// [`IssueError`].
pub fn issue(stamp: &Stamp<'_>, key: &SigningKey, certificate: &[u8]) -> Result<Vec<u8>, IssueError> {
    let hash = stamp.digest.of(stamp.stamped).map_err(|_| IssueError::malformed("digest"))?;
    let imprint = Imprint { digest: stamp.digest, hash };
    let info = imprint.info(&stamp.policy, stamp.serial, stamp.instant, None)?;
    sign_info(&info, key, certificate, true)
}

/// The digest of what is stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Imprint {
    digest: Digest,
    hash: Vec<u8>,
}

impl Imprint {
    /// `None` unless the hash is as long as the digest's are.
    fn new(digest: Digest, hash: &[u8]) -> Result<Self, IssueError> {
        let wrong = || IssueError::malformed("imprint");
        let length = digest.of(&[]).map_err(|_| wrong())?.len();
        if hash.len() == length { Ok(Self { digest, hash: hash.to_vec() }) } else { Err(wrong()) }
    }

    /// `TSTInfo`.
    fn info(
        &self,
        policy: &ObjectIdentifier,
        serial: u64,
        instant: UnixTime,
        nonce: Option<&[u8]>,
    ) -> Result<Vec<u8>, IssueError> {
        let algorithm = asn1::sequence(&[asn1::oid(&self.digest.oid()), asn1::null()]);
        let mut parts = vec![
            asn1::integer(&[1]),
            asn1::oid(policy),
            asn1::sequence(&[algorithm, asn1::octet_string(&self.hash)]),
            asn1::integer(&serial.to_be_bytes()),
            asn1::generalized_time(instant)?,
        ];
        parts.extend(nonce.map(asn1::integer));
        Ok(asn1::sequence(&parts))
    }
}

/// Signs a `TSTInfo`. `attached` says whether the certificate goes along (RFC 3161 §2.4.1, `certReq`).
fn sign_info(
    info: &[u8],
    key: &SigningKey,
    certificate: &[u8],
    attached: bool,
) -> Result<Vec<u8>, IssueError> {
    let mut draft = Draft::new(info, key, certificate)?;
    if !attached {
        draft.certificates.clear();
    }
    draft.content_type = oid::TST_INFO;
    draft.signed = vec![
        content_type(&oid::TST_INFO),
        message_digest(draft.digest, info)?,
        signing_certificate(certificate)?,
    ];
    draft.sign(key)
}
