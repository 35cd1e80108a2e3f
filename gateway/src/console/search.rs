//! `GET /v1/requests` on the console: requests by officer, agency, case, registry, subject, outcome, code and time.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::Console;
use super::asked::{Asked, Filters, Pairs};
use super::page::Cursors;
use super::reader::Reader;
use crate::declined::store_refusal;
use crate::journal::Written;
use crate::listener::Peer;
use crate::refusal::{Code, Refusal};
use crate::register::{Key, Query, Registered};
use crate::routes::unstored;
use crate::store::StoreError;

pub(super) async fn search(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    pairs: Pairs,
) -> Response {
    match answer(&console, &peer, pairs).await {
        Ok(response) | Err(response) => response,
    }
}

async fn answer(console: &Console, peer: &Peer, pairs: Pairs) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let refused = |refusal: Refusal| refusal.into_response();
    let asked = Asked::read(pairs, Filters::NAMES).map_err(refused)?;
    let filters = Filters::of(&asked, &console.keyring).map_err(refused)?;
    if let Err(detail) = reader.may_ask(&filters) {
        return Err(reader.refuse(console, &asked, detail).await);
    }
    let cursors = Cursors::of(&console.keyring, spelling(&reader, &asked));
    let query = query(&reader, filters, &cursors).map_err(refused)?;
    caught_up(console).await?;
    let recorded = reader.record(console, "log-searched", &asked).await?;
    let found = console.register.search(&query).await.map_err(|error| unreadable(&error))?;
    let origins = origins(console).await?;
    let more = found.len() == usize::from(query.limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|row| cursors.write((row.at, row.place)));
    let rows: Vec<Value> = found.iter().map(|row| shown(row, &reader, &origins)).collect();
    let mut body = json!({ "requests": rows, "reading": reading(console, &recorded) });
    if let (Some(next), Some(body)) = (next, body.as_object_mut()) {
        body.insert("next".to_owned(), Value::String(next));
    }
    Ok(unstored(Json(body).into_response()))
}

fn query(reader: &Reader, filters: Filters, cursors: &Cursors<'_>) -> Result<Query, Refusal> {
    let after = filters.cursor.as_deref().map(|cursor| cursors.read(cursor)).transpose()?;
    Ok(Query {
        scope: reader.scope(),
        limit: filters.limit(),
        officer: filters.officer,
        agency: filters.agency,
        cases: filters.cases,
        registry: filters.registry,
        subject: filters.subject,
        ending: filters.ending,
        code: filters.code,
        from: filters.from,
        to: filters.to,
        after,
    })
}

/// The reader and the filters, in an order of their own: what a cursor is bound to.
fn spelling(reader: &Reader, asked: &Asked) -> Vec<u8> {
    let pages = ["cursor", "limit"];
    let filters: BTreeMap<_, _> =
        asked.given.iter().filter(|(name, _)| !pages.contains(&name.as_str())).collect();
    json!([reader.channel.system.certificate.to_string(), filters]).to_string().into_bytes()
}

/// Brings the register up to this moment: a search finds everything that was recorded before it.
pub(super) async fn caught_up(console: &Console) -> Result<(), Response> {
    console.indexer.catch_up().await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the register cannot catch up");
        Refusal::new(Code::EvidenceUnavailable, "The register cannot be brought up to date now.")
            .into_response()
    })
}

pub(super) fn unreadable(error: &StoreError) -> Response {
    store_refusal(error).into_response()
}

/// Where the journal says that this was read.
pub(super) fn reading(console: &Console, recorded: &Written) -> Value {
    json!({ "origin": &*console.shared.origin, "index": recorded.index })
}

/// Names of the logs by their numbers in the register.
pub(super) async fn origins(console: &Console) -> Result<BTreeMap<i16, String>, Response> {
    let logs = console.register.progress().await.map_err(|error| unreadable(&error))?;
    Ok(logs.into_iter().map(|log| (log.log, log.origin)).collect())
}

/// A row as this reader may see it.
pub(super) fn shown(row: &Registered, reader: &Reader, origins: &BTreeMap<i16, String>) -> Value {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let key = |key: Option<Key>| key.map(|key| Value::String(key.simple().to_string()));
    put("request", row.request.map(|id| json!(id)));
    put("at", Some(json!(row.at.rfc3339())));
    put("outcome", Some(json!(row.ending)));
    put("code", text(&row.code));
    put("track", Some(json!(row.track)));
    put("agency", row.agency.as_ref().map(|bin| json!(bin.as_str())));
    put("registry", text(&row.registry));
    put("operation", text(&row.operation));
    if reader.sees_persons() {
        put("officer", key(row.officer));
        put("subject", key(row.subject));
        put("case", key(row.case));
    }
    let origin = origins.get(&row.place.log());
    put("log", origin.map(|origin| json!({ "origin": origin, "index": row.place.index() })));
    Value::Object(shown)
}
