//! The newest entries of this node's log: who reads the log behind the flow need not fetch them from the
//! database, which has better things to do just then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::entry::{Kind, StoredEntry};
use crate::register::Particulars;

/// Most entries kept: some megabytes, and more than are written between two looks of a reader and while it reads.
const MOST: usize = 16_384;

/// An entry with what was taken down for the register when it was made.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// Without its content where nobody behind the flow needs it: most of the memory it takes.
    pub entry: Arc<StoredEntry>,
    /// Of a request's first entry; it can be read again from what the entry keeps.
    pub particulars: Option<Arc<Particulars>>,
}

impl Fresh {
    /// Leaves out the content, unless it is what the particulars are yet to be taken from.
    fn without_content(self) -> Self {
        if self.particulars.is_none() && matches!(self.entry.kind, Kind::Grant | Kind::Refusal) {
            return self;
        }
        let entry = StoredEntry { content: Vec::new(), case_ref: None, ..Arc::unwrap_or_clone(self.entry) };
        Self { entry: Arc::new(entry), ..self }
    }
}

/// Committed entries without gaps, up to the newest. What content is here is sealed as it is in the database.
#[derive(Debug, Default)]
pub struct Recent {
    entries: Mutex<VecDeque<Fresh>>,
}

impl Recent {
    /// Adds a batch that was committed.
    pub(super) fn add(&self, batch: Vec<Fresh>) {
        let batch: Vec<Fresh> = batch.into_iter().map(Fresh::without_content).collect();
        let Some(first) = batch.first() else { return };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // After a commit whose fate was not known, entries may lie between.
        if entries.back().is_some_and(|last| last.entry.index.saturating_add(1) != first.entry.index) {
            entries.clear();
        }
        entries.extend(batch);
        let surplus = entries.len().saturating_sub(MOST);
        entries.drain(..surplus);
    }

    /// Entries of the log up to the newest; `None` as long as none was added.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.back().map(|newest| newest.entry.index.saturating_add(1))
    }

    /// The entries from `from` on, at most `limit`; `None` if that one is not here.
    #[must_use]
    pub fn read(&self, from: u64, limit: u16) -> Option<Vec<Fresh>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = from.checked_sub(entries.front()?.entry.index)?;
        let found: Vec<_> =
            entries.iter().skip(usize::try_from(skipped).ok()?).take(usize::from(limit)).cloned().collect();
        (!found.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;

    fn entry(index: u64) -> Fresh {
        let entry = Arc::new(StoredEntry {
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
        });
        Fresh { entry, particulars: None }
    }

    fn indexes(recent: &Recent, from: u64, limit: u16) -> Option<Vec<u64>> {
        Some(recent.read(from, limit)?.iter().map(|fresh| fresh.entry.index).collect())
    }

    #[test]
    fn what_is_here_is_read_in_order_and_what_is_not_is_not_made_up() {
        let recent = Recent::default();
        assert_eq!((indexes(&recent, 0, 9), recent.size()), (None, None));
        recent.add(vec![entry(5), entry(6)]);
        recent.add(vec![entry(7)]);
        assert_eq!(indexes(&recent, 5, 2), Some(vec![5, 6]));
        assert_eq!(indexes(&recent, 6, 9), Some(vec![6, 7]));
        assert_eq!((indexes(&recent, 4, 9), indexes(&recent, 8, 9), recent.size()), (None, None, Some(8)));
    }

    #[test]
    fn content_is_kept_only_where_it_is_still_to_be_read() {
        let written = |kind, particulars| {
            let entry = Arc::unwrap_or_clone(entry(0).entry);
            let entry = StoredEntry { kind, content: vec![1], case_ref: Some([2; 32]), ..entry };
            Fresh { entry: Arc::new(entry), particulars }
        };
        let taken_down = Some(Arc::new(Particulars::default()));
        for (kind, particulars, is_kept) in
            [(Kind::Grant, taken_down, false), (Kind::Grant, None, true), (Kind::Answer, None, false)]
        {
            let recent = Recent::default();
            recent.add(vec![written(kind, particulars)]);
            let entry = recent.read(0, 1).unwrap().remove(0).entry;
            assert_eq!((!entry.content.is_empty(), entry.case_ref.is_some()), (is_kept, is_kept));
        }
    }

    #[test]
    fn nothing_lies_before_a_gap() {
        let recent = Recent::default();
        recent.add(vec![entry(1), entry(2)]);
        recent.add(vec![entry(4)]);
        assert_eq!((indexes(&recent, 1, 9), indexes(&recent, 4, 9)), (None, Some(vec![4])));
    }

    #[test]
    fn the_oldest_go_first() {
        let recent = Recent::default();
        let most = u64::try_from(MOST).unwrap();
        (0..=most).for_each(|index| recent.add(vec![entry(index)]));
        assert_eq!((indexes(&recent, 0, 1), indexes(&recent, 1, 1)), (None, Some(vec![1])));
    }
}
