//! Grants that may stand open although this process runs: their outcome could not be written, or they were reported as not written and are
//! there all the same, because the word of their commit was lost.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::entry::StoredEntry;
use crate::journal::draft::Entered;
use crate::store::StoreError;

/// Doubts kept at most. What is beyond them is found at the next start.
const MOST: usize = 65_536;

/// Names a grant before it has a place: the digest of its sealed content, which no other has.
pub(super) type Name = [u8; 32];

/// What is to be looked after.
#[derive(Debug)]
pub(super) struct Owed {
    all: Mutex<Grants>,
    /// Whether the last batch was not written.
    failing: Arc<AtomicBool>,
}

#[derive(Clone, Debug, Default)]
struct Grants {
    /// By index: an outcome was not written.
    without_outcome: BTreeSet<u64>,
    /// Not known to be there or not.
    doubtful: HashSet<Name>,
}

/// What was owed at a moment.
#[derive(Debug)]
pub(super) struct Claimed {
    grants: Grants,
    /// A batch was written since: what was in doubt then has committed, or never will.
    decided: bool,
}

impl Owed {
    pub(super) fn new(failing: Arc<AtomicBool>) -> Self {
        Self { all: Mutex::default(), failing }
    }

    /// The outcome of this grant was not written.
    pub(super) fn outcome_of(&self, grant: u64) {
        self.lock().without_outcome.insert(grant);
    }

    /// The grant was not written, as far as is known.
    pub(super) fn doubt(&self, grant: Name) {
        let mut all = self.lock();
        if all.doubtful.len() < MOST {
            all.doubtful.insert(grant);
        }
    }

    /// Everything owed now; `None` if that is nothing.
    pub(super) fn now(&self) -> Option<Claimed> {
        let grants = self.lock().clone();
        if grants.without_outcome.is_empty() && grants.doubtful.is_empty() {
            return None;
        }
        // Looked at behind what is owed: a batch that was written after it is what counts.
        Some(Claimed { grants, decided: !self.failing.load(Ordering::Acquire) })
    }

    /// Those among these that were open are settled.
    pub(super) fn settled(&self, claimed: &Claimed) {
        let mut all = self.lock();
        all.without_outcome.retain(|grant| !claimed.grants.without_outcome.contains(grant));
        if claimed.decided {
            all.doubtful.retain(|name| !claimed.grants.doubtful.contains(name));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Grants> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claimed {
    /// Whether nobody works on this open grant any more.
    pub(super) fn has(&self, open: &StoredEntry) -> bool {
        self.grants.without_outcome.contains(&open.index)
            || (!self.grants.doubtful.is_empty()
                && self.grants.doubtful.contains(evidence::Digest::of(&open.content).as_bytes()))
    }
}

/// The name of a grant that is about to be written; `None` of anything else.
pub(super) fn name(entered: &Entered) -> Option<Name> {
    let sealed = entered.claim.as_ref().and(entered.event.content()).and_then(|content| content.sealed);
    sealed.map(|digest| *digest.as_bytes())
}

/// Whether a batch that failed so may have been committed.
pub(super) const fn is_doubtful(error: &StoreError) -> bool {
    !matches!(error, StoreError::HeadMoved { .. } | StoreError::Seal(_) | StoreError::Corrupt(_))
}
