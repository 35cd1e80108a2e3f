//! Time-stamp tokens (RFC 3161 §2.4.2).

use der::asn1::ObjectIdentifier;

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

/// Signs a token as the time-stamping authority of `certificate` (DER). DER `ContentInfo`.
///
/// # Errors
/// [`IssueError`].
pub fn issue(stamp: &Stamp<'_>, key: &SigningKey, certificate: &[u8]) -> Result<Vec<u8>, IssueError> {
    let imprint = stamp.digest.of(stamp.stamped).map_err(|_| IssueError::malformed("digest"))?;
    let algorithm = asn1::sequence(&[asn1::oid(&stamp.digest.oid()), asn1::null()]);
    let info = asn1::sequence(&[
        asn1::integer(&[1]),
        asn1::oid(&stamp.policy),
        asn1::sequence(&[algorithm, asn1::octet_string(&imprint)]),
        asn1::integer(&stamp.serial.to_be_bytes()),
        asn1::generalized_time(stamp.instant)?,
    ]);
    let mut draft = Draft::new(&info, key, certificate)?;
    draft.content_type = oid::TST_INFO;
    draft.signed = vec![
        content_type(&oid::TST_INFO),
        message_digest(draft.digest, &info)?,
        signing_certificate(certificate)?,
    ];
    draft.sign(key)
}
