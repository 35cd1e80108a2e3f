//! What was taken into the register last, for whoever follows it: neither the journal nor the register is asked for it again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Registered;
use crate::entry::StoredEntry;
use crate::journal::Fresh;

/// Most entries kept: some megabytes, and more than are taken between two looks of a follower.
const MOST: usize = 4096;

/// An entry that is in the register.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Without its content, which is most of the memory it would take.
    pub entry: Arc<StoredEntry>,
    /// The request it is a step of, as far as it was known when its first entry was taken.
    pub request: Option<Arc<Registered>>,
}

/// What follows an entry in the register.
#[derive(Clone, Debug)]
pub struct Newest {
    pub entries: Vec<Followed>,
    /// Whether more is in the register behind them.
    pub more: bool,
    /// Entries of the log.
    pub size: u64,
}

/// Entries of this node's log in the register, without gaps.
#[derive(Debug, Default)]
pub(super) struct Taken(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Followed>,
    /// Entries of the log, when it was last looked at.
    size: u64,
}

impl Taken {
    /// Adds a portion of a log of so many entries: its own, and the requests that begin among them, both in order.
    pub(super) fn add(&self, portion: &[Fresh], requests: Vec<Registered>, size: u64) {
        let Some(first) = portion.first() else { return };
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.size = inner.size.max(size);
        let entries = &mut inner.entries;
        // Another node took what lies between, or who took it has not come here yet.
        if entries.back().is_some_and(|last| last.entry.index.saturating_add(1) != first.entry.index) {
            entries.clear();
        }
        let mut requests = requests.into_iter().map(Arc::new).peekable();
        entries.extend(portion.iter().map(|Fresh { entry, .. }| Followed {
            entry: if entry.content.is_empty() { Arc::clone(entry) } else { Arc::new(entry.public_half()) },
            request: requests.next_if(|request| request.place.index() == entry.index),
        }));
        let surplus = entries.len().saturating_sub(MOST);
        entries.drain(..surplus);
    }

    /// The entries from `from` on, at most `limit`, each with its request; up to the first whose request began before all that is
    /// here. `None` if that is the first.
    pub(super) fn read(&self, from: u64, limit: u16) -> Option<Newest> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = &inner.entries;
        let start = entries.front()?.entry.index;
        let place = |index: u64| usize::try_from(index.checked_sub(start)?).ok();
        let followed = |it: &Followed| match it.entry.grant {
            Some(grant) => {
                Some(Followed { request: entries.get(place(grant)?)?.request.clone(), ..it.clone() })
            }
            None => Some(it.clone()),
        };
        let from = place(from)?;
        let found: Vec<_> = entries.iter().skip(from).take(usize::from(limit)).map_while(followed).collect();
        let more = entries.len() > from.saturating_add(found.len());
        (!found.is_empty()).then_some(Newest { entries: found, more, size: inner.size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;
    use crate::entry::Kind;
    use crate::register::{Ending, Place, Track};

    /// Adds a portion of a log that has ten thousand entries.
    fn add(taken: &Taken, portion: &[Fresh], requests: Vec<Registered>) {
        taken.add(portion, requests, 10_000);
    }

    fn entry(index: u64, grant: Option<u64>) -> Fresh {
        let entry = Arc::new(StoredEntry {
            index,
            kind: if grant.is_some() { Kind::Answer } else { Kind::Grant },
            at: Millis(0),
            request: None,
            agency: None,
            code: None,
            grant,
            leaf: Vec::new(),
            content: Vec::new(),
            case_ref: None,
        });
        Fresh { entry, particulars: None }
    }

    fn request(index: u64) -> Registered {
        Registered {
            place: Place::new(3, index).unwrap(),
            at: Millis(0),
            ending: Ending::Pending,
            track: Track::Ordinary,
            request: None,
            officer: None,
            subject: None,
            case: None,
            agency: None,
            registry: None,
            operation: Some(index.to_string()),
            code: None,
        }
    }

    /// Indexes with the request each is a step of.
    type Read = (Vec<(u64, Option<u64>)>, bool);

    fn read(taken: &Taken, from: u64, limit: u16) -> Option<Read> {
        let request = |it: &Followed| Some(it.request.as_ref()?.place.index());
        let Newest { entries: found, more, .. } = taken.read(from, limit)?;
        Some((found.iter().map(|it| (it.entry.index, request(it))).collect(), more))
    }

    #[test]
    fn a_step_comes_with_the_request_it_is_of() {
        let taken = Taken::default();
        assert_eq!(read(&taken, 0, 9), None);
        add(&taken, &[entry(5, None), entry(6, None)], vec![request(5)]);
        add(&taken, &[entry(7, Some(5)), entry(8, Some(6)), entry(9, None)], vec![request(9)]);
        assert_eq!(read(&taken, 5, 3), Some((vec![(5, Some(5)), (6, None), (7, Some(5))], true)));
        assert_eq!(read(&taken, 7, 9), Some((vec![(7, Some(5)), (8, None), (9, Some(9))], false)));
        assert_eq!((read(&taken, 4, 9), read(&taken, 10, 9)), (None, None));
    }

    #[test]
    fn no_content_is_remembered_and_how_long_the_log_is() {
        let taken = Taken::default();
        let stored = StoredEntry {
            content: vec![1],
            case_ref: Some([2; 32]),
            leaf: vec![3],
            ..Arc::unwrap_or_clone(entry(5, None).entry)
        };
        let fresh = Fresh { entry: Arc::new(stored.clone()), particulars: None };
        add(&taken, &[fresh], vec![request(5)]);
        let Newest { entries, size, .. } = taken.read(5, 1).unwrap();
        assert_eq!(*entries[0].entry, StoredEntry { content: Vec::new(), case_ref: None, ..stored });
        assert_eq!(size, 10_000);
    }

    #[test]
    fn a_request_that_is_not_here_is_not_made_up() {
        let taken = Taken::default();
        add(&taken, &[entry(5, None), entry(6, Some(2)), entry(7, None)], vec![request(5), request(7)]);
        assert_eq!(read(&taken, 5, 9), Some((vec![(5, Some(5))], true)));
        assert_eq!(read(&taken, 6, 9), None);
        assert_eq!(read(&taken, 7, 9), Some((vec![(7, Some(7))], false)));
    }

    #[test]
    fn nothing_lies_before_a_gap_and_the_oldest_go_first() {
        let taken = Taken::default();
        add(&taken, &[entry(1, None)], vec![request(1)]);
        add(&taken, &[entry(3, None)], vec![request(3)]);
        assert_eq!((read(&taken, 1, 9), read(&taken, 3, 9)), (None, Some((vec![(3, Some(3))], false))));
        let most = u64::try_from(MOST).unwrap();
        (4..=3 + most).for_each(|index| add(&taken, &[entry(index, None)], vec![request(index)]));
        assert_eq!((read(&taken, 3, 1), read(&taken, 4, 1)), (None, Some((vec![(4, Some(4))], true))));
    }
}
