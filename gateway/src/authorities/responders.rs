//! OCSP responders over HTTP (RFC 6960 appendix A): where they are, how long they may take, how many are asked at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use certs::revocation::{AnswerError, MAX_RESPONSE_BYTES};
use certs::trust::Unanswered;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::Digest as _;
use tokio::sync::{MutexGuard, Semaphore};

use crate::config::Source;
use crate::telemetry::metrics::Asked;

/// How long one responder may take. A request waits this long at most for each that is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one that failed is left alone: an outage must not cost every request its patience.
const REST: Duration = Duration::from_secs(5);
/// Questions on their way at a time.
const PLACES: usize = 32;
/// Locks over which certificates are spread, so that one certificate is asked about once at a time.
const TURNS: usize = 64;
/// Addresses asked about one certificate.
const MOST_ADDRESSES: usize = 3;
/// Certificates whose answers are kept fresh without being asked for.
const MOST_WATCHED: usize = 8_192;
/// How long one is kept fresh that no request needed anew.
const WATCH: Duration = Duration::from_secs(3_600);

/// A certificate by its authority's key and its serial number.
pub(super) type Key = [u8; 32];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("the question could not be put")]
    Request,
    #[error("the responder could not be reached")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
    #[error("the responder answered {0}")]
    Status(http::StatusCode),
    #[error("the answer is too large or broke off")]
    Body,
    #[error("the responder did not answer in time")]
    Slow,
    #[error("too many questions are on their way")]
    Crowd,
    #[error("the answer is not accepted")]
    Answer(#[from] AnswerError),
    #[error("the answer is about other certificates")]
    Other,
}

impl AskError {
    pub(super) const fn outcome(&self) -> Asked {
        match self {
            Self::Answer(_) | Self::Other => Asked::NotAccepted,
            Self::Slow => Asked::Slow,
            Self::Crowd => Asked::Shed,
            Self::Request | Self::Unreachable(_) | Self::Status(_) | Self::Body => Asked::Failed,
        }
    }
}

struct Watched {
    one: Unanswered,
    asked: Instant,
}

/// The responders.
pub(super) struct Responders {
    configured: Vec<String>,
    client: Client<HttpConnector, Full<Bytes>>,
    places: Semaphore,
    turns: Vec<tokio::sync::Mutex<()>>,
    resting: Mutex<HashMap<String, Instant>>,
    watched: Mutex<HashMap<Key, Watched>>,
}

impl std::fmt::Debug for Responders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Responders").field("configured", &self.configured).finish_non_exhaustive()
    }
}

/// What answers about a certificate are kept under.
pub(super) fn key_of(one: &Unanswered) -> Key {
    let mut digest = sha2::Sha256::new();
    digest.update(one.issuer.key_digest());
    digest.update(one.certificate.serial());
    digest.finalize().into()
}

impl Responders {
    pub(super) fn new(configured: &[Source]) -> Self {
        let addresses = configured.iter().filter_map(|source| match source {
            Source::Address(address) => Some(address.clone()),
            Source::File(_) => None,
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(PATIENCE));
        Self {
            configured: addresses.collect(),
            client: Client::builder(TokioExecutor::new()).build(connector),
            places: Semaphore::new(PLACES),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            resting: Mutex::default(),
            watched: Mutex::default(),
        }
    }

    /// Waits for whoever asks about the same certificate.
    pub(super) async fn turn(&self, key: &Key) -> Option<MutexGuard<'_, ()>> {
        let place = key.first().map_or(0, |octet| usize::from(*octet)) % TURNS;
        match self.turns.get(place) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

    /// Where to ask: what the certificate says, else what is configured; none that failed just now. The certificate's word is its
    /// authority's, whose signature was checked, so nobody else sends the gateway anywhere.
    pub(super) fn addresses(&self, one: &Unanswered) -> Vec<String> {
        let named = &one.certificate.extensions().access.ocsp;
        let own = named.iter().filter(|address| address.starts_with("http://"));
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.retain(|_, since| since.elapsed() < REST);
        let awake = |address: &&String| !resting.contains_key(*address);
        own.chain(&self.configured).take(MOST_ADDRESSES).filter(awake).cloned().collect()
    }

    pub(super) fn failed(&self, address: &str) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.insert(address.to_owned(), Instant::now());
    }

    /// From now on the answer is renewed before it ends, for an hour after a request needed it.
    pub(super) fn answered(&self, address: &str, key: &Key, one: &Unanswered, again: bool) {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if !again && watched.len() < MOST_WATCHED {
            watched.insert(*key, Watched { one: one.clone(), asked: Instant::now() });
        }
    }

    /// The certificates whose answers are kept fresh.
    pub(super) fn watched(&self) -> Vec<Unanswered> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, one| one.asked.elapsed() < WATCH);
        watched.values().map(|one| one.one.clone()).collect()
    }

    /// Puts a question. Answers are signed, so plain HTTP loses nothing (RFC 5280 §8).
    pub(super) async fn post(&self, address: &str, question: Vec<u8>) -> Result<Vec<u8>, AskError> {
        let _place = self.places.try_acquire().map_err(|_| AskError::Crowd)?;
        tokio::time::timeout(PATIENCE, self.exchange(address, question)).await.map_err(|_| AskError::Slow)?
    }

    async fn exchange(&self, address: &str, question: Vec<u8>) -> Result<Vec<u8>, AskError> {
        let request = http::Request::post(address)
            .header(CONTENT_TYPE, "application/ocsp-request")
            .body(Full::new(Bytes::from(question)))
            .map_err(|_| AskError::Request)?;
        let response = self.client.request(request).await.map_err(AskError::Unreachable)?;
        if response.status() != http::StatusCode::OK {
            return Err(AskError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_RESPONSE_BYTES).collect().await;
        Ok(body.map_err(|_| AskError::Body)?.to_bytes().to_vec())
    }
}
