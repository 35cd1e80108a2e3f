//! The seam to document signatures: filled by whoever can verify certificates. This crate cannot, and does not depend on one
//! that can, so that each can be linked alone.

use crate::instant::UnixMillis;
use crate::statement::Role;

/// A signed request with what was relied on when it was accepted.
#[derive(Debug, Clone)]
pub struct SignedRequest<'a> {
    /// `application/cms`, `application/pkcs7-mime`, `application/jose` or `application/xml`.
    pub media_type: &'a str,
    /// As received.
    pub bytes: &'a [u8],
    /// Certificates, revocation lists and answers, time-stamps: each shown to be the one recorded.
    pub relied_on: Vec<(Role, &'a [u8])>,
    /// The instant as of which it is to be verified: that of the log's entry.
    pub at: UnixMillis,
}

/// A time-stamp with what was relied on when it was accepted.
#[derive(Debug, Clone)]
pub struct StampedBytes<'a> {
    /// The RFC 3161 token (DER).
    pub token: &'a [u8],
    /// What it is to be over.
    pub stamped: &'a [u8],
    /// Certificates, revocation lists and answers: each has the digest it is shown under.
    pub relied_on: Vec<(Role, &'a [u8])>,
}

/// What the verification of a signed request gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// The exact document that is signed.
    pub content: Vec<u8>,
    /// The signer's IIN.
    pub iin: String,
    /// What was relied on, as sentences: the chain, the revocation answers, the time-stamp.
    pub words: Vec<String>,
}

/// Verifies what this crate cannot.
pub trait SignatureCheck {
    /// Verifies a signed request as of its instant, from `relied_on` and the caller's trust anchors alone.
    ///
    /// # Errors
    /// The reason, as a sentence.
    fn signed_request(&self, request: &SignedRequest<'_>) -> Result<Signatory, String>;

    /// Verifies a time-stamp as of the instant it states, from `relied_on` and the caller's trust anchors alone. Gives when and by whom,
    /// as a sentence.
    ///
    /// # Errors
    /// The reason, as a sentence.
    fn time_stamp(&self, stamp: &StampedBytes<'_>) -> Result<String, String>;
}
