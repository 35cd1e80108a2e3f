//! `GET /v1/requests/{id}` and its evidence on the console: one request, in full.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse as _, Response};
use evidence::bundle::MEDIA_TYPE;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Console;
use super::asked::{Asked, Filters, Pairs};
use super::reader::Reader;
use super::search::{caught_up, origins, reading, shown, unreadable};
use crate::document::request_id;
use crate::dossier::Dossiers;
use crate::entry::{Outcome, StoredEntry};
use crate::journal::Written;
use crate::journal::kept::Kept;
use crate::listener::Peer;
use crate::problem::Fault;
use crate::refusal::{Code, Refusal};
use crate::register::{Ending, Registered};
use crate::routes::unstored;
use crate::store::StoreError;
use crate::vault::VaultError;

/// What was asked about, journaled, and what of it this reader may see.
struct Looked {
    reader: Reader,
    id: Uuid,
    rows: Vec<Registered>,
    recorded: Written,
}

pub(super) async fn request(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
    pairs: Pairs,
) -> Response {
    match describe(&console, &peer, &id, pairs).await {
        Ok(response) | Err(response) => response,
    }
}

pub(super) async fn evidence(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
    pairs: Pairs,
) -> Response {
    match bundle(&console, &peer, &id, pairs).await {
        Ok(response) | Err(response) => response,
    }
}

impl Looked {
    async fn up(
        console: &Console,
        peer: &Peer,
        id: &str,
        pairs: Pairs,
        code: &'static str,
    ) -> Result<Self, Response> {
        let reader = Reader::admit(console, peer).await?;
        let id = request_id(id).ok_or_else(|| Fault::NotFound.into_response())?;
        let asked = Asked::of_request(pairs, id).map_err(|refusal| refusal.into_response())?;
        let agency = asked.agency().map_err(|refusal| refusal.into_response())?;
        let filters = Filters { agency: agency.clone(), ..Filters::default() };
        if let Err(detail) = reader.may_ask(&filters) {
            return Err(reader.refuse(console, &asked, detail).await);
        }
        if !reader.sees_persons() {
            let detail = "The operator administers users and reads no request.";
            return Err(reader.refuse(console, &asked, detail).await);
        }
        caught_up(console).await?;
        let recorded = reader.record(console, code, &asked).await?;
        let mut rows =
            console.register.requests(&id, &reader.scope()).await.map_err(|error| unreadable(&error))?;
        rows.retain(|row| agency.is_none() || row.agency == agency);
        match rows.is_empty() {
            // A request beyond the reader's scope and no request at all look the same.
            true => Err(Fault::NotFound.into_response()),
            false => Ok(Self { reader, id, rows, recorded }),
        }
    }
}

async fn describe(console: &Console, peer: &Peer, id: &str, pairs: Pairs) -> Result<Response, Response> {
    let looked = Looked::up(console, peer, id, pairs, "request-read").await?;
    let origins = origins(console).await?;
    let mut told = Vec::new();
    for row in &looked.rows {
        let origin = origins.get(&row.place.log()).map_or("", String::as_str);
        let mut described = shown(row, &looked.reader, &origins);
        let mut entries = Vec::new();
        for entry in entries_of(console, origin, row).await.map_err(|error| unreadable(&error))? {
            entries.push(tell(console, &entry, looked.reader.channel.arrived).await?);
        }
        if let Some(described) = described.as_object_mut() {
            described.insert("entries".to_owned(), Value::Array(entries));
        }
        told.push(described);
    }
    let body = json!({ "id": looked.id, "requests": told, "reading": reading(console, &looked.recorded) });
    Ok(unstored(Json(body).into_response()))
}

/// The grant or refusal, and what became of the grant.
async fn entries_of(
    console: &Console,
    origin: &str,
    row: &Registered,
) -> Result<Vec<StoredEntry>, StoreError> {
    let index = row.place.index();
    let mut entries = console.register.entries(origin, index, 1).await?;
    entries.extend(console.register.outcome(origin, index).await?);
    Ok(entries)
}

/// An entry with its content in clear, or that it was destroyed.
async fn tell(console: &Console, entry: &StoredEntry, now: crate::clock::Millis) -> Result<Value, Response> {
    let mut told = json!({
        "index": entry.index, "kind": entry.kind, "at": entry.at.rfc3339(), "code": entry.code,
    });
    let content = match &entry.case_ref {
        None => json!({ "state": "none" }),
        Some(case) => match console.shared.vault.open(case, &entry.content, now).await {
            Ok(clear) => {
                let statement = Kept::from_bytes(&clear).and_then(|kept| kept.read());
                json!({ "state": "kept", "statement": statement.map_err(|error| failed(&error))? })
            }
            Err(VaultError::Destroyed) => json!({ "state": "destroyed", "clause": "SLS 16-3(3)" }),
            Err(error) => return Err(failed(&error)),
        },
    };
    if let Some(told) = told.as_object_mut() {
        told.insert("content".to_owned(), content);
    }
    Ok(told)
}

async fn bundle(console: &Console, peer: &Peer, id: &str, pairs: Pairs) -> Result<Response, Response> {
    let looked = Looked::up(console, peer, id, pairs, "evidence-read").await?;
    let origins = origins(console).await?;
    // An id is single use per signer: what was granted goes before refusals of copies.
    let granted = looked.rows.iter().find(|row| row.ending != Ending::Refused);
    let row = granted.or(looked.rows.first()).ok_or_else(|| Fault::NotFound.into_response())?;
    let origin = origins.get(&row.place.log()).cloned().unwrap_or_default();
    let entry = entries_of(console, &origin, row).await.map_err(|error| unreadable(&error))?.pop();
    let entry = entry.ok_or_else(|| Fault::NotFound.into_response())?;
    let shared = &console.shared;
    let seal = Some(&shared.exchange.seal);
    let now = looked.reader.channel.arrived;
    let custody = Some(&*console.destroyer.custody);
    let standing = Some((&*shared.standing, &*shared.origin));
    let dossiers = Dossiers { store: &shared.store, vault: &shared.vault, custody, seal, standing, now };
    let bundle = dossiers.bundle(looked.id, &Outcome { origin, entry }).await;
    let bundle = bundle.map_err(|error| failed(&error))?;
    Ok(unstored(([(CONTENT_TYPE, MEDIA_TYPE)], bundle).into_response()))
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "an entry cannot be read");
    Refusal::new(Code::EvidenceUnavailable, "The evidence cannot be read now.").into_response()
}
