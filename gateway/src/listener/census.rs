//! Connections, and requests in flight, by system.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::enrolment::Fingerprint;

type Counts = Mutex<HashMap<Fingerprint, usize>>;

/// How many of something each client certificate has under way.
pub(super) struct Census {
    most: usize,
    counts: Arc<Counts>,
}

/// One of them, until dropped.
#[derive(Debug)]
pub(super) struct Counted {
    system: Fingerprint,
    counts: Arc<Counts>,
}

impl Census {
    pub(super) fn new(most: usize) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// Counts one more of this system; `None` if it has as many as it may.
    pub(super) fn count(&self, system: Fingerprint) -> Option<Counted> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(system).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Counted { system, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.system) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.system);
            }
        }
    }
}
