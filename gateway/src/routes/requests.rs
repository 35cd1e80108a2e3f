//! `/v1/requests` and `/v1/registries`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use certs::EnvelopeKind;
use evidence::bundle::MEDIA_TYPE;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use policy::{Ground, Matrix};
use uuid::Uuid;

use crate::channel::Channel;
use crate::declined::store_refusal;
use crate::document::request_id;
use crate::dossier::Dossiers;
use crate::entry::Outcome;
use crate::exchange::Arrival;
use crate::listener::{Admitted, Peer, Unread, Whole};
use crate::media_type;
use crate::outcome::{self, Which};
use crate::problem::{Fault, Problem};
use crate::refusal::{Code, Refusal};
use crate::routes::Shared;
use crate::seal::Denied;

/// `POST /v1/requests`: obtains a record.
pub(super) async fn create(
    State(shared): State<Shared>,
    Extension(peer): Extension<Peer>,
    Extension(admitted): Extension<Admitted>,
    headers: HeaderMap,
    body: Result<Whole, Unread>,
) -> Response {
    let arrival = match arrival(&headers, body) {
        Ok(arrival) => arrival,
        Err(fault) => return fault.into_response(),
    };
    let outcome = shared.exchange.clone().exchange(peer, arrival, admitted).await;
    match outcome {
        Ok(sealed) => unstored(Json(sealed).into_response()),
        Err(denied) => deny(denied),
    }
}

/// What of a request the procedure begins with. What is wrong with it is refused, and recorded, once the channel is known; only
/// a body that never came whole is no request at all.
fn arrival(headers: &HeaderMap, body: Result<Whole, Unread>) -> Result<Arrival, Fault> {
    let Some(kind) = media_type::stated(headers).and_then(EnvelopeKind::from_media_type) else {
        let detail = "Send application/pkcs7-mime, application/cms or application/jose.";
        return Ok(Err(Refusal::new(Code::UnsupportedMediaType, detail)));
    };
    match body {
        Ok(Whole(body)) => Ok(Ok((kind, body))),
        Err(Unread::Refused(refusal)) => Ok(Err(refusal)),
        Err(Unread::Fault(fault)) => Err(fault),
    }
}

fn deny(denied: Denied) -> Response {
    let Denied { refusal, request, receipt, .. } = denied;
    let mut problem = Problem::from(refusal);
    if let Some(id) = request {
        problem = problem.request(id);
    }
    if let Some(receipt) = receipt {
        problem = problem.receipt(receipt);
    }
    problem.into_response()
}

/// SLS 16-3(2): what is obtained is kept in the case's material and nowhere else, caches on the way included.
pub(crate) fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `GET /v1/requests/{id}`: what became of a request, for the agency that made it.
pub(super) async fn outcome(
    State(shared): State<Shared>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
) -> Response {
    let channel = match shared.exchange.channels.admit_exchange(&peer).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    let Some(id) = request_id(&id) else { return Fault::NotFound.into_response() };
    let found = match found(&shared, &channel, id, which).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match outcome::describe(&shared, id, found, channel.arrived).await {
        Ok(described) => unstored(Json(described).into_response()),
        Err(refusal) => refusal.into_response(),
    }
}

/// The request meant, if it is the calling agency's. Another agency's and none at all look the same.
async fn found(
    shared: &Shared,
    channel: &Channel,
    id: Uuid,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Outcome, Response> {
    let Ok(Query(which)) = which else { return Err(Fault::BadRequest.into_response()) };
    let found = shared.store.outcomes(&id, &channel.agency.bin).await;
    let found = found.map_err(|error| store_refusal(&error).into_response())?;
    let selected = outcome::select(shared, found, &which, channel.arrived).await;
    selected.map_err(IntoResponse::into_response)?.ok_or_else(|| Fault::NotFound.into_response())
}

/// `GET /v1/requests/{id}/evidence`: everything about a request that a third party needs to check it, as a bundle.
pub(super) async fn evidence(
    State(shared): State<Shared>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
) -> Response {
    let channel = match shared.exchange.channels.admit_exchange(&peer).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    let Some(id) = request_id(&id) else { return Fault::NotFound.into_response() };
    let found = match found(&shared, &channel, id, which).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let seal = Some(&shared.exchange.seal);
    let custody = Some(&*shared.destroyer.custody);
    let now = channel.arrived;
    let standing = Some((&*shared.standing, &*shared.origin));
    let dossiers = Dossiers { store: &shared.store, vault: &shared.vault, custody, seal, standing, now };
    match dossiers.bundle(id, &found).await {
        Ok(bundle) => unstored(([(CONTENT_TYPE, MEDIA_TYPE)], bundle).into_response()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a bundle could not be made");
            Refusal::new(Code::EvidenceUnavailable, "The evidence cannot be read now.").into_response()
        }
    }
}

/// `GET /v1/registries`: what the calling agency may ask.
pub(super) async fn registries(State(shared): State<Shared>, Extension(peer): Extension<Peer>) -> Response {
    match shared.exchange.channels.admit_exchange(&peer).await {
        Ok(channel) => {
            let policy = shared.exchange.decisions.policy();
            let offered = shared.catalogues.current().offered(channel.arrived, |registry, operation| {
                grounds(policy.matrix(), &channel, registry, operation)
            });
            unstored(Json(offered).into_response())
        }
        Err(declined) => declined.refusal.into_response(),
    }
}

/// Grounds on which somebody in the calling body may ask an operation, by the matrix in force.
fn grounds(matrix: &Matrix, channel: &Channel, registry: &str, operation: &str) -> BTreeSet<Ground> {
    let rows = matrix.rows().filter(|row| row.body == channel.agency.kind);
    rows.filter(|row| row.registry == registry && row.operation == operation).map(|row| row.ground).collect()
}
