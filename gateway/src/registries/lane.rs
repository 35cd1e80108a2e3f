//! What the gateway keeps for each registry between questions: connections, free places, the breaker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::breaker::{Breaker, State};
use crate::catalogue::{BreakerSettings, Endpoint, Registry};
use crate::upstream::{Line, Upstream};

/// The way to one registry.
#[derive(Debug)]
pub(super) struct Lane {
    settings: Settings,
    pub(super) line: Line,
    pub(super) places: Semaphore,
    pub(super) breaker: Breaker,
}

/// What a lane was made from; a listing that changes one of these gets a new lane.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    endpoint: Endpoint,
    server_name: String,
    concurrency: u32,
    breaker: BreakerSettings,
}

impl Settings {
    fn fits(&self, registry: &Registry) -> bool {
        let listing = registry.listing();
        self.endpoint == *registry.endpoint()
            && self.server_name == listing.server_name
            && self.concurrency == listing.concurrency
            && self.breaker == listing.breaker
    }
}

impl Lane {
    fn to(registry: &Registry, upstream: &Upstream) -> Self {
        let listing = registry.listing();
        let settings = Settings {
            endpoint: registry.endpoint().clone(),
            server_name: listing.server_name.clone(),
            concurrency: listing.concurrency,
            breaker: listing.breaker,
        };
        Self {
            settings,
            line: upstream.line(registry.server_name().clone()),
            places: Semaphore::new(usize::try_from(listing.concurrency).unwrap_or(Semaphore::MAX_PERMITS)),
            breaker: Breaker::new(listing.breaker),
        }
    }
}

/// The lanes by registry code. They outlive a catalogue: replacing it must not close a breaker or double a limit.
#[derive(Debug)]
pub(super) struct Lanes {
    upstream: Upstream,
    by_code: Mutex<HashMap<String, Arc<Lane>>>,
}

impl Lanes {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self { upstream, by_code: Mutex::default() }
    }

    /// The lane to this registry, made on the first question after its listing changed.
    pub(super) fn to(&self, registry: &Registry) -> Arc<Lane> {
        let mut lanes = self.by_code.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(registry.code()).filter(|lane| lane.settings.fits(registry)) {
            return Arc::clone(lane);
        }
        let lane = Arc::new(Lane::to(registry, &self.upstream));
        lanes.insert(registry.code().to_owned(), Arc::clone(&lane));
        lane
    }

    /// Registries asked so far with the state of their breakers, by code.
    pub(super) fn breakers(&self) -> Vec<(String, State)> {
        let lanes = self.by_code.lock().unwrap_or_else(PoisonError::into_inner);
        let mut states: Vec<_> =
            lanes.iter().map(|(code, lane)| (code.clone(), lane.breaker.state())).collect();
        states.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        states
    }
}
