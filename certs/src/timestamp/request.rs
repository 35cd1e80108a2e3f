use crate::algorithm::{AlgorithmError, Digest};
use crate::path::cursor::tag;
use crate::path::name::encode;

/// A request for a time-stamp (RFC 3161 §2.4.1): of SHA-256 of what is to be stamped, with the authority's certificate asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampRequest {
    der: Vec<u8>,
    nonce: Vec<u8>,
}

impl StampRequest {
    /// Asks for a time-stamp over `stamped`. `nonce` is at most 20 random octets; the token must repeat it
    /// ([`TimeStamp::nonce`](super::TimeStamp::nonce)), which an answer given before cannot.
    ///
    /// # Errors
    /// [`AlgorithmError`] if the digest is not available.
    pub fn new(stamped: &[u8], nonce: &[u8]) -> Result<Self, AlgorithmError> {
        let algorithm = [encode(tag::OID, Digest::Sha256.oid().as_bytes()), encode(tag::NULL, &[])].concat();
        let hash = Digest::Sha256.of(stamped)?;
        let imprint = [encode(tag::SEQUENCE, &algorithm), encode(tag::OCTET_STRING, &hash)].concat();
        // An INTEGER: positive, without leading zeros.
        let nonce = [&[0x01], nonce].concat();
        let parts = [
            encode(tag::INTEGER, &[1]),
            encode(tag::SEQUENCE, &imprint),
            encode(tag::INTEGER, &nonce),
            encode(tag::BOOLEAN, &[0xff]),
        ];
        Ok(Self { der: encode(tag::SEQUENCE, &parts.concat()), nonce })
    }

    /// Body of a POST with `application/timestamp-query`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What the token's nonce must be.
    #[must_use]
    pub fn nonce(&self) -> &[u8] {
        &self.nonce
    }
}
