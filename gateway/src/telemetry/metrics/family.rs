//! A metric with its labels.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Series of one metric at most. Labels come from closed lists and from the operator's own configuration; the cap is
/// for the day one of them does not.
const CAP: usize = 1024;

/// What a series beyond the cap is counted under.
const OTHER: &str = "other";

/// One metric: a name and a cell for every combination of label values seen.
pub(super) struct Family<C> {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [&'static str],
    make: fn() -> C,
    series: RwLock<BTreeMap<Vec<Box<str>>, Arc<C>>>,
}

impl<C> Family<C> {
    pub(super) fn new(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        make: fn() -> C,
    ) -> Self {
        Self { name, help, labels, make, series: RwLock::default() }
    }

    /// The cell of these label values, in the order of the labels.
    pub(super) fn with(&self, values: &[&str]) -> Arc<C> {
        let key: Vec<Box<str>> = values.iter().map(|value| Box::from(*value)).collect();
        if let Some(cell) = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(cell);
        }
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let full = series.len() >= CAP && !series.contains_key(&key);
        let key = if full { vec![Box::from(OTHER); key.len()] } else { key };
        Arc::clone(series.entry(key).or_insert_with(|| Arc::new((self.make)())))
    }

    /// All series, in the order of their labels.
    pub(super) fn all(&self) -> Vec<(Vec<Box<str>>, Arc<C>)> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        series.iter().map(|(labels, cell)| (labels.clone(), Arc::clone(cell))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::Counter;
    use super::*;

    #[test]
    fn counts_what_is_beyond_the_cap_as_other() {
        let family = Family::new("n", "h", &["a"], Counter::default);
        for n in 0..CAP + 50 {
            family.with(&[&n.to_string()]).add(1);
        }
        assert_eq!(family.all().len(), CAP + 1);
        assert_eq!(family.with(&["other"]).get(), 50);
    }
}
