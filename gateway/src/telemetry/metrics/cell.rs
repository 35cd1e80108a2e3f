//! The three things that are counted. All of them are constant in size and never block.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down.
#[derive(Debug, Default)]
pub(super) struct Gauge(AtomicI64);

impl Gauge {
    pub(super) fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The upper bounds of a histogram's buckets; the one above the last is `+Inf`.
pub(super) type Bounds = &'static [u64];

/// How many observations fell below each bound.
#[derive(Debug)]
pub(super) struct Histogram {
    bounds: Bounds,
    /// One more than bounds. Not cumulative; the text form is.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// One reading of a histogram: cumulative counts, then the sum, in the unit observed.
pub(super) struct Reading {
    pub(super) below: Vec<(u64, u64)>,
    pub(super) count: u64,
    pub(super) sum: u64,
}

impl Histogram {
    pub(super) fn new(bounds: Bounds) -> Self {
        let buckets = std::iter::repeat_with(AtomicU64::default).take(bounds.len() + 1).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0) }
    }

    pub(super) fn observe(&self, value: u64) {
        let index = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Reading {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let mut count = 0_u64;
        let mut below = Vec::with_capacity(self.bounds.len());
        for (bound, n) in self.bounds.iter().zip(&counts) {
            count = count.saturating_add(*n);
            below.push((*bound, count));
        }
        count = count.saturating_add(counts.last().copied().unwrap_or(0));
        Reading { below, count, sum: self.sum.load(Ordering::Relaxed) }
    }
}

/// Times are observed in microseconds.
pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
