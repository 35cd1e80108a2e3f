//! How long each step of the procedure takes, for the operator's histograms.

use std::time::Instant;

use crate::telemetry::metrics::{self, Step};

/// Measures from one step's end to the next.
#[derive(Debug)]
pub struct Stopwatch {
    begun: Instant,
    last: Instant,
}

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        let now = Instant::now();
        Self { begun: now, last: now }
    }

    /// The step that ends now.
    pub fn lap(&mut self, step: Step) {
        let now = Instant::now();
        metrics::step(step, now.duration_since(self.last));
        self.last = now;
    }

    /// The whole procedure ends now.
    pub fn stop(&self) {
        metrics::step(Step::Exchange, self.begun.elapsed());
    }
}
