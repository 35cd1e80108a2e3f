//! Asking a case registry at the moment of the request (SLS 16-2(3)¶2).
//!
//! `GET {url}/cases/{number}` over mutual TLS. The answer is believed only in its exact shape, for exactly this case, and
//! while its word is fresh. Everything else is «unverifiable», which refuses (SLS 16-2(3)¶3).

use std::fmt;
use std::time::{Duration, Instant};

use certs::{Bin, Iin};
use http::header::ACCEPT;
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{CaseKind, CaseStatus};
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::catalogue::Endpoint;
use crate::clock::Millis;
use crate::document::instant;
use crate::media_type;
use crate::registries::answer::strict;
use crate::replica::{CaseSource, CaseState, SourceMode};
use crate::telemetry::metrics;
use crate::upstream::{Fetched, Limits, Line, LineError, Upstream, causes};

/// Longest wait for a case registry unless configured otherwise: it stands before every answer.
pub const DEADLINE: Duration = Duration::from_millis(1_500);
/// A case with 32 holders is under 2 KiB.
const MAX_BYTES: usize = 16 * 1024;
/// Questions under way at once to one case registry.
const MAX_WAITING: usize = 512;
/// How far a case registry's clock may run ahead of ours, in milliseconds.
const MAX_AHEAD: i64 = 60_000;

/// A case registry that is asked live.
#[derive(Debug)]
pub struct LiveSource {
    code: String,
    endpoint: Endpoint,
    line: Line,
    max_age: u32,
    deadline: Duration,
    places: Semaphore,
}

/// A case as its registry just reported it.
#[derive(Clone, PartialEq, Eq)]
pub struct LiveCase {
    pub state: CaseState,
    /// The instant the registry speaks of.
    pub as_of: Millis,
    /// The exact bytes of the answer, for the evidence.
    pub answer: Vec<u8>,
}

/// A source that cannot be connected as configured.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("the case source {0} is not a live one")]
    NotLive(String),
    #[error(
        "the case source {0}: expected an https address without user, query, fragment or slash at the end"
    )]
    Endpoint(String),
    #[error("the case source {0}: expected a DNS name or an IP address as the name of its certificate")]
    ServerName(String),
}

/// Why a case registry's word cannot be had or relied on. `Display` is written for clients.
#[derive(Debug, thiserror::Error)]
pub enum Unverifiable {
    #[error("The case registry {0} is being asked as much as it takes at once.")]
    Busy(String),
    #[error("No connection to the case registry {0}.")]
    Unreachable(String, #[source] LineError),
    #[error("The case registry {code} did not answer within {} ms.", .deadline.as_millis())]
    Late { code: String, deadline: Duration },
    #[error("The case registry {code} answered with status {status}; expected 200 or 404.")]
    Status { code: String, status: u16 },
    #[error("The answer of the case registry {code} does not have its prescribed shape.")]
    Malformed {
        code: String,
        #[source]
        what: Malformed,
    },
    #[error("The case registry {code} speaks for {}; its word is good for {max_age} s.", .as_of.rfc3339())]
    Stale { code: String, as_of: Millis, max_age: u32 },
    #[error("The case registry {code} speaks for {}, which lies ahead.", .as_of.rfc3339())]
    Ahead { code: String, as_of: Millis },
}

/// What is wrong with an answer, for the log. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("no JSON of the prescribed shape")]
    Shape,
    #[error("not of type application/json")]
    MediaType,
    #[error("about another case")]
    OtherCase,
    #[error("no holder of an open case, too many, or one twice")]
    Holders,
    #[error("a version below zero")]
    Version,
    #[error("an instant that is no RFC 3339 date-time")]
    Instant,
}

/// The answer of a case registry, on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CaseAnswer {
    pub kind: CaseKind,
    pub number: String,
    pub status: CaseStatus,
    pub agency: Bin,
    /// In whose production the case is; the first leads.
    pub holders: Vec<Iin>,
    pub version: i64,
    /// RFC 3339.
    pub as_of: String,
}

impl LiveSource {
    /// Connects a source whose mode is live; `server_name` is what its certificate must carry, by default the host of its
    /// address.
    ///
    /// # Errors
    /// [`SourceError`] for what cannot be connected.
    pub fn new(
        source: &CaseSource,
        upstream: &Upstream,
        server_name: Option<&str>,
    ) -> Result<Self, SourceError> {
        let SourceMode::Live { url } = &source.mode else {
            return Err(SourceError::NotLive(source.code.clone()));
        };
        let endpoint = Endpoint::parse(url).ok_or_else(|| SourceError::Endpoint(source.code.clone()))?;
        let name = server_name.unwrap_or_else(|| endpoint.host()).to_owned();
        let name = ServerName::try_from(name).map_err(|_| SourceError::ServerName(source.code.clone()))?;
        Ok(Self {
            code: source.code.clone(),
            endpoint,
            line: upstream.line(name),
            max_age: source.max_age,
            deadline: DEADLINE,
            places: Semaphore::new(MAX_WAITING),
        })
    }

    /// The same source with another longest wait.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Asks for the case with this number; `None` when the registry knows none.
    ///
    /// # Errors
    /// [`Unverifiable`] with the reason.
    pub async fn ask(&self, number: &str, now: Millis) -> Result<Option<LiveCase>, Unverifiable> {
        let begun = Instant::now();
        let outcome = self.attempt(number, now).await;
        let name = match &outcome {
            Ok(Some(_)) => "found",
            Ok(None) => "not-found",
            Err(_) => "unverifiable",
        };
        metrics::case_asked(&self.code, name, begun.elapsed());
        if let Err(error) = &outcome {
            tracing::warn!(
                source = self.code,
                cause = causes(error),
                "a case registry's word cannot be relied on"
            );
        }
        outcome
    }

    async fn attempt(&self, number: &str, now: Millis) -> Result<Option<LiveCase>, Unverifiable> {
        let _place = self.places.try_acquire().map_err(|_| Unverifiable::Busy(self.code.clone()))?;
        let number_in_path: String = utf8_percent_encode(number, NON_ALPHANUMERIC).collect();
        let Fetched { status, content_type, body } = self.get(&format!("/cases/{number_in_path}")).await?;
        match status {
            StatusCode::OK if !is_json(content_type.as_ref()) => Err(self.malformed(Malformed::MediaType)),
            StatusCode::OK => self.believe(number, &body, now).map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(Unverifiable::Status { code: self.code.clone(), status: other.as_u16() }),
        }
    }

    /// Whether the case registry says it is well, for readiness: `GET {url}/healthz` answers 200.
    pub async fn healthy(&self) -> bool {
        self.get("/healthz").await.is_ok_and(|fetched| fetched.status == StatusCode::OK)
    }

    async fn get(&self, path: &str) -> Result<Fetched, Unverifiable> {
        let unsendable = |_| self.malformed(Malformed::OtherCase);
        let path = format!("{}{path}", self.endpoint.base);
        let uri = Uri::builder().scheme("https").authority(self.endpoint.authority.as_str());
        let uri = uri.path_and_query(path).build().map_err(unsendable)?;
        let request =
            Request::get(uri).header(ACCEPT, "application/json").body(Full::default()).map_err(unsendable)?;
        let limits = Limits { deadline: self.deadline, max_bytes: MAX_BYTES };
        self.line.fetch(request, limits).await.map_err(|error| match error {
            LineError::Late { deadline } => Unverifiable::Late { code: self.code.clone(), deadline },
            LineError::TooLarge { .. } | LineError::Encoded => self.malformed(Malformed::Shape),
            other => Unverifiable::Unreachable(self.code.clone(), other),
        })
    }

    fn believe(&self, number: &str, body: &[u8], now: Millis) -> Result<LiveCase, Unverifiable> {
        let answer = strict(body).map_err(|_| self.malformed(Malformed::Shape))?;
        let answer: CaseAnswer =
            serde_json::from_value(answer).map_err(|_| self.malformed(Malformed::Shape))?;
        let as_of = self.fresh(&answer.as_of, now)?;
        if answer.number != number {
            return Err(self.malformed(Malformed::OtherCase));
        }
        if answer.version < 0 {
            return Err(self.malformed(Malformed::Version));
        }
        let holders = &answer.holders;
        let twice = holders
            .iter()
            .zip(1..)
            .any(|(holder, next)| holders.iter().skip(next).any(|other| other == holder));
        // A case that has ended may be in nobody's production any more.
        let nobody = holders.is_empty() && answer.status == CaseStatus::Open;
        if nobody || holders.len() > CaseState::MAX_HOLDERS || twice {
            return Err(self.malformed(Malformed::Holders));
        }
        let CaseAnswer { kind, number, status, agency, holders, version, .. } = answer;
        let state = CaseState { kind, number, status, agency, holders, version };
        Ok(LiveCase { state, as_of, answer: body.to_vec() })
    }

    fn fresh(&self, as_of: &str, now: Millis) -> Result<Millis, Unverifiable> {
        let as_of = instant(as_of).ok_or_else(|| self.malformed(Malformed::Instant))?;
        let code = || self.code.clone();
        if as_of.since(now) > MAX_AHEAD {
            return Err(Unverifiable::Ahead { code: code(), as_of });
        }
        if now.since(as_of) > i64::from(self.max_age).saturating_mul(1000) {
            return Err(Unverifiable::Stale { code: code(), as_of, max_age: self.max_age });
        }
        Ok(as_of)
    }

    fn malformed(&self, what: Malformed) -> Unverifiable {
        Unverifiable::Malformed { code: self.code.clone(), what }
    }
}

impl fmt::Debug for LiveCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes name persons.
        f.debug_struct("LiveCase")
            .field("state", &self.state)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type::essence(text).eq_ignore_ascii_case(JSON)
}

const JSON: &str = "application/json";
