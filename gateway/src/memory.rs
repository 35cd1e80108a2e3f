//! What is remembered of many, within bounds.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by key, for what costs more to find than to keep. When it is full all is forgotten: that costs each one search more.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    most: usize,
    known: Mutex<HashMap<K, V>>,
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// Nothing yet, and never more than `most`.
    pub(crate) fn of(most: usize) -> Self {
        Self { most, known: Mutex::default() }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.known().get(key).cloned()
    }

    /// Remembers `value`, in place of what was known of `key`.
    pub(crate) fn keep(&self, key: K, value: V) {
        let mut known = self.known();
        if known.len() >= self.most && !known.contains_key(&key) {
            known.clear();
        }
        known.insert(key, value);
    }

    pub(crate) fn forget<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.known().remove(key);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known().len()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_holds_more_than_its_bound() {
        let memory = Memory::of(3);
        for number in 0..10 {
            memory.keep(number, "first");
            memory.keep(number, "second");
            assert_eq!(memory.get(&number), Some("second"));
            assert!(memory.len() <= 3);
        }
    }

    #[test]
    fn what_is_known_already_crowds_out_nobody() {
        let memory = Memory::of(2);
        memory.keep(1, ());
        memory.keep(2, ());
        memory.keep(2, ());
        assert_eq!(memory.get(&1), Some(()));
        memory.forget(&1);
        assert_eq!(memory.get(&1), None);
    }
}
