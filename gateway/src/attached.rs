//! Documents in a signature of their own, beside or instead of a request: sanctions, urgent decisions, resolutions.
//!
//! They are verified by the same machinery as requests: same authorities, same lists, same profile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use certs::relied::Statement;
use certs::{Envelope, EnvelopeKind, Iin, Verified};
use evidence::statement::Role;
use serde::Serialize;

use crate::clock::Millis;
use crate::legible::hidden_in;
use crate::paper::Paper;
use crate::submission::media_type;
use crate::trust::Trust;

/// A document whose signature was verified, and the person it is by.
#[derive(Debug)]
pub struct Attached<D> {
    verified: Verified<D>,
    signer: Iin,
    media_type: &'static str,
}

/// Why a document is not accepted, in words for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAccepted(pub String);

/// What its signer and its readers must read alike has nothing in it that is not seen.
///
/// # Errors
/// [`NotAccepted`], by member.
pub(crate) fn legible(member: &str, text: &str) -> Result<(), NotAccepted> {
    hidden_in(member, text).map_or(Ok(()), |fault| Err(NotAccepted(fault)))
}

/// A signed document, as evidence.
#[derive(Serialize)]
struct AttachedEvidence<'a> {
    digest: evidence::Digest,
    signer: &'a str,
    relied: &'a Statement,
}

impl<D> Attached<D> {
    /// Verifies a document that stands as text in another: a compact JWS, or a CMS in base64.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub async fn in_text(
        trust: &Trust,
        text: &str,
        at: Millis,
        read: impl FnOnce(&[u8]) -> Result<D, NotAccepted>,
    ) -> Result<Self, NotAccepted> {
        if text.split('.').count() == 3 {
            return Self::verify(trust, EnvelopeKind::Jws, text.as_bytes(), at, read).await;
        }
        let der = STANDARD.decode(text.trim());
        let der = der.map_err(|_| NotAccepted("neither a compact JWS nor a CMS in base64".to_owned()))?;
        Self::verify(trust, EnvelopeKind::Cms, &der, at, read).await
    }

    /// Verifies a document in its envelope as of `at`. As with a request, responders are asked where lists do not say enough.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub async fn verify(
        trust: &Trust,
        kind: EnvelopeKind,
        bytes: &[u8],
        at: Millis,
        read: impl FnOnce(&[u8]) -> Result<D, NotAccepted>,
    ) -> Result<Self, NotAccepted> {
        let envelope = Envelope::parse(kind, bytes).map_err(|error| NotAccepted(error.to_string()))?;
        let signed = envelope.read(read)?;
        let verified = trust.judge(signed, at.seconds()).await;
        let verified = verified.map_err(|unverified| NotAccepted(unverified.untrusted.to_string()))?;
        let signer = verified.signer().iin().cloned();
        let signer = signer.ok_or_else(|| NotAccepted("its certificate names no person".to_owned()))?;
        Ok(Self { verified, signer, media_type: media_type(kind) })
    }

    /// What it says.
    #[must_use]
    pub fn document(&self) -> &D {
        self.verified.document()
    }

    /// Who signed it.
    #[must_use]
    pub fn signer(&self) -> &Iin {
        &self.signer
    }

    /// SHA-256 of what was signed: its name.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        *self.verified.content_digest()
    }

    /// What the evidence says of it.
    #[must_use]
    pub fn evidence(&self) -> impl Serialize {
        AttachedEvidence {
            digest: evidence::Digest::from_bytes(self.digest()),
            signer: self.signer.as_str(),
            relied: self.verified.relied().statement(),
        }
    }

    /// It, and all that is needed to check it later (SLS 16-2(2)).
    #[must_use]
    pub fn papers(&self, role: Role) -> Vec<Paper> {
        let bytes = Bytes::copy_from_slice(self.verified.envelope().bytes());
        let own = self.verified.signer().certificate_digest();
        let relied = self.verified.relied().items().iter().map(|item| Paper::relied(item, own));
        std::iter::once(Paper::personal(role, self.media_type, bytes)).chain(relied).collect()
    }
}
