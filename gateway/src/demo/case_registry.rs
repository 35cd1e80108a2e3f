//! A sample case registry that is asked live: `GET /v1/cases/{number}` and `GET /v1/healthz`, for the gateway alone.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use super::server::{Identity, Server};
use crate::cases::live::CaseAnswer;
use crate::clock::Clock;
use crate::replica::CaseState;

/// A running case registry; dropping it ends it.
#[derive(Debug)]
pub struct CaseRegistry {
    server: Server,
    desk: Desk,
}

#[derive(Clone, Debug)]
struct Desk {
    cases: Arc<Mutex<BTreeMap<String, CaseState>>>,
    clock: Arc<dyn Clock>,
}

impl CaseRegistry {
    /// Serves these cases on loopback, on the port `wanted` if it is free and on another otherwise.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(
        identity: &Identity,
        wanted: u16,
        cases: impl IntoIterator<Item = CaseState>,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let cases = cases.into_iter().map(|case| (case.number.clone(), case)).collect();
        let desk = Desk { cases: Arc::new(Mutex::new(cases)), clock };
        let router = Router::new()
            .route("/v1/cases/{number}", get(answer))
            .route("/v1/healthz", get(|| async { "well" }))
            .with_state(desk.clone());
        let server = Server::https(identity, wanted, router).await?;
        Ok(Self { server, desk })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What a case source names as its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}/v1", self.address())
    }

    /// Adds a case or replaces it: the next question hears of it.
    pub fn put(&self, case: CaseState) {
        let mut cases = self.desk.cases.lock().unwrap_or_else(PoisonError::into_inner);
        cases.insert(case.number.clone(), case);
    }
}

async fn answer(State(desk): State<Desk>, Path(number): Path<String>) -> Response {
    let found = desk.cases.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
    let Some(CaseState { kind, number, status, agency, holders, version }) = found else {
        return (StatusCode::NOT_FOUND, Json(json!({"error": "no-such-case"}))).into_response();
    };
    let as_of = desk.clock.now().rfc3339();
    Json(CaseAnswer { kind, number, status, agency, holders, version, as_of }).into_response()
}
