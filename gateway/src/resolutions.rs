//! Prosecutors' resolutions in force: what they stopped stays stopped, on every node, within a second (OI 25(2)3)).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::clock::Millis;
use crate::store::{Store, StoreError};

/// How often a node looks whether another resolution came in.
const EVERY: Duration = Duration::from_millis(250);

/// What a resolution ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A case, by the commitment that stands for it.
    Case([u8; 32]),
    /// A sanction, by the digest of what was signed.
    Sanction([u8; 32]),
}

/// A resolution as it is kept. The signed document itself is in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResolution {
    /// SHA-256 of what was signed.
    pub digest: [u8; 32],
    pub ended: Ended,
    pub since: Millis,
}

/// The resolutions as this node knows them.
#[derive(Debug, Default)]
pub struct Resolutions {
    current: ArcSwap<InForce>,
}

#[derive(Debug, Default)]
struct InForce {
    count: i64,
    cases: HashMap<[u8; 32], Millis>,
    sanctions: HashMap<[u8; 32], Millis>,
}

impl Resolutions {
    /// What is kept now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let resolutions = Self::default();
        resolutions.refresh(store).await?;
        Ok(resolutions)
    }

    /// Takes up what came in since.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn refresh(&self, store: &dyn Store) -> Result<(), StoreError> {
        // Resolutions are never taken back, so their number tells whether there is a new one.
        if store.resolution_count().await? == self.current.load().count {
            return Ok(());
        }
        let kept = store.resolutions().await?;
        let mut now = InForce { count: i64::try_from(kept.len()).unwrap_or(i64::MAX), ..InForce::default() };
        for resolution in kept {
            let (ended, target) = match resolution.ended {
                Ended::Case(case) => (&mut now.cases, case),
                Ended::Sanction(digest) => (&mut now.sanctions, digest),
            };
            let since = ended.entry(target).or_insert(resolution.since);
            *since = resolution.since.min(*since);
        }
        self.current.store(Arc::new(now));
        Ok(())
    }

    /// Since when a case is stopped.
    #[must_use]
    pub fn stopped(&self, case: &[u8; 32]) -> Option<Millis> {
        self.current.load().cases.get(case).copied()
    }

    /// Whether a sanction was taken back.
    #[must_use]
    pub fn taken_back(&self, sanction: &[u8; 32]) -> bool {
        self.current.load().sanctions.contains_key(sanction)
    }

    /// Since when it is ended, by the first resolution that ended it.
    #[must_use]
    pub fn since(&self, ended: &Ended) -> Option<Millis> {
        match ended {
            Ended::Case(case) => self.stopped(case),
            Ended::Sanction(digest) => self.current.load().sanctions.get(digest).copied(),
        }
    }

    /// Looks for new ones as long as the node runs.
    pub async fn watch(self: Arc<Self>, store: Arc<dyn Store>) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.refresh(&*store).await {
                tracing::error!(error = &error as &dyn std::error::Error, "resolutions cannot be read");
            }
        }
    }
}
