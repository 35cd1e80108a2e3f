//! What is remembered of many, within bounds.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by key, for what costs more to find than to keep, in two generations. When the younger has half of what may be kept it becomes the
/// elder, and the elder is forgotten with all that nobody has asked for since: that costs each of them one search more.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    most: usize,
    known: Mutex<Generations<K, V>>,
}

#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn keep(&mut self, key: K, value: V, most: usize) {
        if self.young.len() >= most.div_ceil(2) && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    /// Nothing yet, and never more than `most`, rounded up to an even number.
    pub(crate) fn of(most: usize) -> Self {
        Self { most, known: Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }) }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let mut known = self.known();
        if let Some(value) = known.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = known.old.remove_entry(key)?;
        known.keep(key, value.clone(), self.most);
        Some(value)
    }

    /// Remembers `value`, in place of what was known of `key`.
    pub(crate) fn keep(&self, key: K, value: V) {
        let mut known = self.known();
        known.old.remove(&key);
        known.keep(key, value, self.most);
    }

    pub(crate) fn forget<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let mut known = self.known();
        known.young.remove(key);
        known.old.remove(key);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let known = self.known();
        known.young.len() + known.old.len()
    }

    fn known(&self) -> MutexGuard<'_, Generations<K, V>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_holds_more_than_its_bound() {
        let memory = Memory::of(4);
        for number in 0..10 {
            memory.keep(number, "first");
            memory.keep(number, "second");
            assert_eq!(memory.get(&number), Some("second"));
            assert!(memory.len() <= 4);
        }
        assert_eq!((memory.get(&0), memory.get(&8)), (None, Some("second")));
    }

    #[test]
    fn what_is_asked_for_stays() {
        let memory = Memory::of(8);
        memory.keep(0, ());
        for number in 1..100 {
            memory.keep(number, ());
            assert_eq!(memory.get(&0), Some(()), "forgotten with {number}, though it was just asked for");
            assert!(memory.len() <= 8);
        }
    }

    #[test]
    fn what_is_known_already_crowds_out_nobody() {
        let memory = Memory::of(4);
        memory.keep(1, ());
        memory.keep(2, ());
        memory.keep(2, ());
        assert_eq!(memory.get(&1), Some(()));
        memory.forget(&1);
        assert_eq!(memory.get(&1), None);
    }

    #[test]
    fn what_is_forgotten_does_not_come_back_from_before() {
        let memory = Memory::of(2);
        memory.keep(1, "first");
        memory.keep(2, "second");
        memory.keep(1, "third");
        assert_eq!(memory.get(&1), Some("third"));
        memory.forget(&1);
        memory.forget(&2);
        assert_eq!((memory.get(&1), memory.get(&2), memory.len()), (None, None, 0));
    }
}
