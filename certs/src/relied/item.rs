use core::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::path::{Certificate, sha256};
use crate::revocation::Source;

/// SHA-256 of an item; written as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemDigest([u8; 32]);

impl ItemDigest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha256(bytes))
    }

    /// A digest that was computed before.
    #[must_use]
    pub fn known(digest: &[u8; 32]) -> Self {
        Self(*digest)
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ItemDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for ItemDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ItemDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)?;
        octets.try_into().map(Self).map_err(|_| D::Error::custom("a SHA-256 digest has 32 octets"))
    }
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A certificate, DER.
    Certificate,
    /// A revocation list, DER.
    Crl,
    /// An OCSP answer, DER.
    Ocsp,
}

/// Something relied on. Many verdicts share one: keep each once, by digest. Cheap to clone: lists of a million entries are shared, not copied.
#[derive(Clone)]
pub struct Item {
    kind: ItemKind,
    digest: ItemDigest,
    octets: Octets,
}

#[derive(Clone)]
enum Octets {
    Kept(Arc<[u8]>),
    Certificate(Arc<Certificate>),
    Source(Source),
}

impl Item {
    /// An item from where it was kept. Whether `bytes` have this digest is checked when the item is used.
    #[must_use]
    pub fn kept(kind: ItemKind, digest: ItemDigest, bytes: Arc<[u8]>) -> Self {
        Self { kind, digest, octets: Octets::Kept(bytes) }
    }

    pub(crate) fn certificate(certificate: Arc<Certificate>) -> Self {
        let digest = ItemDigest(*certificate.fingerprint());
        Self { kind: ItemKind::Certificate, digest, octets: Octets::Certificate(certificate) }
    }

    pub(crate) fn source(source: Source) -> Self {
        let kind = match source {
            Source::List(_) => ItemKind::Crl,
            Source::Answer(_) => ItemKind::Ocsp,
        };
        Self { kind, digest: ItemDigest(*source.digest()), octets: Octets::Source(source) }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ItemKind {
        self.kind
    }

    /// SHA-256 of the octets.
    #[must_use]
    pub fn digest(&self) -> ItemDigest {
        self.digest
    }

    pub(crate) fn as_certificate(&self) -> Option<&Arc<Certificate>> {
        match &self.octets {
            Octets::Certificate(certificate) => Some(certificate),
            Octets::Kept(_) | Octets::Source(_) => None,
        }
    }

    pub(crate) fn as_source(&self) -> Option<&Source> {
        match &self.octets {
            Octets::Source(source) => Some(source),
            Octets::Kept(_) | Octets::Certificate(_) => None,
        }
    }

    /// The octets.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.octets {
            Octets::Kept(bytes) => bytes,
            Octets::Certificate(certificate) => certificate.der(),
            Octets::Source(source) => source.bytes(),
        }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.digest)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.bytes() == other.bytes()
    }
}

impl Eq for Item {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: ItemKind,
    digest: ItemDigest,
    bytes: String,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = STANDARD.encode(self.bytes());
        Written { kind: self.kind, digest: self.digest, bytes }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let bytes = STANDARD.decode(written.bytes).map_err(D::Error::custom)?;
        Ok(Self::kept(written.kind, written.digest, bytes.into()))
    }
}
