//! What a verdict rests on, kept so that anybody can reach the same verdict later: as of the same instant, without network, after every
//! certificate in it expired (SLS 16-2(2)).

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::UnixTime;
use crate::algorithm::KeyKind;
use crate::envelope::EnvelopeKind;
use crate::path::sha256;

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

/// Something relied on. Many verdicts share one: keep each once, by digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// SHA-256 of the octets.
    pub digest: ItemDigest,
    /// The octets.
    #[serde(with = "base64_octets")]
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.digest)
    }
}

/// The verdict in short: what was relied on, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Statement {
    /// Version of this form: 1.
    pub version: u8,
    /// Name of the certificate profile.
    pub profile: String,
    /// Instant of checking.
    pub at: UnixTime,
    /// How the document was signed.
    pub envelope: EnvelopeKind,
    /// Name of the signature algorithm.
    pub algorithm: String,
    /// Kind of the signer's key.
    pub key: KeyKind,
    /// Certificates from the signer's to the anchor.
    pub path: Vec<ItemDigest>,
    /// Lists and answers that say none of them was revoked.
    pub revocation: Vec<ItemDigest>,
    /// The time-stamp on the signature, if there is one. The token itself is in the envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_stamp: Option<StampStatement>,
}

/// The verdict on a time-stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StampStatement {
    /// When.
    pub instant: UnixTime,
    /// Policy, dotted.
    pub policy: String,
    /// Certificates from the time-stamping authority's to the anchor.
    pub path: Vec<ItemDigest>,
    /// Lists and answers that say none of them was revoked.
    pub revocation: Vec<ItemDigest>,
}

/// A verdict with everything it rests on, except the envelope and the profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relied {
    statement: Statement,
    items: Vec<Item>,
}

/// Something a [`Statement`] names is not there, or is not what its digest says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// An item is missing.
    #[error("item {digest} is missing")]
    Missing {
        /// Which.
        digest: ItemDigest,
    },
    /// An item has other octets than its digest says.
    #[error("item {digest} has other octets, of digest {found}")]
    Altered {
        /// What it should be.
        digest: ItemDigest,
        /// What it is.
        found: ItemDigest,
    },
}

impl Relied {
    pub(crate) fn new(statement: Statement, items: impl IntoIterator<Item = Item>) -> Self {
        let distinct: BTreeMap<ItemDigest, Item> =
            items.into_iter().map(|item| (item.digest, item)).collect();
        Self { statement, items: distinct.into_values().collect() }
    }

    /// Puts a statement and its items together again, from wherever they were kept.
    ///
    /// # Errors
    /// [`Incomplete`].
    pub fn from_parts(
        statement: Statement,
        mut find: impl FnMut(&ItemDigest) -> Option<Item>,
    ) -> Result<Self, Incomplete> {
        let mut items = Vec::new();
        for digest in statement.digests() {
            let item = find(digest).ok_or(Incomplete::Missing { digest: *digest })?;
            items.push(item);
        }
        let relied = Self::new(statement, items);
        relied.check().map(|()| relied)
    }

    /// Every item is there and has the octets its digest says.
    ///
    /// # Errors
    /// [`Incomplete`].
    pub fn check(&self) -> Result<(), Incomplete> {
        for item in &self.items {
            let found = ItemDigest::of(&item.bytes);
            if found != item.digest {
                return Err(Incomplete::Altered { digest: item.digest, found });
            }
        }
        self.statement.digests().try_for_each(|digest| {
            self.find(digest).map(|_| ()).ok_or(Incomplete::Missing { digest: *digest })
        })
    }

    /// The verdict.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Everything relied on, each once, in order of digest.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The item with this digest.
    #[must_use]
    pub fn find(&self, digest: &ItemDigest) -> Option<&Item> {
        self.items.iter().find(|item| item.digest == *digest)
    }
}

impl Statement {
    /// The digests of everything the statement names.
    pub fn digests(&self) -> impl Iterator<Item = &ItemDigest> {
        let stamp = self.time_stamp.iter().flat_map(|stamp| stamp.path.iter().chain(&stamp.revocation));
        self.path.iter().chain(&self.revocation).chain(stamp)
    }
}

mod base64_octets {
    use super::{Arc, Deserialize, Deserializer, Engine, STANDARD, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[u8]>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Arc::from).map_err(D::Error::custom)
    }
}
