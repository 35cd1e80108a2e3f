//! The description of the interface, OpenAPI 3.1, as `/v1/openapi.json` serves it.
//!
//! Kept by hand in `openapi/`, beside the contract it restates; what exists elsewhere as a closed list (refusals, HTTP's
//! own faults) is put in from there. Only paths that are served are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use crate::problem::{Fault, MEDIA_TYPE};
use crate::refusal::Code;

const INFO: &str = include_str!("openapi/info.json");
const SCHEMAS: &str = include_str!("openapi/schemas.json");
const EXCHANGE: &[&str] = &[
    include_str!("openapi/paths/records.json"),
    include_str!("openapi/paths/cases.json"),
    include_str!("openapi/paths/evidence.json"),
    include_str!("openapi/paths/service.json"),
];
const CONSOLE: &[&str] = &[include_str!("openapi/paths/console.json")];

/// Whose interface a document describes: some paths are on both listeners and mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    Exchange,
    Console,
}

impl Interface {
    const fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Exchange => EXCHANGE,
            Self::Console => CONSOLE,
        }
    }

    fn servers(self) -> Value {
        match self {
            Self::Exchange => {
                json!([{"url": "https://localhost:8443", "description": "Exchange: agency systems."}])
            }
            Self::Console => json!([{"url": "https://localhost:9443", "description": "Console: officials."}]),
        }
    }
}

/// What every operation may be refused with that asks who calls: stands for these in a list of refusals.
const CHANNEL: (&str, &[Code]) = (
    "channel",
    &[
        Code::SystemNotEnrolled,
        Code::RevocationUnknown,
        Code::RateLimited,
        Code::EvidenceUnavailable,
        Code::Overloaded,
    ],
);

/// The members of an operation that stand for lists kept elsewhere.
const REFUSALS: &str = "x-refusals";
const FAULTS: &str = "x-faults";

/// The parts of the document are not what their tests saw.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("a part of the interface's description is not a JSON object")]
    Json(#[from] serde_json::Error),
    #[error("{method} {path} is served but not described")]
    Undescribed { method: String, path: String },
    #[error("{0} is described as a refusal but is none")]
    NoSuchRefusal(String),
}

/// The document for these routes of an interface, each a method in lower case and a path template.
///
/// # Errors
/// If one of them is not described.
pub fn document<'a>(
    interface: Interface,
    served: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
) -> Result<Value, DocumentError> {
    let mut described = Map::new();
    for part in interface.parts() {
        described.append(&mut serde_json::from_str(part)?);
    }
    let mut paths: Map<String, Value> = Map::new();
    for (method, path) in served {
        let path = templated(path);
        let undescribed = || DocumentError::Undescribed { method: (*method).to_owned(), path: path.clone() };
        let item = described.get(&path).and_then(Value::as_object).ok_or_else(undescribed)?;
        let operation = item.get(*method).and_then(Value::as_object).ok_or_else(undescribed)?;
        let shown = paths.entry(path.clone()).or_insert_with(|| json!({}));
        if let Some(shown) = shown.as_object_mut() {
            shown.insert((*method).to_owned(), complete(operation.clone())?);
        }
    }
    assemble(interface, paths)
}

/// Axum's wildcards are plain parameters here: OpenAPI has none that span slashes.
fn templated(path: &str) -> String {
    path.replace("{*", "{")
}

fn assemble(interface: Interface, paths: Map<String, Value>) -> Result<Value, DocumentError> {
    let mut document: Map<String, Value> = serde_json::from_str(INFO)?;
    document.insert("servers".to_owned(), interface.servers());
    document.insert("paths".to_owned(), Value::Object(paths));
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("schemas".to_owned(), serde_json::from_str(SCHEMAS)?);
        components.insert("parameters".to_owned(), parameters());
    }
    Ok(Value::Object(document))
}

fn parameters() -> Value {
    json!({"RequestId": {
        "name": "id", "in": "path", "required": true, "description": "The request's id.",
        "schema": {"$ref": "#/components/schemas/Uuid"}
    }, "RequestDigest": {
        "name": "digest", "in": "query", "required": false,
        "description": "Which request, if several signers used the id: `sha-256:` and base64url. Without it the one granted first.",
        "schema": {"type": "string", "pattern": "^sha-256:[A-Za-z0-9_-]{43}$"}
    }})
}

/// The operation with a response for each status it may be refused with.
fn complete(mut operation: Map<String, Value>) -> Result<Value, DocumentError> {
    let codes = match operation.remove(REFUSALS) {
        Some(Value::String(all)) if all == "all" => Code::ALL.to_vec(),
        Some(Value::Array(names)) => names.iter().map(codes_of).collect::<Result<Vec<_>, _>>()?.concat(),
        _ => Vec::new(),
    };
    let mut by_status: BTreeMap<u16, Vec<Named>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(Named::from(code));
    }
    for name in operation.remove(FAULTS).as_ref().and_then(Value::as_array).into_iter().flatten() {
        let fault = Fault::ALL.iter().find(|fault| Some(fault.name()) == name.as_str());
        let fault = *fault.ok_or_else(|| DocumentError::NoSuchRefusal(name.to_string()))?;
        by_status.entry(fault.status()).or_default().push(Named::from(fault));
    }
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for (status, refusals) in by_status {
            responses.insert(status.to_string(), refused(status, &refusals));
        }
        responses.insert("default".to_owned(), any_problem());
    }
    Ok(Value::Object(operation))
}

fn codes_of(name: &Value) -> Result<Vec<Code>, DocumentError> {
    if name == CHANNEL.0 {
        return Ok(CHANNEL.1.to_vec());
    }
    let code = name.as_str().and_then(Code::named);
    code.map(|code| vec![code]).ok_or_else(|| DocumentError::NoSuchRefusal(name.to_string()))
}

/// A refusal or fault as the document speaks of it.
struct Named {
    name: &'static str,
    title: &'static str,
    clause: Option<&'static str>,
}

impl From<Code> for Named {
    fn from(code: Code) -> Self {
        Self { name: code.name(), title: code.title(), clause: Some(code.clause()) }
    }
}

impl From<Fault> for Named {
    fn from(fault: Fault) -> Self {
        Self { name: fault.name(), title: fault.title(), clause: None }
    }
}

fn refused(status: u16, refusals: &[Named]) -> Value {
    let mut description = String::new();
    for Named { name, title, clause } in refusals {
        let clause = clause.map(|clause| format!(" ({clause})")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(description, "- `{name}`: {title}{clause}.");
    }
    let types: Vec<String> = refusals.iter().map(|r| format!("urn:negiz:problem:{}", r.name)).collect();
    let schema = json!({"allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {"properties": {"type": {"enum": types}, "status": {"const": status}}}
    ]});
    let mut response = json!({"description": description, "content": {MEDIA_TYPE: {"schema": schema}}});
    if let (true, Some(response)) = (matches!(status, 429 | 503), response.as_object_mut()) {
        let seconds = json!({"description": "Seconds after which the same request may succeed.",
                             "schema": {"type": "integer", "minimum": 1}});
        response.insert("headers".to_owned(), json!({"Retry-After": seconds}));
    }
    response
}

fn any_problem() -> Value {
    json!({"description": "HTTP's own refusals: wrong path, method or form of the request.",
           "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}})
}

/// The handler of `/v1/openapi.json` for these routes; the document is made once. What the tests of the document would
/// have refused is an internal error.
pub fn route<'a, S: Clone + Send + Sync + 'static>(
    interface: Interface,
    served: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
) -> MethodRouter<S> {
    let document = document(interface, served).map(|document| Bytes::from(document.to_string()));
    if let Err(error) = &document {
        tracing::error!(error = error as &dyn std::error::Error, "the interface cannot be described");
    }
    let document = document.ok();
    get(async move || match document.clone() {
        Some(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        None => Fault::Internal.into_response(),
    })
}
