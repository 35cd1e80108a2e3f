//! Turns of case feeds, so that large bodies take a bounded amount of memory and time, and no sender's slowness is another's.
//!
//! A feed passes two gates. The first is its own system's: few bodies of one system arrive at a time, and a system whose bodies drip
//! in waits for itself. The second is the node's: only a body that is here whole takes a turn at being read and stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::enrolment::Fingerprint;
use crate::refusal::{Code, Refusal};
use crate::telemetry::metrics::{self, Shed};

/// Longest wait of a feed for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Feeds read and stored at the same time on a node.
const AT_ONCE: usize = 2;
/// Feeds of one system whose bodies arrive at the same time.
const OF_ONE: usize = 2;

/// Who feeds now.
#[derive(Debug)]
pub struct Feeds {
    turns: Semaphore,
    /// Enrolled systems alone come so far: their number bounds it.
    senders: Mutex<HashMap<Fingerprint, Arc<Semaphore>>>,
}

impl Default for Feeds {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), senders: Mutex::default() }
    }
}

impl Feeds {
    /// A place for one more body of this system, held until its feed is done.
    ///
    /// # Errors
    /// `rate-limited` while as many of its bodies as may are still on their way.
    pub(super) fn place(&self, system: Fingerprint) -> Result<OwnedSemaphorePermit, Refusal> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let own = senders.entry(system).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE)));
        Arc::clone(own).try_acquire_owned().map_err(|_| {
            metrics::shed(Shed::SystemFeeds);
            let detail = format!("this system has {OF_ONE} feeds under way, as many as it may");
            Refusal::new(Code::RateLimited, detail)
        })
    }

    /// A turn for a body that is here.
    ///
    /// # Errors
    /// `overloaded` when none came up in time.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match tokio::time::timeout(PATIENCE, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => {
                let detail = "The gateway is taking as many feeds as it may.";
                Err(Refusal::new(Code::Overloaded, detail))
            }
        }
    }
}
