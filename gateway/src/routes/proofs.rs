//! `/v1/log/consistency` and `/v1/log/inclusion`: proofs over this node's log for whoever does not want to make them from tiles
//! (RFC 6962 sections 2.1.1 and 2.1.2).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::NodeHash;
use evidence::proof::{consistency_nodes, inclusion_nodes, prove_consistency, prove_inclusion};
use http::header::CACHE_CONTROL;
use serde::{Deserialize, Serialize};

use crate::declined::store_refusal;
use crate::problem::Fault;
use crate::routes::Shared;
use crate::routes::log::published;
use crate::store::StoreError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    first: u64,
    second: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Within {
    index: u64,
    size: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Consistency<'a> {
    origin: &'a str,
    first: u64,
    second: u64,
    proof: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Inclusion<'a> {
    origin: &'a str,
    index: u64,
    size: u64,
    leaf: String,
    proof: Vec<String>,
}

/// `GET /v1/log/consistency`: that the log of `first` entries is the beginning of the log of `second`.
pub(super) async fn consistency(
    State(shared): State<Shared>,
    asked: Result<Query<Between>, QueryRejection>,
) -> Response {
    let Ok(Query(Between { first, second })) = asked else { return Fault::BadRequest.into_response() };
    answered(async {
        let Some(second) = size(&shared, second).await? else { return Ok(None) };
        let Ok(wanted) = consistency_nodes(second, first) else { return Ok(None) };
        let nodes = nodes(&shared, wanted).await?;
        let proof = prove_consistency(second, first, &nodes);
        let proof = texts(&proof.map_err(|error| StoreError::Corrupt(error.to_string()))?);
        Ok(Some(Json(Consistency { origin: &shared.origin, first, second, proof }).into_response()))
    })
    .await
}

/// `GET /v1/log/inclusion`: that an entry is in the log of `size` entries.
pub(super) async fn inclusion(
    State(shared): State<Shared>,
    asked: Result<Query<Within>, QueryRejection>,
) -> Response {
    let Ok(Query(Within { index, size: wanted })) = asked else { return Fault::BadRequest.into_response() };
    answered(async {
        let Some(size) = size(&shared, wanted).await? else { return Ok(None) };
        let Ok(wanted) = inclusion_nodes(size, index) else { return Ok(None) };
        let nodes = nodes(&shared, wanted).await?;
        let proof = prove_inclusion(size, index, &nodes);
        let proof = texts(&proof.map_err(|error| StoreError::Corrupt(error.to_string()))?);
        let Some(row) = shared.store.entries(&shared.origin, index, 1).await?.pop() else { return Ok(None) };
        let leaf = STANDARD.encode(&row.leaf);
        Ok(Some(Json(Inclusion { origin: &shared.origin, index, size, leaf, proof }).into_response()))
    })
    .await
}

/// A proof never changes, once its sizes are said; without them it is of this moment.
async fn answered(proving: impl Future<Output = Result<Option<Response>, StoreError>>) -> Response {
    match proving.await {
        Ok(Some(proof)) => ([(CACHE_CONTROL, "no-cache")], proof).into_response(),
        Ok(None) => Fault::NotFound.into_response(),
        Err(error) => store_refusal(&error).into_response(),
    }
}

/// The size asked for, if the published log has it; without one, the published log's.
async fn size(shared: &Shared, asked: Option<u64>) -> Result<Option<u64>, StoreError> {
    let published = published(shared).await?.map(|head| head.size);
    Ok(published.and_then(|published| match asked {
        Some(asked) => (asked <= published).then_some(asked),
        None => Some(published),
    }))
}

async fn nodes(shared: &Shared, wanted: Vec<u64>) -> Result<BTreeMap<u64, NodeHash>, StoreError> {
    let found = shared.store.nodes(&shared.origin, &wanted).await?;
    Ok(wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect())
}

fn texts(proof: &[NodeHash]) -> Vec<String> {
    proof.iter().map(ToString::to_string).collect()
}
