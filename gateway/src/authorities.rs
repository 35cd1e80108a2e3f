//! The authorities trusted and their revocation lists: read at start, refreshed in the background, kept on disk.
//!
//! A list is verified once, when it arrives. While an authority is away the last list goes on being relied on for exactly as long
//! as it says it is valid; after that the status of its certificates is unknown, which refuses.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use certs::anchors::{AnchorError, Anchors};
use certs::profile::ProfileError;
use certs::revocation::{RevocationStore, Terms};
use certs::{Profile, Trust as Verifier};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::clock::Clock;
use crate::config::{Source, Trust as Settings};
use crate::telemetry::metrics;
use crate::trust::Trust;

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
    anchors: Arc<Anchors>,
    settings: Settings,
    revocation: Mutex<RevocationStore>,
    clock: Arc<dyn Clock>,
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
        let authorities =
            Self { anchors, settings: settings.clone(), revocation: Mutex::new(revocation), clock };
        for source in &settings.crl {
            if let Ok(kept) = std::fs::read(authorities.cached(source)) {
                authorities.accept(source, &kept, false);
            }
        }
        Ok(authorities)
    }

    /// A verifier over what is held now.
    ///
    /// # Errors
    /// [`AuthoritiesError::Profile`].
    pub fn verifier(&self) -> Result<Verifier, AuthoritiesError> {
        let profile = Profile::named(&self.settings.profile)?;
        let held = self.revocation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Verifier::new(Arc::clone(&self.anchors), profile, held))
    }

    /// What is held of each authority: name, instant until which it is relied on.
    #[must_use]
    pub fn held(&self) -> Vec<(String, i64)> {
        let store = self.revocation.lock().unwrap_or_else(PoisonError::into_inner);
        store.held().map(|held| (readable(held.issuer.der()), held.usable_until)).collect()
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
                    if !self.accept(source, &bytes, true) {
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
        if let Ok(verifier) = self.verifier() {
            trust.replace(verifier);
        }
        self.report();
        failed
    }

    /// Refreshes for ever: every interval, and soon again while a source fails.
    pub async fn watch(self: Arc<Self>, trust: Arc<Trust>, mut failed: usize) {
        loop {
            let pause = if failed > 0 { RETRY } else { self.settings.refresh_seconds.duration() };
            tokio::time::sleep(pause).await;
            failed = self.refresh(&trust).await;
        }
    }

    fn report(&self) {
        let now = self.clock.now().seconds();
        for (authority, usable_until) in self.held() {
            metrics::revocation_age(&authority, usable_until.saturating_sub(now));
        }
    }

    fn accept(&self, source: &Source, bytes: &[u8], keep: bool) -> bool {
        let now = self.clock.now().seconds();
        let mut next = self.revocation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match next.accept_crl(bytes.to_vec(), &[], now) {
            Ok(_) => {
                *self.revocation.lock().unwrap_or_else(PoisonError::into_inner) = next;
                if keep {
                    self.keep(source, bytes);
                }
                true
            }
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
    fn keep(&self, source: &Source, bytes: &[u8]) {
        let path = self.cached(source);
        let written = std::fs::create_dir_all(&self.settings.cache).and_then(|()| {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, bytes)?;
            std::fs::rename(&fresh, &path)
        });
        if let Err(error) = written {
            tracing::warn!(path = %path.display(), error = &error as &dyn std::error::Error, "a list was not kept");
        }
    }
}

/// A distinguished name as people write it.
fn readable(name: &[u8]) -> String {
    use x509_parser::prelude::FromDer as _;
    x509_parser::x509::X509Name::from_der(name)
        .map_or_else(|_| hex::encode(name), |(_, name)| name.to_string())
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
