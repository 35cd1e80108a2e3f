//! Connections that have not finished their handshake.
//!
//! An honest handshake takes milliseconds. Whoever takes longest is the likeliest to never finish, so when there are
//! too many, the oldest goes: a crowd of half-open connections displaces only itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::telemetry::metrics::{self, Shed};

/// By number of the connection, so the first is the oldest.
type Waiting = BTreeMap<u64, oneshot::Sender<()>>;

/// The handshakes in flight.
pub(super) struct Pending {
    most: usize,
    waiting: Arc<Mutex<Waiting>>,
}

/// A place among the handshakes in flight; given up when dropped.
pub(super) struct Ticket {
    number: u64,
    waiting: Arc<Mutex<Waiting>>,
    shed: oneshot::Receiver<()>,
}

fn locked(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pending {
    pub(super) fn new(most: usize) -> Self {
        Self { most, waiting: Arc::default() }
    }

    /// Takes a place for the connection with this number; if there is none left, the oldest loses its own.
    pub(super) fn enter(&self, number: u64) -> Ticket {
        let (sender, shed) = oneshot::channel();
        let mut waiting = locked(&self.waiting);
        while waiting.len() >= self.most && shed_first(&mut waiting) {}
        waiting.insert(number, sender);
        Ticket { number, waiting: Arc::clone(&self.waiting), shed }
    }

    /// Whether there was one to shed.
    pub(super) fn shed_oldest(&self) -> bool {
        shed_first(&mut locked(&self.waiting))
    }

    /// Nobody who has not shown a certificate is owed a farewell.
    pub(super) fn shed_all(&self) {
        locked(&self.waiting).clear();
    }
}

fn shed_first(waiting: &mut Waiting) -> bool {
    let oldest = waiting.pop_first();
    if oldest.is_some() {
        metrics::shed(Shed::Handshake);
    }
    oldest.is_some()
}

impl Ticket {
    /// Returns when this handshake was shed.
    pub(super) async fn shed(&mut self) {
        // The sender is never used: it is dropped.
        let _ = (&mut self.shed).await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        locked(&self.waiting).remove(&self.number);
    }
}
