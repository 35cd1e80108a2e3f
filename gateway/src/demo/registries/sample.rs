//! What every sample registry does with a question: count it, look at the grant, answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Behaviour;
use super::calls::Calls;
use super::grant::Grants;
use crate::catalogue::{Method, OperationClass};
use crate::registries::question::digest;

/// Where everything begins, as with most services.
pub(super) const BASE: &str = "/v1";
/// Longest wait of an operation, in milliseconds.
pub(super) const TIMEOUT: u32 = 2_000;
/// Longest wait for the slow registry, so that nobody trying the demonstration waits long.
pub(super) const SLOW_TIMEOUT: u32 = 700;
/// Largest question.
const MAX_BODY: usize = 16 * 1024;

/// A sample registry.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) state: Behaviour,
    pub(super) offers: &'static [Offer],
}

/// An operation of a sample registry: `GET /v1/<collection>/<key>`, or `POST /v1/<collection>` with a JSON body.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) operation: &'static str,
    pub(super) title: &'static str,
    pub(super) class: OperationClass,
    pub(super) method: Method,
    pub(super) collection: &'static str,
    /// Parameters by name with their JSON Schema; a GET has one.
    pub(super) parameters: fn() -> Value,
    pub(super) answer_schema: fn() -> Value,
    /// Fields by ground, for the five kinds of case; see [`super::listed`].
    pub(super) fields: Fields,
    pub(super) answer: fn(&Value) -> Option<Value>,
    pub(super) example: fn() -> Value,
}

/// Fields each kind of case needs (SLS 16-3(1)).
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) criminal: &'static [&'static str],
    pub(super) civil: &'static [&'static str],
    pub(super) administrative: &'static [&'static str],
    pub(super) search: &'static [&'static str],
    pub(super) enforcement: &'static [&'static str],
}

impl Sample {
    pub(super) fn audience(&self) -> String {
        format!("urn:demo:registry:{}", self.code)
    }

    fn offer(&self, method: &http::Method, path: &str) -> Option<(&'static Offer, Option<Value>)> {
        let rest = path.strip_prefix(BASE)?.strip_prefix('/')?;
        self.offers.iter().find_map(|offer| match offer.method {
            Method::Get if method == http::Method::GET => {
                let key = rest.strip_prefix(offer.collection)?.strip_prefix('/')?;
                let key = percent_decode_str(key).decode_utf8().ok()?;
                Some((offer, Some(Value::String(key.into_owned()))))
            }
            Method::Post if method == http::Method::POST && rest == offer.collection => Some((offer, None)),
            _ => None,
        })
    }
}

#[derive(Clone, Debug)]
struct Desk {
    sample: &'static Sample,
    grants: Arc<Grants>,
    calls: Arc<Calls>,
}

pub(super) fn router(sample: &'static Sample, grants: Arc<Grants>, calls: Arc<Calls>) -> Router {
    Router::new().fallback(answer).with_state(Desk { sample, grants, calls })
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let offered = desk.sample.offer(&parts.method, parts.uri.path());
    let operation = offered.as_ref().map_or("other", |(offer, _)| offer.operation);
    // Counted before anything is judged: the count says how often the registry was asked at all.
    desk.calls.count(desk.sample.code, operation);
    let Some((offer, key)) = offered else { return error(StatusCode::NOT_FOUND, "no-such-operation") };
    let Ok(body) = read(body).await else { return error(StatusCode::PAYLOAD_TOO_LARGE, "too-large") };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let question = digest(parts.method.as_str(), path, &body);
    if let Err(ungranted) = desk.grants.check(&parts.headers, &desk.sample.audience(), operation, &question) {
        return error(StatusCode::UNAUTHORIZED, &ungranted.to_string());
    }
    if desk.sample.state == Behaviour::Slow {
        tokio::time::sleep(Duration::from_millis(u64::from(SLOW_TIMEOUT) * 3)).await;
    }
    let Some(asked) = key.or_else(|| serde_json::from_slice(&body).ok()) else {
        return error(StatusCode::BAD_REQUEST, "malformed");
    };
    match (offer.answer)(&asked) {
        Some(record) => Json(record).into_response(),
        None => error(StatusCode::NOT_FOUND, "no-such-record"),
    }
}

async fn read(body: Body) -> Result<Bytes, axum::Error> {
    to_bytes(body, MAX_BODY).await
}

fn error(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
