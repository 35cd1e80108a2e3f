//! What a verdict rests on, kept so that anybody can reach the same verdict later: as of the same instant, without network, after every
//! certificate in it expired (SLS 16-2(2)).

mod item;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use item::{Item, ItemDigest, ItemKind};

use crate::UnixTime;
use crate::algorithm::KeyKind;
use crate::envelope::EnvelopeKind;

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
    /// Certificates of whoever signed those, as far as they are not on the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_signers: Vec<ItemDigest>,
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
    /// Certificates of whoever signed those, as far as they are not on the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocation_signers: Vec<ItemDigest>,
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
            items.into_iter().map(|item| (item.digest(), item)).collect();
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
            let found = ItemDigest::of(item.bytes());
            if found != item.digest() {
                return Err(Incomplete::Altered { digest: item.digest(), found });
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
        self.items.iter().find(|item| item.digest() == *digest)
    }
}

impl Statement {
    /// The digests of everything the statement names.
    pub fn digests(&self) -> impl Iterator<Item = &ItemDigest> {
        let stamp = self
            .time_stamp
            .iter()
            .flat_map(|stamp| stamp.path.iter().chain(&stamp.revocation).chain(&stamp.revocation_signers));
        self.path.iter().chain(&self.revocation).chain(&self.revocation_signers).chain(stamp)
    }
}
