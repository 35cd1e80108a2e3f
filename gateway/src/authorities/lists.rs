//! Revocation lists from configured sources: verified once, when they arrive; refreshed in the background; kept on disk.
//!
//! While an authority is away its last list goes on being relied on for exactly as long as it says it is valid.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use certs::anchors::Anchors;
use certs::revocation::{Held, List, ListError, RevocationStore, Terms};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::clock::Clock;
use crate::config::Source;
use crate::telemetry::metrics;

/// Largest list taken: one million entries have about 40 MB.
const MAX_LIST: usize = 64 * 1024 * 1024;
/// How long an authority may take to hand out a list.
const FETCH: Duration = Duration::from_secs(20);
/// How soon a source that failed is asked again.
const RETRY: Duration = Duration::from_secs(5);

/// Why a source gave no list.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the file cannot be read")]
    File(#[source] std::io::Error),
    #[error("the address cannot be used")]
    Address,
    #[error("the authority could not be reached")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
    #[error("the authority answered {0}")]
    Status(http::StatusCode),
    #[error("the list is too large or broke off")]
    Body,
    #[error("the authority did not answer in time")]
    Slow,
}

/// What is trusted and known now. The two change together: what one set of anchors vouched for says nothing under another.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) anchors: Arc<Anchors>,
    pub(crate) revocation: RevocationStore,
}

/// The lists of one set of authorities.
#[derive(Debug)]
pub(crate) struct Lists {
    sources: Vec<Source>,
    interval: Duration,
    cache: PathBuf,
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

impl Lists {
    /// Takes up the lists kept on disk by an earlier run. Lists that are missing or stale are no error: what they leave unknown
    /// is refused.
    pub(crate) fn open(
        anchors: Arc<Anchors>,
        sources: &[Source],
        interval: Duration,
        cache: &Path,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let revocation = RevocationStore::new(Arc::clone(&anchors), Terms::default());
        let state = Mutex::new(State { anchors, revocation });
        let lists = Self { sources: sources.to_vec(), interval, cache: cache.to_path_buf(), state, clock };
        for source in sources {
            if let Ok(kept) = std::fs::read(lists.cached(source)) {
                let state = lists.state();
                let verified = state.revocation.verify_crl(kept, &[], lists.now());
                lists.hold(source, &state, verified);
            }
        }
        lists
    }

    /// Puts other anchors in force, with what of the lists and answers held still stands under them.
    pub(crate) fn put_under(&self, anchors: Arc<Anchors>) {
        let revocation = self.state().revocation.under(Arc::clone(&anchors), self.now());
        *self.locked() = State { anchors, revocation };
    }

    pub(crate) fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy, cheap, for work that takes long.
    pub(crate) fn state(&self) -> State {
        self.locked().clone()
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// What is held of each authority.
    pub(crate) fn held(&self) -> Vec<Held> {
        self.locked().revocation.held().collect()
    }

    /// How many answers about single certificates are held.
    pub(crate) fn answers(&self) -> usize {
        self.locked().revocation.answer_count()
    }

    /// How many sources are configured.
    pub(crate) fn sources(&self) -> usize {
        self.sources.len()
    }

    /// Asks every source once. Returns how many gave no usable list.
    pub(crate) async fn refresh(&self) -> usize {
        let mut failed = 0_usize;
        for source in &self.sources {
            match fetch(source).await {
                Ok(bytes) => {
                    if !self.accept(source, bytes).await {
                        failed = failed.saturating_add(1);
                    }
                }
                Err(error) => {
                    failed = failed.saturating_add(1);
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(source = %source, error, "a revocation list was not fetched");
                }
            }
        }
        self.locked().revocation.prune(self.now());
        self.report();
        failed
    }

    /// Until the next look at the lists: the interval, or less if one ends before or a source failed.
    pub(crate) fn pause(&self, failed: usize) -> Duration {
        if failed > 0 {
            return RETRY;
        }
        let now = self.now();
        let left = self.held().iter().map(|held| held.usable_until.saturating_sub(now)).min();
        let half = left.and_then(|left| u64::try_from(left / 2).ok()).map_or(RETRY, Duration::from_secs);
        self.interval.min(half.max(RETRY))
    }

    fn report(&self) {
        let now = self.now();
        for held in self.held() {
            // Authorities that renewed their key keep their name.
            let key: String = hex::encode(held.signer_key).chars().take(8).collect();
            let authority = format!("{} ({key})", held.issuer.readable());
            metrics::revocation_age(&authority, now.saturating_sub(held.this_update));
            metrics::revocation_left(&authority, held.usable_until.saturating_sub(now));
        }
    }

    async fn accept(&self, source: &Source, bytes: Vec<u8>) -> bool {
        let (state, now) = (self.state(), self.now());
        let (kept, verifier) = (bytes.clone(), state.clone());
        // A list of a million entries takes most of a second, which no request should wait for.
        let verified =
            tokio::task::spawn_blocking(move || verifier.revocation.verify_crl(bytes, &[], now)).await;
        let held = verified.is_ok_and(|verified| self.hold(source, &state, verified));
        if held {
            self.keep(&self.cached(source), &kept);
        }
        held
    }

    /// Takes a list that was verified in `state`, unless other anchors came in force meanwhile.
    fn hold(&self, source: &Source, state: &State, verified: Result<List, ListError>) -> bool {
        let held = verified.and_then(|list| {
            let mut now = self.locked();
            match Arc::ptr_eq(&now.anchors, &state.anchors) {
                true => now.revocation.hold(Arc::new(list)),
                false => Err(ListError::SignerUnknown),
            }
        });
        match held {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(source = %source, error = &error as &dyn std::error::Error, "a revocation list was not accepted");
                false
            }
        }
    }

    fn cached(&self, source: &Source) -> PathBuf {
        let digest = evidence::Digest::of(source.to_string().as_bytes());
        self.cache.join(format!("{}.crl", hex::encode(digest.as_bytes())))
    }

    // Losing the copy costs only the next start during an outage, so failing to keep it stops nothing.
    pub(crate) fn keep(&self, path: &Path, bytes: &[u8]) {
        let written = std::fs::create_dir_all(&self.cache).and_then(|()| {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, bytes)?;
            std::fs::rename(&fresh, path)
        });
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "a list was not kept");
        }
    }
}

async fn fetch(source: &Source) -> Result<Vec<u8>, FetchError> {
    match source {
        Source::File(path) => tokio::fs::read(path).await.map_err(FetchError::File),
        Source::Address(address) => {
            tokio::time::timeout(FETCH, download(address)).await.map_err(|_| FetchError::Slow)?
        }
    }
}

/// Lists are signed, so plain HTTP loses nothing (RFC 5280 §8: no TLS for revocation, lest it depend on itself).
async fn download(address: &str) -> Result<Vec<u8>, FetchError> {
    let client: Client<HttpConnector, Empty<Bytes>> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let uri = address.parse().map_err(|_| FetchError::Address)?;
    let response = client.get(uri).await.map_err(FetchError::Unreachable)?;
    if response.status() != http::StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_LIST).collect().await.map_err(|_| FetchError::Body)?;
    Ok(body.to_bytes().to_vec())
}
