//! How often each sample registry was really asked, for whoever wants to see that refused requests never reach one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::routing::get;
use axum::{Json, Router};

use super::sample::Sample;

/// Counters by `<registry>/<operation>`; `<registry>/other` for what no operation answers to.
#[derive(Debug)]
pub(super) struct Calls(BTreeMap<String, AtomicU64>);

impl Calls {
    pub(super) fn of(samples: &[Sample]) -> Self {
        let names = samples.iter().flat_map(|sample| {
            let operations = sample.offers.iter().map(|offer| offer.operation).chain(["other"]);
            operations.map(|operation| (format!("{}/{operation}", sample.code), AtomicU64::new(0)))
        });
        Self(names.collect())
    }

    pub(super) fn count(&self, registry: &str, operation: &str) {
        if let Some(counter) = self.0.get(&format!("{registry}/{operation}")) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn read(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(name, counter)| (name.clone(), counter.load(Ordering::SeqCst))).collect()
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new().route("/calls", get(move || async move { Json(self.read()) }))
    }
}
