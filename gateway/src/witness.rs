//! A witness of logs: a process of its own that cosigns a checkpoint only if it extends the one it cosigned last
//! (C2SP tlog-witness). The judgement is `evidence::witness`; here are its memory and its HTTP.

pub mod memory;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use evidence::witness::{AddCheckpoint, CONFLICT_TYPE, MAX_BODY, Rejection, add_checkpoint};
use evidence::{Cosigner, Head, VerifierKey};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::listener::{BodyLimit, Unread, Whole};
use crate::problem::{self, Fault};
use crate::witness::memory::{Memory, MemoryError};

/// A witness with its memory.
#[derive(Debug)]
pub struct Witness {
    cosigner: Cosigner,
    logs: Vec<VerifierKey>,
    memory: Memory,
    clock: Arc<dyn Clock>,
    /// Of each log, by origin. Held while a request is judged, so that no two of one log ever are at once. `None`: to be read.
    standing: BTreeMap<String, Mutex<Option<Head>>>,
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum NotCosigned {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("the witness cannot remember")]
    Memory(#[from] MemoryError),
}

impl Witness {
    /// A witness of the logs with these keys. Several keys of one name are keys of one log.
    ///
    /// # Errors
    /// When the memory cannot be read, or is another witness's.
    pub async fn open(
        cosigner: Cosigner,
        logs: Vec<VerifierKey>,
        memory: Memory,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MemoryError> {
        memory.check(cosigner.verifier()).await?;
        let standing = logs.iter().map(|log| (log.name().to_owned(), Mutex::default())).collect();
        Ok(Self { cosigner, logs, memory, clock, standing })
    }

    /// The witness's public key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.cosigner.verifier()
    }

    /// The cosignature line for the body of an `add-checkpoint` request. When this returns `Ok`, the head is durable.
    ///
    /// # Errors
    /// [`NotCosigned`]; the memory is then as it was, or its state is read anew before the next judgement.
    pub async fn add_checkpoint(&self, body: &str) -> Result<String, NotCosigned> {
        let request = AddCheckpoint::parse(body)?;
        let origin = request.checkpoint.origin();
        let standing = self.standing.get(origin);
        let mut standing = standing.ok_or_else(|| Rejection::UnknownLog(origin.to_owned()))?.lock().await;
        // Left empty until the end: should this be dropped half-way, nobody relies on what may not be so any more.
        let latest = match standing.take() {
            Some(head) => head,
            None => self.memory.head(origin).await?,
        };
        let now = u64::try_from(self.clock.now().seconds()).unwrap_or(0);
        let cosigned = match add_checkpoint(&request, &self.cosigner, &self.logs, &latest, now) {
            Ok(cosigned) => cosigned,
            Err(rejection) => {
                *standing = Some(latest);
                return Err(rejection.into());
            }
        };
        if cosigned.head != latest && !self.memory.advance(&latest, &cosigned).await? {
            let latest = self.memory.head(origin).await?.size;
            return Err(Rejection::Conflict { old: request.old, latest }.into());
        }
        *standing = Some(cosigned.head);
        Ok(cosigned.line)
    }
}

/// Every path of a witness.
pub fn router(witness: Arc<Witness>) -> Router {
    let router = Router::new()
        .route("/add-checkpoint", post(submit).layer(Extension(BodyLimit(MAX_BODY))))
        .route("/vkey", get(vkey))
        .route("/healthz", get(async || Json(json!({ "alive": true, "version": env!("CARGO_PKG_VERSION") }))))
        .with_state(witness);
    problem::with_fallbacks(router)
}

async fn vkey(State(witness): State<Arc<Witness>>) -> String {
    format!("{}\n", witness.verifier())
}

async fn submit(State(witness): State<Arc<Witness>>, body: Result<Whole, Unread>) -> Response {
    let body = match body {
        Ok(Whole(body)) => body,
        Err(unread) => return unread.into_response(),
    };
    let Ok(text) = std::str::from_utf8(&body) else {
        return rejected(&Rejection::Malformed("the body is not UTF-8"));
    };
    match witness.add_checkpoint(text).await {
        Ok(line) => line.into_response(),
        Err(NotCosigned::Rejected(rejection)) => {
            note(&rejection, text);
            rejected(&rejection)
        }
        Err(NotCosigned::Memory(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a checkpoint was not cosigned");
            Fault::Internal.into_response()
        }
    }
}

/// A request that the log signed and that does not extend what was cosigned may prove that the log misbehaved: it is kept.
fn note(rejection: &Rejection, request: &str) {
    match rejection {
        Rejection::Inconsistent(_) | Rejection::Forked { .. } => {
            tracing::error!(rejection = rejection as &dyn std::error::Error, request, "a log is forked");
        }
        Rejection::Backwards { .. } | Rejection::Conflict { .. } => {
            tracing::info!(rejection = rejection as &dyn std::error::Error, "not cosigned");
        }
        _ => tracing::warn!(rejection = rejection as &dyn std::error::Error, "not cosigned"),
    }
}

fn rejected(rejection: &Rejection) -> Response {
    let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::CONFLICT {
        return (status, [(CONTENT_TYPE, CONFLICT_TYPE)], rejection.body()).into_response();
    }
    let detail = rejection.to_string();
    let body = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    (status, [(CONTENT_TYPE, problem::MEDIA_TYPE)], body.to_string()).into_response()
}
