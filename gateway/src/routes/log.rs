//! `/v1/keys` and `/v1/log/…`: what anyone needs to check a receipt (C2SP tlog-checkpoint, tlog-tiles).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::declined::store_refusal;
use crate::problem::Fault;
use crate::routes::Shared;

/// The public keys receipts verify under, as a JWK set (RFC 7517), rendered once.
#[derive(Debug)]
pub struct Keys {
    pub jwks: String,
    /// The log's key as a note verifier key (C2SP signed-note).
    pub log_vkey: String,
}

/// `GET /v1/keys`.
pub(super) async fn keys(State(shared): State<Shared>) -> Response {
    let keys: &Arc<Keys> = &shared.keys;
    ([(CONTENT_TYPE, "application/jwk-set+json")], keys.jwks.clone()).into_response()
}

/// `GET /v1/log/checkpoint`: the signed head of this node's log.
pub(super) async fn checkpoint(State(shared): State<Shared>) -> Response {
    match shared.store.head(&shared.origin).await {
        Ok(Some(head)) => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
            (headers, head.checkpoint).into_response()
        }
        Ok(None) => Fault::NotFound.into_response(),
        Err(error) => store_refusal(&error).into_response(),
    }
}
