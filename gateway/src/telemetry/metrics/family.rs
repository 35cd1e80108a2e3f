//! A metric with its labels.

use std::cmp::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

/// Series of one metric at most. Labels come from closed lists and from the operator's own configuration; the cap is
/// for the day one of them does not.
const CAP: usize = 1024;

/// What a series beyond the cap is counted under.
const OTHER: &str = "other";

/// The values of a metric's labels, with what is counted under them.
type Series<C> = (Vec<Box<str>>, Arc<C>);

/// One metric: a name and a cell for every combination of label values seen.
pub(super) struct Family<C> {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) labels: &'static [&'static str],
    make: fn() -> C,
    /// In the order of their labels, so that one is found without making a key to look for.
    series: RwLock<Vec<Series<C>>>,
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
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Ok(cell) = find(&series, values) {
            return cell;
        }
        drop(series);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let others = vec![OTHER; values.len()];
        let values = if series.len() >= CAP && find(&series, values).is_err() { &others } else { values };
        find(&series, values).unwrap_or_else(|at| {
            let cell = Arc::new((self.make)());
            series.insert(at, (values.iter().copied().map(Box::from).collect(), Arc::clone(&cell)));
            cell
        })
    }

    /// All series, in the order of their labels.
    pub(super) fn all(&self) -> Vec<Series<C>> {
        self.series.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The cell of these label values, or the place where it belongs.
fn find<C>(series: &[Series<C>], values: &[&str]) -> Result<Arc<C>, usize> {
    let order = |(labels, _): &Series<C>| -> Ordering {
        labels.iter().map(AsRef::as_ref).cmp(values.iter().copied())
    };
    let at = series.binary_search_by(order)?;
    series.get(at).map(|(_, cell)| Arc::clone(cell)).ok_or(at)
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

    #[test]
    fn each_combination_of_labels_has_one_cell_in_order() {
        let family = Family::new("n", "h", &["a", "b"], Counter::default);
        for values in [["b", "a"], ["a", "c"], ["a", "b"], ["b", "a"], ["ab", ""], ["a", "b"], ["a", "b"]] {
            family.with(&values).add(1);
        }
        let all = family.all();
        let told: Vec<_> = all.iter().map(|(labels, cell)| (labels.join("/"), cell.get())).collect();
        let told: Vec<_> = told.iter().map(|(labels, count)| (labels.as_str(), *count)).collect();
        assert_eq!(told, [("a/b", 3), ("a/c", 1), ("ab/", 1), ("b/a", 2)]);
    }
}
