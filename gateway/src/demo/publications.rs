//! What the demonstration's authorities publish over plain HTTP on loopback: revocation lists, OCSP answers, certificates, time-stamps;
//! and beside them the duty prosecutor.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use certs::issue::crl::{Entry, List, Reason, issue};
use certs::issue::time_stamp::{ObjectIdentifier, Refusal, Request, grant, refuse};
use certs::issue::{Authority, IssueError};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::demo::duty::Duty;

/// Seconds a list is good for.
const VALIDITY: i64 = 86_400;
/// One of the national authority's policies, which the national profile accepts.
const STAMP_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.4");

/// An authority as published.
#[derive(Debug)]
pub struct Published {
    pub authority: Authority,
    /// Who answers in its name; none if it does itself.
    pub responder: Option<Authority>,
    /// Serial numbers it issued.
    pub issued: Vec<Vec<u8>>,
    /// Serial numbers it revoked.
    pub revoked: Vec<Vec<u8>>,
}

/// All published authorities by name: `issuing-ec`, `root-rsa`, …
#[derive(Debug)]
pub struct Publications {
    authorities: BTreeMap<String, Published>,
    stamping: Authority,
    /// Serial number of the last time-stamp.
    stamps: AtomicU64,
    clock: Arc<dyn Clock>,
}

impl Publications {
    #[must_use]
    pub fn new(authorities: BTreeMap<String, Published>, stamping: Authority, clock: Arc<dyn Clock>) -> Self {
        // Numbers go on where an earlier run cannot have been.
        let stamps = AtomicU64::new(u64::try_from(clock.now().0).unwrap_or(0).saturating_mul(1000));
        Self { authorities, stamping, stamps, clock }
    }

    /// The names under which lists are published.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.authorities.keys().map(String::as_str)
    }

    /// A fresh list of the named authority.
    ///
    /// # Errors
    /// When it cannot be signed. `None` for a name nobody has.
    pub fn list(&self, name: &str) -> Option<Result<Vec<u8>, IssueError>> {
        let published = self.authorities.get(name)?;
        let now = self.clock.now().seconds();
        let list = List {
            this_update: now,
            next_update: Some(now.saturating_add(VALIDITY)),
            // Numbers only have to grow; the instant does.
            number: u64::try_from(now).unwrap_or(1),
            base: None,
            distribution: None,
        };
        let revoked = published.revoked.iter().map(|serial| Entry {
            serial,
            revoked: now.saturating_sub(3600),
            reason: Some(Reason::KeyCompromise),
        });
        Some(issue(&published.authority, &list, revoked))
    }

    /// Serves until the task is dropped.
    pub async fn serve(self: Arc<Self>, duty: Arc<Duty>, listener: TcpListener) {
        let router = Router::new()
            .route("/crl/{file}", get(crl))
            .route("/ca/{file}", get(certificate))
            .route("/ocsp/{name}", post(answer))
            .route("/tsa", post(stamp))
            .with_state(self)
            .merge(duty.router());
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the demo's publications stopped");
        }
    }
}

async fn crl(State(publications): State<Arc<Publications>>, Path(file): Path<String>) -> Response {
    let name = file.strip_suffix(".crl").unwrap_or_default();
    match publications.list(name) {
        Some(Ok(list)) => ([(CONTENT_TYPE, "application/pkix-crl")], list).into_response(),
        Some(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn answer(
    State(publications): State<Arc<Publications>>,
    Path(name): Path<String>,
    question: Bytes,
) -> Response {
    let Some(published) = publications.authorities.get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let answer = published.answer(&question, publications.clock.now().seconds());
    ([(CONTENT_TYPE, "application/ocsp-response")], answer).into_response()
}

/// Stamps anything (RFC 3161 §3.4).
async fn stamp(State(publications): State<Arc<Publications>>, question: Bytes) -> Response {
    let answer = match Request::parse(&question) {
        Err(refusal) => refuse(refusal),
        Ok(request) => {
            let serial = publications.stamps.fetch_add(1, Ordering::Relaxed);
            let now = publications.clock.now().seconds();
            let granted = grant(&publications.stamping, &request, STAMP_POLICY, serial, now);
            granted.unwrap_or_else(|_| refuse(Refusal::SystemFailure))
        }
    };
    ([(CONTENT_TYPE, "application/timestamp-reply")], answer).into_response()
}

async fn certificate(State(publications): State<Arc<Publications>>, Path(file): Path<String>) -> Response {
    let name = file.strip_suffix(".cer").unwrap_or_default();
    match publications.authorities.get(name) {
        Some(published) => {
            let der = published.authority.certificate().to_vec();
            ([(CONTENT_TYPE, "application/pkix-cert")], der).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Binds the port of an earlier run if it is free, any other if not: certificates name the address, but nothing relies on it.
///
/// # Errors
/// When loopback has no free port at all.
pub async fn bind(wanted: Option<u16>) -> std::io::Result<(TcpListener, SocketAddr)> {
    let loopback = std::net::Ipv4Addr::LOCALHOST;
    let listener = match wanted {
        Some(port) => match TcpListener::bind((loopback, port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((loopback, 0)).await?,
        },
        None => TcpListener::bind((loopback, 0)).await?,
    };
    let address = listener.local_addr()?;
    Ok((listener, address))
}
