//! What is known of the witnesses' work: the newest checkpoint they cosigned, and whether they still do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evidence::Quorum;
use tokio::sync::watch;

use crate::entry::Head;

/// Shared between the rounds and everybody who needs a cosigned checkpoint.
#[derive(Debug)]
pub struct Standing {
    quorum: Quorum,
    quorate: AtomicBool,
    newest: watch::Sender<Option<Arc<Head>>>,
}

impl Standing {
    /// Nothing is cosigned yet; without witnesses nothing ever need be.
    #[must_use]
    pub fn new(quorum: Quorum) -> Self {
        let quorate = AtomicBool::new(quorum.needed() == 0);
        Self { quorum, quorate, newest: watch::Sender::new(None) }
    }

    /// The witnesses and how many are needed.
    #[must_use]
    pub const fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Whether receipts need cosignatures.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        self.quorum.needed() > 0
    }

    /// Whether enough witnesses cosigned when they were last asked.
    #[must_use]
    pub fn is_quorate(&self) -> bool {
        self.quorate.load(Ordering::Acquire)
    }

    /// The newest head that enough of them cosigned, with their lines.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Head>> {
        self.newest.borrow().clone()
    }

    /// A cosigned head that covers the entry, waiting for one if need be.
    pub async fn covering(&self, index: u64, patience: Duration) -> Option<Arc<Head>> {
        let mut newest = self.newest.subscribe();
        let covers = |head: &Option<Arc<Head>>| head.as_ref().is_some_and(|head| head.size > index);
        let found = tokio::time::timeout(patience, newest.wait_for(covers)).await;
        found.ok()?.ok()?.clone()
    }

    pub(super) fn publish(&self, head: Head) {
        self.newest.send_replace(Some(Arc::new(head)));
        self.quorate.store(true, Ordering::Release);
    }

    /// There is nothing to cosign yet.
    pub(super) fn publish_empty(&self) {
        self.quorate.store(true, Ordering::Release);
    }

    pub(super) fn lose(&self) {
        self.quorate.store(false, Ordering::Release);
    }

    pub(super) fn watch(&self) -> watch::Receiver<Option<Arc<Head>>> {
        self.newest.subscribe()
    }
}
