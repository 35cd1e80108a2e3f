//! The exchange listener's paths (contract, "Obtaining a record", "Receipts and the log").

mod cases;
mod feeds;
mod log;
mod proofs;
mod requests;

use std::sync::Arc;

use axum::routing::{get, post, put};
use axum::{Extension, Router};

use crate::destruction::Destroyer;
use crate::exchange::Exchange;
use crate::listener::BodyLimit;
use crate::openapi::Interface;
use crate::problem;
use crate::registries::Catalogues;
use crate::store::Store;
use crate::vault::Vault;
use crate::witnesses::Standing;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Shared {
    pub exchange: Arc<Exchange>,
    pub store: Arc<dyn Store>,
    pub catalogues: Arc<Catalogues>,
    pub keys: Arc<Keys>,
    /// What the witnesses have cosigned.
    pub standing: Arc<Standing>,
    pub origin: Arc<str>,
    pub vault: Arc<Vault>,
    pub feeds: Arc<Feeds>,
    pub destroyer: Arc<Destroyer>,
}

pub use feeds::Feeds;
pub use log::Keys;
pub(crate) use requests::unstored;

/// Every path of the exchange listener, as the OpenAPI document must list them.
pub const PATHS: &[(&str, &str)] = &[
    ("post", "/v1/requests"),
    ("get", "/v1/requests/{id}"),
    ("get", "/v1/requests/{id}/evidence"),
    ("get", "/v1/registries"),
    ("put", "/v1/cases"),
    ("get", "/v1/keys"),
    ("get", "/v1/log/checkpoint"),
    ("get", "/v1/log/consistency"),
    ("get", "/v1/log/inclusion"),
    ("get", "/v1/log/tile/{*tile}"),
    ("get", "/v1/openapi.json"),
];

/// The exchange listener's router.
pub fn router(shared: Shared) -> Router {
    let router = Router::new()
        .route("/v1/requests", post(requests::create))
        .route("/v1/requests/{id}", get(requests::outcome))
        .route("/v1/requests/{id}/evidence", get(requests::evidence))
        .route("/v1/registries", get(requests::registries))
        .route("/v1/cases", put(cases::feed).layer(Extension(BodyLimit(cases::MAX_BYTES))))
        .route("/v1/keys", get(log::keys))
        .route("/v1/log/checkpoint", get(log::checkpoint))
        .route("/v1/log/consistency", get(proofs::consistency))
        .route("/v1/log/inclusion", get(proofs::inclusion))
        .route("/v1/log/tile/{*tile}", get(log::tile))
        .route("/v1/openapi.json", crate::openapi::route(Interface::Exchange, PATHS));
    problem::with_fallbacks(router).with_state(shared)
}
