use super::responder::key_bits;
use super::response::NONCE;
use crate::algorithm::{AlgorithmError, Digest};
use crate::path::Certificate;
use crate::path::cursor::tag;
use crate::path::name::encode;

/// A question to an OCSP responder (RFC 6960 §4.1), not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    der: Vec<u8>,
    nonce: Vec<u8>,
}

/// What the answer's nonce must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce<'a> {
    /// No question of ours: a stapled or filed answer, which its dates alone limit.
    Unchecked,
    /// If the answer has one, it must be this ([`OcspRequest::nonce`]). Responders that prepare answers beforehand send none.
    Preferred(&'a [u8]),
    /// The answer must have one, and it must be this.
    Required(&'a [u8]),
}

impl OcspRequest {
    /// Asks about `certificate`, issued by `issuer`. `nonce` is 1 to 32 random octets (RFC 8954 §2.1); empty for none.
    ///
    /// # Errors
    /// [`AlgorithmError`] if `digest` is not available, or the issuer's key cannot be read.
    pub fn new(
        certificate: &Certificate,
        issuer: &Certificate,
        digest: Digest,
        nonce: &[u8],
    ) -> Result<Self, AlgorithmError> {
        let bits = key_bits(issuer).ok_or(AlgorithmError::MalformedKey)?;
        let algorithm = [encode(tag::OID, digest.oid().as_bytes()), encode(tag::NULL, &[])].concat();
        let id = [
            encode(tag::SEQUENCE, &algorithm),
            encode(tag::OCTET_STRING, &digest.of(certificate.issuer().der())?),
            encode(tag::OCTET_STRING, &digest.of(bits)?),
            encode(tag::INTEGER, certificate.serial()),
        ];
        let single = encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &id.concat()));
        let mut question = encode(tag::SEQUENCE, &single);
        let value = if nonce.is_empty() { Vec::new() } else { encode(tag::OCTET_STRING, nonce) };
        if !value.is_empty() {
            let extension = [encode(tag::OID, NONCE.as_bytes()), encode(tag::OCTET_STRING, &value)].concat();
            let extensions = encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &extension));
            question.extend(encode(tag::constructed(2), &extensions));
        }
        Ok(Self { der: encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &question)), nonce: value })
    }

    /// Body of a POST with `application/ocsp-request`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What [`Nonce`] compares with: the value of the extension, empty without one.
    #[must_use]
    pub fn nonce(&self) -> &[u8] {
        &self.nonce
    }
}
