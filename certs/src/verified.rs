//! The proof that a document was signed by somebody.

use core::fmt;

use crate::envelope::Envelope;
use crate::relied::Relied;
use crate::signer::Signer;

/// A document whose signature was verified and whose signer is vouched for. There is one way to get one: [`Trust::verify`](crate::Trust::verify).
/// It cannot be copied, made up or read from storage.
pub struct Verified<D> {
    document: D,
    envelope: Envelope,
    digest: [u8; 32],
    signer: Signer,
    relied: Relied,
}

impl<D> fmt::Debug for Verified<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("signer", &self.signer).finish_non_exhaustive()
    }
}

impl<D> Verified<D> {
    pub(crate) fn new(document: D, envelope: Envelope, signer: Signer, relied: Relied) -> Self {
        let digest = crate::path::sha256(envelope.content());
        Self { document, envelope, digest, signer, relied }
    }

    /// What was signed.
    #[must_use]
    pub fn document(&self) -> &D {
        &self.document
    }

    /// The octets that were signed.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.envelope.content()
    }

    /// SHA-256 of the octets that were signed.
    #[must_use]
    pub fn content_digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The envelope as it arrived, to be kept as evidence.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Who signed.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// What the verdict rests on, to be kept as evidence (SLS 16-2(2)).
    #[must_use]
    pub fn relied(&self) -> &Relied {
        &self.relied
    }
}
