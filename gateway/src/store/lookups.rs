//! The lookups of the hot path: a request needs one of each.

use super::StoreError;
use super::gather::Gather;
use super::known::{Asked, Known};
use crate::enrolment::{Enrolment, Fingerprint};

/// Connections that the lookups keep: one for each kind.
pub(super) const LOOKUPS: u32 = 3;

#[derive(Debug)]
pub(super) struct Lookups {
    pub(super) enrolments: Gather<Fingerprint, Enrolment>,
    pub(super) known: Gather<Asked, Known>,
    /// `None` for a key that was destroyed.
    pub(super) keys: Gather<[u8; 32], Option<Vec<u8>>>,
}

impl Lookups {
    pub(super) async fn enrolment(&self, certificate: &Fingerprint) -> Result<Option<Enrolment>, StoreError> {
        self.enrolments.ask(*certificate).await
    }

    pub(super) async fn known(&self, asked: Asked) -> Result<Known, StoreError> {
        Ok(self.known.ask(asked).await?.unwrap_or_default())
    }
}

/// Lookups over a pool, by the functions of one database.
macro_rules! lookups {
    ($pool:expr) => {
        Lookups {
            enrolments: lookups!(@one $pool, enrolled::enrolments),
            known: lookups!(@one $pool, enrolled::known),
            keys: lookups!(@one $pool, keys::find),
        }
    };
    (@one $pool:expr, $find:path) => {{
        let kept = std::sync::Arc::new(Kept::of(&$pool));
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
