//! The newest entries of this node's log, as they were written: who reads the log behind the flow need not fetch them from the
//! database, which has better things to do just then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::entry::StoredEntry;

/// Most entries kept: some tens of megabytes, and more than are written between two looks of a reader.
const MOST: usize = 8192;

/// Committed entries without gaps, up to the newest. Their content is sealed here as it is in the database.
#[derive(Debug, Default)]
pub struct Recent {
    entries: Mutex<VecDeque<Arc<StoredEntry>>>,
}

impl Recent {
    /// Adds a batch that was committed.
    pub(super) fn add(&self, batch: &[Arc<StoredEntry>]) {
        let Some(first) = batch.first() else { return };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // After a commit whose fate was not known, entries may lie between.
        if entries.back().is_some_and(|last| last.index.saturating_add(1) != first.index) {
            entries.clear();
        }
        entries.extend(batch.iter().cloned());
        let surplus = entries.len().saturating_sub(MOST);
        entries.drain(..surplus);
    }

    /// The entries from `from` on, at most `limit`; `None` if that one is not here.
    #[must_use]
    pub fn read(&self, from: u64, limit: u16) -> Option<Vec<Arc<StoredEntry>>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = from.checked_sub(entries.front()?.index)?;
        let found: Vec<_> =
            entries.iter().skip(usize::try_from(skipped).ok()?).take(usize::from(limit)).cloned().collect();
        (!found.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::entry::Kind;

    fn entry(index: u64) -> Arc<StoredEntry> {
        Arc::new(StoredEntry {
            index,
            kind: Kind::Refusal,
            at: Millis(0),
            request: None,
            agency: None,
            code: None,
            grant: None,
            leaf: Vec::new(),
            content: Vec::new(),
            case_ref: None,
        })
    }

    fn indexes(recent: &Recent, from: u64, limit: u16) -> Option<Vec<u64>> {
        Some(recent.read(from, limit)?.iter().map(|entry| entry.index).collect())
    }

    #[test]
    fn what_is_here_is_read_in_order_and_what_is_not_is_not_made_up() {
        let recent = Recent::default();
        assert_eq!(indexes(&recent, 0, 9), None);
        recent.add(&[entry(5), entry(6)]);
        recent.add(&[entry(7)]);
        assert_eq!(indexes(&recent, 5, 2), Some(vec![5, 6]));
        assert_eq!(indexes(&recent, 6, 9), Some(vec![6, 7]));
        assert_eq!((indexes(&recent, 4, 9), indexes(&recent, 8, 9)), (None, None));
    }

    #[test]
    fn nothing_lies_before_a_gap() {
        let recent = Recent::default();
        recent.add(&[entry(1), entry(2)]);
        recent.add(&[entry(4)]);
        assert_eq!((indexes(&recent, 1, 9), indexes(&recent, 4, 9)), (None, Some(vec![4])));
    }

    #[test]
    fn the_oldest_go_first() {
        let recent = Recent::default();
        let most = u64::try_from(MOST).unwrap();
        (0..=most).for_each(|index| recent.add(&[entry(index)]));
        assert_eq!((indexes(&recent, 0, 1), indexes(&recent, 1, 1)), (None, Some(vec![1])));
    }
}
