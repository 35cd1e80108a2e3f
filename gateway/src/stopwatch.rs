//! How long each step of the procedure takes, for the operator's histograms.

use std::time::Instant;

use crate::telemetry::metrics::{self, Step};

/// Measures from one step's end to the next.
#[derive(Debug)]
pub struct Stopwatch {
    last: Instant,
}

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self { last: Instant::now() }
    }

    /// The step that ends now.
    pub fn lap(&mut self, step: Step) {
        let now = Instant::now();
        metrics::step(step, now.duration_since(self.last));
        self.last = now;
    }
}
