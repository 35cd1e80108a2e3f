//! The signal to leave.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Begins a drain. Dropping it does not.
#[derive(Debug)]
pub struct Drain(watch::Sender<Option<Instant>>);

/// Sees a drain begin. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Draining(watch::Receiver<Option<Instant>>);

impl Default for Drain {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Drain {
    /// The other end.
    #[must_use]
    pub fn signal(&self) -> Draining {
        Draining(self.0.subscribe())
    }

    /// Begins the drain; what is not finished after `grace` is cut. A second call shortens the grace, never lengthens it.
    pub fn begin(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.0.send_modify(|begun| *begun = Some(begun.map_or(deadline, |earlier| earlier.min(deadline))));
    }
}

impl Draining {
    /// Whether the drain has begun.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until the drain begins; returns its deadline.
    pub async fn begun(&self) -> Instant {
        let mut receiver = self.0.clone();
        let seen = receiver.wait_for(Option::is_some).await.ok().and_then(|begun| *begun);
        match seen {
            Some(deadline) => deadline,
            // Nobody is left who could begin it.
            None => std::future::pending().await,
        }
    }
}
