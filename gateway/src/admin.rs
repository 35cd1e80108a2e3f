//! The listener for machines that watch over the gateway (SLS 6(12-3)): alive, ready, measured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::Instant;

use crate::listener::Draining;
use crate::problem;
use crate::telemetry::metrics;

/// A check that takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a part of the gateway is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    Good,
    /// It works, but somebody should look.
    Degraded,
    Failed,
}

/// What a check found. `detail` is for operators: no secrets, no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub condition: Condition,
    pub detail: String,
}

impl Finding {
    #[must_use]
    pub fn good(detail: impl Into<String>) -> Self {
        Self { condition: Condition::Good, detail: detail.into() }
    }

    #[must_use]
    pub fn degraded(detail: impl Into<String>) -> Self {
        Self { condition: Condition::Degraded, detail: detail.into() }
    }

    #[must_use]
    pub fn failed(detail: impl Into<String>) -> Self {
        Self { condition: Condition::Failed, detail: detail.into() }
    }
}

/// Something the gateway needs, and how to find out whether it is there.
#[async_trait]
pub trait Check: fmt::Debug + Send + Sync {
    /// As `/readyz` names it.
    fn name(&self) -> &str;

    /// Whether the node is of no use without it: if it fails, `/readyz` answers 503.
    fn is_critical(&self) -> bool;

    /// Looks. Called at every `/readyz`, concurrently with the other checks, for at most two seconds.
    async fn look(&self) -> Finding;
}

/// The routes of the admin listener.
pub fn router(checks: Vec<Arc<dyn Check>>, drain: Draining) -> Router {
    let watch = Watch { checks: checks.into(), drain };
    let router = Router::new()
        .route("/healthz", get(async || Json(Health { alive: true, version: env!("CARGO_PKG_VERSION") })))
        .route("/readyz", get(readiness))
        .route("/metrics", get(async || ([(CONTENT_TYPE, metrics::MEDIA_TYPE)], metrics::render())))
        .with_state(watch);
    problem::with_fallbacks(router)
}

#[derive(Clone)]
struct Watch {
    checks: Arc<[Arc<dyn Check>]>,
    drain: Draining,
}

#[derive(Serialize)]
struct Health {
    alive: bool,
    version: &'static str,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// No new requests, please: this node is about to leave.
    draining: bool,
    checks: Vec<Checked>,
}

#[derive(Serialize)]
struct Checked {
    name: String,
    critical: bool,
    condition: Condition,
    detail: String,
    milliseconds: u64,
}

async fn readiness(State(watch): State<Watch>) -> Response {
    let checks = join_all(watch.checks.iter().map(run)).await;
    let draining = watch.drain.is_begun();
    let ready = !draining && !checks.iter().any(|c| c.critical && c.condition == Condition::Failed);
    metrics::ready(ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(Readiness { ready, draining, checks })).into_response()
}

async fn run(check: &Arc<dyn Check>) -> Checked {
    let began = Instant::now();
    let finding = tokio::time::timeout(PATIENCE, check.look())
        .await
        .unwrap_or_else(|_| Finding::failed(format!("no result within {} s", PATIENCE.as_secs())));
    Checked {
        name: check.name().to_owned(),
        critical: check.is_critical(),
        condition: finding.condition,
        detail: finding.detail,
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
