//! The authorities trusted and their revocation lists: read at start, refreshed in the background, kept on disk.
//!
//! A list is verified once, when it arrives. While an authority is away the last list goes on being relied on for exactly as long
//! as it says it is valid; after that the status of its certificates is unknown, which refuses. Where lists do not say, the responder that a
//! certificate names is asked about it.

mod answers;
mod responders;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use certs::anchors::{AnchorError, Anchors};
use certs::profile::ProfileError;
use certs::revocation::{Held, List, ListError, RevocationStore, Terms};
use certs::{Profile, Trust as Verifier};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::clock::Clock;
use crate::config::{Asking, Source, Trust as Settings};
use crate::telemetry::metrics;
use crate::trust::Trust;

use responders::Responders;

/// Largest list taken: one million entries have about 40 MB.
const MAX_LIST: usize = 64 * 1024 * 1024;
/// How long an authority may take to hand out a list.
const FETCH: Duration = Duration::from_secs(20);
/// How soon a source that failed is asked again.
const RETRY: Duration = Duration::from_secs(5);

/// Why the authorities cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    #[error("trust.anchors: cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("trust.anchors: {0}")]
    Anchors(#[from] AnchorError),
    #[error("trust.profile: {0}")]
    Profile(#[from] ProfileError),
}

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

/// Keeps a [`Trust`] up to date.
#[derive(Debug)]
pub struct Authorities {
    settings: Settings,
    state: Mutex<State>,
    responders: Responders,
    clock: Arc<dyn Clock>,
}

/// What is trusted and known now. The two change together: what one set of anchors vouched for says nothing under another.
#[derive(Clone, Debug)]
struct State {
    anchors: Arc<Anchors>,
    revocation: RevocationStore,
}

impl Authorities {
    /// Reads anchors and profile, and the lists kept on disk by an earlier run.
    ///
    /// # Errors
    /// When the anchors cannot be read. Lists that are missing or stale are no error: what they leave unknown is refused.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, AuthoritiesError> {
        let anchors = Arc::new(read_anchors(&settings.anchors)?);
        // A misspelt profile is found now, not with the first request.
        Profile::named(&settings.profile)?;
        let revocation = RevocationStore::new(Arc::clone(&anchors), Terms::default());
        let state = Mutex::new(State { anchors, revocation });
        let responders = Responders::new(&settings.ocsp);
        let authorities = Self { settings: settings.clone(), state, responders, clock };
        for source in &settings.crl {
            if let Ok(kept) = std::fs::read(authorities.cached(source)) {
                let state = authorities.state();
                let verified = state.revocation.verify_crl(kept, &[], authorities.now());
                authorities.hold(source, &state, verified);
            }
        }
        authorities.take_up_answers();
        Ok(authorities)
    }

    /// A verifier over what is held now.
    ///
    /// # Errors
    /// [`AuthoritiesError::Profile`].
    pub fn verifier(&self) -> Result<Verifier, AuthoritiesError> {
        let profile = Profile::named(&self.settings.profile)?;
        let State { anchors, revocation } = self.state();
        Ok(Verifier::new(anchors, profile, revocation))
    }

    /// Reads the anchors anew and puts them in force, with what of the lists and answers held still stands under them.
    ///
    /// # Errors
    /// When they cannot be read; then nothing changes.
    pub fn reload(&self, trust: &Trust) -> Result<(), AuthoritiesError> {
        let anchors = Arc::new(read_anchors(&self.settings.anchors)?);
        let revocation = self.state().revocation.under(Arc::clone(&anchors), self.now());
        *self.locked() = State { anchors, revocation };
        trust.replace(self.verifier()?);
        Ok(())
    }

    /// When responders are asked.
    #[must_use]
    pub fn asking(&self) -> Asking {
        self.settings.ask
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy, cheap, for work that takes long.
    fn state(&self) -> State {
        self.locked().clone()
    }

    fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Puts what is held now in force for every request that has not been verified yet.
    fn publish(&self, trust: &Trust) {
        let next = trust.current().with_revocation(self.state().revocation);
        trust.replace(next);
    }

    /// What is held of each authority.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        self.locked().revocation.held().collect()
    }

    /// How many answers about single certificates are held.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.locked().revocation.answer_count()
    }

    /// How many sources are configured.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.settings.crl.len()
    }

    /// Asks every source once and publishes what came. Returns how many gave no usable list.
    pub async fn refresh(&self, trust: &Trust) -> usize {
        let mut failed = 0_usize;
        for source in &self.settings.crl {
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
        self.publish(trust);
        self.report();
        failed
    }

    /// Refreshes for ever: every interval, and soon again while a source fails.
    pub async fn watch(self: Arc<Self>, trust: Arc<Trust>, mut failed: usize) {
        loop {
            tokio::time::sleep(if failed > 0 { RETRY } else { self.pause() }).await;
            failed = self.refresh(&trust).await;
        }
    }

    /// Until the next look at the lists: the interval, or less if one ends before.
    fn pause(&self) -> Duration {
        let now = self.now();
        let left = self.held().iter().map(|held| held.usable_until.saturating_sub(now)).min();
        let half = left.and_then(|left| u64::try_from(left / 2).ok()).map_or(RETRY, Duration::from_secs);
        self.settings.refresh_seconds.duration().min(half.max(RETRY))
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
        metrics::ocsp_answers(self.answers());
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
        self.settings.cache.join(format!("{}.crl", hex::encode(digest.as_bytes())))
    }

    // Losing the copy costs only the next start during an outage, so failing to keep it stops nothing.
    fn keep(&self, path: &Path, bytes: &[u8]) {
        let written = std::fs::create_dir_all(&self.settings.cache).and_then(|()| {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, bytes)?;
            std::fs::rename(&fresh, path)
        });
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "a list was not kept");
        }
    }
}

/// The authorities in a folder.
///
/// # Errors
/// When it cannot be read, or holds something else.
pub fn read_anchors(directory: &Path) -> Result<Anchors, AuthoritiesError> {
    let unreadable = |source| AuthoritiesError::Unreadable { path: directory.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, std::fs::read(&path).map_err(unreadable)?));
        }
    }
    Ok(Anchors::from_files(files.iter().map(|(name, content)| (name.as_str(), content.as_slice())))?)
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
