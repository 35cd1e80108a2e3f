//! The console listener: operator, security, oversight officials, each in the capacity their certificate is enrolled for.
//!
//! Whoever reads here says why, and is in the journal before they see anything (SLS 7(2)(6)-(8)).

mod asked;
mod destroying;
mod material;
mod page;
mod reader;
mod reading;
mod search;
mod terminating;

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::destruction::Destroyer;
use crate::listener::Peer;
use crate::openapi::Interface;
use crate::problem;
use crate::register::{Indexer, Keyring};
use crate::routes::Shared;
use crate::store::register::Register;

use reader::Reader;

/// Every path of the console listener, as the OpenAPI document must list them.
pub const PATHS: &[(&str, &str)] = &[
    ("get", "/v1/me"),
    ("get", "/v1/requests"),
    ("get", "/v1/requests/{id}"),
    ("get", "/v1/requests/{id}/evidence"),
    ("post", "/v1/destructions"),
    ("get", "/v1/destructions"),
    ("post", "/v1/destructions/{id}/confirmation"),
    ("post", "/v1/terminations"),
    ("post", "/v1/resolutions"),
    ("post", "/v1/matrix/proposals"),
    ("post", "/v1/matrix/approvals"),
    ("get", "/v1/openapi.json"),
];

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Console {
    pub shared: Shared,
    pub register: Arc<dyn Register>,
    pub indexer: Arc<Indexer>,
    pub keyring: Keyring,
    pub destroyer: Arc<Destroyer>,
}

impl Console {
    /// The console of a node.
    #[must_use]
    pub fn of(shared: Shared) -> Self {
        let destroyer = Arc::clone(&shared.destroyer);
        Self {
            shared,
            register: Arc::clone(&destroyer.register),
            indexer: Arc::clone(&destroyer.indexer),
            keyring: destroyer.keyring.clone(),
            destroyer,
        }
    }
}

/// The console listener's router.
pub fn router(console: Console) -> Router {
    let router = Router::new()
        .route("/v1/me", get(me))
        .route("/v1/requests", get(search::search))
        .route("/v1/requests/{id}", get(reading::request))
        .route("/v1/requests/{id}/evidence", get(reading::evidence))
        .route("/v1/destructions", post(destroying::ask).get(destroying::list))
        .route("/v1/destructions/{id}/confirmation", post(destroying::confirm))
        .route("/v1/terminations", post(terminating::report))
        .route("/v1/openapi.json", crate::openapi::route(Interface::Console, PATHS));
    problem::with_fallbacks(router).with_state(console)
}

/// `GET /v1/me`: who the caller is here.
async fn me(State(console): State<Console>, Extension(peer): Extension<Peer>) -> Response {
    match Reader::admit(&console, &peer).await {
        Ok(Reader { channel, role }) => Json(json!({
            "name": channel.system.name,
            "role": role,
            "agency": { "bin": channel.agency.bin.as_str(), "code": channel.agency.code, "name": channel.agency.name },
            "certificate": channel.system.certificate.to_string(),
        }))
        .into_response(),
        Err(refused) => refused,
    }
}
