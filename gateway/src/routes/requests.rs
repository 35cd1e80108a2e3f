//! `/v1/requests` and `/v1/registries`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use certs::EnvelopeKind;
use evidence::bundle::MEDIA_TYPE;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

use policy::{BodyKind, Ground};

use crate::channel::Channel;
use crate::declined::store_refusal;
use crate::document::request_id;
use crate::dossier::Dossiers;
use crate::exchange::Arrival;
use crate::listener::{Admitted, Peer, Unread, Whole};
use crate::outcome;
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
    let outcome = shared.exchange.clone().exchange(peer.fingerprint, arrival, admitted).await;
    match outcome {
        Ok(sealed) => unstored(Json(sealed).into_response()),
        Err(denied) => deny(denied),
    }
}

/// What of a request the procedure begins with. What is wrong with it is refused, and recorded, once the channel is known; only
/// a body that never came whole is no request at all.
fn arrival(headers: &HeaderMap, body: Result<Whole, Unread>) -> Result<Arrival, Fault> {
    let Some(kind) = media_type(headers) else {
        let detail = "Send application/pkcs7-mime, application/cms or application/jose.";
        return Ok(Err(Refusal::new(Code::UnsupportedMediaType, detail)));
    };
    match body {
        Ok(Whole(body)) => Ok(Ok((kind, body))),
        Err(Unread::Refused(refusal)) => Ok(Err(refusal)),
        Err(Unread::Fault(fault)) => Err(fault),
    }
}

fn media_type(headers: &HeaderMap) -> Option<EnvelopeKind> {
    EnvelopeKind::from_media_type(headers.get(CONTENT_TYPE)?.to_str().ok()?)
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
) -> Response {
    let channel = match shared.exchange.channels.admit_exchange(&peer.fingerprint).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    let Some(id) = request_id(&id) else { return Fault::NotFound.into_response() };
    match shared.store.outcome(&id, &channel.agency.bin).await {
        Ok(Some(found)) => match outcome::describe(&shared, id, found, channel.arrived).await {
            Ok(described) => unstored(Json(described).into_response()),
            Err(refusal) => refusal.into_response(),
        },
        // Another agency's request and no request at all look the same.
        Ok(None) => Fault::NotFound.into_response(),
        Err(error) => store_refusal(&error).into_response(),
    }
}

/// `GET /v1/requests/{id}/evidence`: everything about a request that a third party needs to check it, as a bundle.
pub(super) async fn evidence(
    State(shared): State<Shared>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
) -> Response {
    let channel = match shared.exchange.channels.admit_exchange(&peer.fingerprint).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    let Some(id) = request_id(&id) else { return Fault::NotFound.into_response() };
    let found = match shared.store.outcome(&id, &channel.agency.bin).await {
        Ok(Some(found)) => found,
        Ok(None) => return Fault::NotFound.into_response(),
        Err(error) => return store_refusal(&error).into_response(),
    };
    let seal = Some(&shared.exchange.seal);
    let custody = Some(&*shared.destroyer.custody);
    let now = channel.arrived;
    let dossiers = Dossiers { store: &shared.store, vault: &shared.vault, custody, seal, now };
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
    match shared.exchange.channels.admit_exchange(&peer.fingerprint).await {
        Ok(channel) => {
            let offered = shared.catalogues.current().offered(&grounds(&channel), channel.arrived);
            unstored(Json(offered).into_response())
        }
        Err(declined) => declined.refusal.into_response(),
    }
}

/// What a body may rely on; who in it may, and what each sees, is the policy's matrix.
fn grounds(channel: &Channel) -> BTreeSet<Ground> {
    let court = channel.agency.kind == BodyKind::Court;
    Ground::ALL.iter().copied().filter(|ground| court || !ground.is_court()).collect()
}
