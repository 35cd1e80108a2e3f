//! The lookups of the hot path: a request needs one of each.

use std::collections::HashMap;

use super::StoreError;
use super::gather::Gather;
use super::known::{Asked, Known};
use crate::clock::Millis;
use crate::enrolment::{Enrolment, Fingerprint};

/// Connections that the lookups keep: one for each kind.
pub(super) const LOOKUPS: u32 = 3;

/// A wrapped key for a case, unless that has one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Offered {
    pub(super) case_ref: [u8; 32],
    pub(super) wrapped: Vec<u8>,
    pub(super) at: Millis,
}

impl Offered {
    /// Each offer with the key that its case has now.
    pub(super) fn held(
        offered: &[Self],
        keys: &HashMap<[u8; 32], Option<Vec<u8>>>,
    ) -> HashMap<Self, Option<Vec<u8>>> {
        let held = |it: &Self| Some((it.clone(), keys.get(&it.case_ref)?.clone()));
        offered.iter().filter_map(held).collect()
    }

    /// In one order for all nodes: two that offer the same keys wait for each other in one direction only.
    pub(super) fn in_order(offered: &[Self]) -> Vec<&Self> {
        let mut offered: Vec<&Self> = offered.iter().collect();
        offered.sort_by_key(|it| it.case_ref);
        offered
    }
}

#[derive(Debug)]
pub(super) struct Lookups {
    pub(super) enrolments: Gather<Fingerprint, Enrolment>,
    pub(super) known: Gather<Asked, Known>,
    /// `None` for a key that was destroyed.
    pub(super) keys: Gather<[u8; 32], Option<Vec<u8>>>,
    /// The keys that hold once these were offered, durably.
    pub(super) made: Gather<Offered, Option<Vec<u8>>>,
}

impl Lookups {
    pub(super) async fn enrolment(&self, certificate: &Fingerprint) -> Result<Option<Enrolment>, StoreError> {
        self.enrolments.ask(*certificate).await
    }

    pub(super) async fn known(&self, asked: Asked) -> Result<Known, StoreError> {
        Ok(self.known.ask(asked).await?.unwrap_or_default())
    }

    /// The key of a case, `wrapped` if it has none yet; `None` if it was destroyed.
    pub(super) async fn case_key(
        &self,
        case_ref: &[u8; 32],
        wrapped: &[u8],
        at: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        // Most requests are about a case that has its key: no writer is disturbed for them.
        if let Some(found) = self.keys.ask(*case_ref).await? {
            return Ok(found);
        }
        let offered = Offered { case_ref: *case_ref, wrapped: wrapped.to_vec(), at };
        let made = self.made.ask(offered).await?;
        made.ok_or_else(|| StoreError::Corrupt("a key that was just made is not there".to_owned()))
    }
}

/// Lookups over a pool, and keys made over a connection that writes, by the functions of one database.
macro_rules! lookups {
    ($pool:expr, $writer:expr) => {
        Lookups {
            enrolments: lookups!(@one std::sync::Arc::new(Kept::of(&$pool)), enrolled::enrolments),
            known: lookups!(@one std::sync::Arc::new(Kept::of(&$pool)), enrolled::known),
            keys: lookups!(@one std::sync::Arc::new(Kept::of(&$pool)), keys::find),
            made: lookups!(@one $writer, keys::make),
        }
    };
    (@one $kept:expr, $find:path) => {{
        let kept = $kept;
        Gather::new(move |keys: Vec<_>| {
            let kept = std::sync::Arc::clone(&kept);
            async move {
                let mut connection = kept.lend().await?;
                let found = $find(&mut connection, &keys).await?;
                connection.keep();
                Ok(found)
            }
        })
    }};
}
pub(super) use lookups;
