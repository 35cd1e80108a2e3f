//! Repeated measurements as one figure: least, median, most.

use std::fmt;

/// What two things may differ by and still count as equal.
pub(crate) const NOTHING: f64 = 0.10;

/// Least, median and most of several measurements.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
    pub(crate) repeats: usize,
}

impl Spread {
    /// `None` of nothing.
    pub(crate) fn of(measured: &[f64]) -> Option<Self> {
        let mut sorted = measured.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted.get((sorted.len().checked_sub(1)?) / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Self {
            least: *sorted.first()?,
            median: f64::midpoint(*low, *high),
            most: *sorted.last()?,
            repeats: sorted.len(),
        })
    }

    /// How this stands to another, repeat by repeat: both were measured in the same round.
    pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> Option<Self> {
        let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(one, other)| one / other).collect();
        Self::of(&ratios)
    }

    /// Whether a ratio says anything.
    pub(crate) fn is_nothing(&self) -> bool {
        (self.median - 1.0).abs() < NOTHING
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        write!(f, "{:.digits$} ({:.digits$}–{:.digits$})", self.median, self.least, self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_middle() {
        let spread = Spread::of(&[5.0, 1.0, 3.0]);
        assert_eq!(spread, Some(Spread { least: 1.0, median: 3.0, most: 5.0, repeats: 3 }));
        assert_eq!(Spread::of(&[1.0, 2.0]).map(|it| it.median), Some(1.5));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn compares_within_a_round() {
        // A round in which everything was slow changes no ratio.
        let ratio = Spread::ratio(&[10.0, 20.0, 10.0], &[20.0, 40.0, 20.0]);
        assert_eq!(ratio.map(|it| (it.least, it.most)), Some((0.5, 0.5)));
        assert!(Spread::ratio(&[1.05], &[1.0]).is_some_and(|it| it.is_nothing()));
    }
}
