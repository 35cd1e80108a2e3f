//! A signed document as it arrived, and the document that was read from exactly the octets that were signed.

use core::fmt;

use crate::cms::{self, MalformedCms, SignedData};
use crate::jws::{Jws, MalformedJws};

/// Octets of the largest envelope read: a document of 64 KiB with a chain and a time-stamp, in base64, has about 130 KiB.
pub const LARGEST: usize = 256 * 1024;

/// How a document is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvelopeKind {
    /// CMS `SignedData` (RFC 5652), DER or BER.
    Cms,
    /// Compact JWS (RFC 7515).
    Jws,
}

impl EnvelopeKind {
    /// The kind a media type names: `application/pkcs7-mime`, `application/cms` or `application/jose`, in any case, with any parameters
    /// (RFC 9110 §8.3.1), except a `smime-type` other than `signed-data` (RFC 8551 §3.2.2).
    #[must_use]
    pub fn from_media_type(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let other_type = parts.filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("smime-type")
                && !value.trim().trim_matches('"').eq_ignore_ascii_case("signed-data")
        });
        match essence.as_str() {
            "application/pkcs7-mime" | "application/cms" if !other_type => Some(Self::Cms),
            "application/jose" => Some(Self::Jws),
            _ => None,
        }
    }
}

/// Why octets are not an envelope. Clients are told `malformed-signature` and this text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedEnvelope {
    /// Not a CMS message this crate takes.
    #[error("{0}")]
    Cms(MalformedCms),
    /// Not a JWS this crate takes.
    #[error("{0}")]
    Jws(MalformedJws),
    /// Larger than [`LARGEST`].
    #[error("{size} octets are more than {LARGEST}")]
    TooLarge {
        /// Octets.
        size: usize,
    },
}

impl MalformedEnvelope {
    /// The refusal code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "malformed-signature"
    }
}

/// A signed document that was taken apart, and not yet judged.
pub struct Envelope {
    body: Body,
}

pub(crate) enum Body {
    Cms(Message),
    Jws(Jws),
}

/// A CMS message.
pub(crate) struct Message {
    bytes: Vec<u8>,
    der: Vec<u8>,
    content: Vec<u8>,
}

impl Message {
    fn parse(bytes: &[u8]) -> Result<Self, MalformedCms> {
        let der = cms::to_der(bytes)?;
        let data = SignedData::parse(&der, cms::oid::DATA)?;
        data.signer()?;
        let content = data.content().to_vec();
        Ok(Self { bytes: bytes.to_vec(), der, content })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kind", &self.kind())
            .field("octets", &self.bytes().len())
            .finish_non_exhaustive()
    }
}

impl Envelope {
    /// Takes an envelope apart.
    ///
    /// # Errors
    /// [`MalformedEnvelope`].
    pub fn parse(kind: EnvelopeKind, bytes: &[u8]) -> Result<Self, MalformedEnvelope> {
        if bytes.len() > LARGEST {
            return Err(MalformedEnvelope::TooLarge { size: bytes.len() });
        }
        let body = match kind {
            EnvelopeKind::Cms => Body::Cms(Message::parse(bytes).map_err(MalformedEnvelope::Cms)?),
            EnvelopeKind::Jws => Body::Jws(Jws::parse(bytes).map_err(MalformedEnvelope::Jws)?),
        };
        Ok(Self { body })
    }

    /// How it is signed.
    #[must_use]
    pub fn kind(&self) -> EnvelopeKind {
        match self.body {
            Body::Cms(_) => EnvelopeKind::Cms,
            Body::Jws(_) => EnvelopeKind::Jws,
        }
    }

    /// The octets as they arrived.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Cms(message) => &message.bytes,
            Body::Jws(jws) => jws.bytes(),
        }
    }

    /// The octets that were signed.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        match &self.body {
            Body::Cms(message) => &message.content,
            Body::Jws(jws) => jws.payload(),
        }
    }

    /// The certificate a JWS puts first.
    pub(crate) fn first_certificate(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Jws(jws) => jws.certificates().first().map(Vec::as_slice),
            Body::Cms(_) => None,
        }
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    /// Reads the document from exactly the octets that were signed. There is no other way to a [`Signed`], so nobody can verify one text
    /// and act on another.
    ///
    /// # Errors
    /// Whatever `read` says.
    pub fn read<D, E>(self, read: impl FnOnce(&[u8]) -> Result<D, E>) -> Result<Signed<D>, E> {
        let document = read(self.content())?;
        Ok(Signed { document, envelope: self })
    }
}

/// A document with a signature that nobody has checked.
pub struct Signed<D> {
    document: D,
    envelope: Envelope,
}

impl<D> fmt::Debug for Signed<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signed").field(&self.envelope).finish()
    }
}

impl<D> Signed<D> {
    /// What it says, if it was really signed.
    #[must_use]
    pub fn document(&self) -> &D {
        &self.document
    }

    /// The octets that the signature claims to cover.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.envelope.content()
    }

    /// The envelope it came in.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    pub(crate) fn into_parts(self) -> (D, Envelope) {
        (self.document, self.envelope)
    }
}
