//! `/v1/destructions` on the console: one official says that a case's material was destroyed, another confirms it, and what
//! Negiz keeps of the case goes too (SLS 16-3(3)).

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Console;
use super::asked::{Asked, Pairs, reason};
use super::material::{Material, not_before, track};
use super::reader::Reader;
use super::search::unreadable;
use crate::clock::Millis;
use crate::destruction::{Cause, Destruction};
use crate::enrolment::ConsoleRole;
use crate::json;
use crate::listener::{Peer, Unread, Whole};
use crate::outbox::Notice;
use crate::problem::{Fault, Problem};
use crate::refusal::{Code, Refusal};
use crate::register::Track;
use crate::routes::unstored;

/// Destructions shown at once.
const SHOWN: u16 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDestruction {
    case: WireCase,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireCase {
    pub(super) kind: String,
    pub(super) number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireConfirmation {
    reason: String,
}

/// `POST /v1/destructions`: the agency in whose production the case was says that its material is destroyed.
pub(super) async fn ask(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    body: Result<Whole, Unread>,
) -> Response {
    match asked(&console, &peer, body).await {
        Ok(response) | Err(response) => response,
    }
}

/// `POST /v1/destructions/{id}/confirmation`: security, or for operational material the prosecutor, confirms it.
pub(super) async fn confirm(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
    body: Result<Whole, Unread>,
) -> Response {
    match confirmed(&console, &peer, &id, body).await {
        Ok(response) | Err(response) => response,
    }
}

/// `GET /v1/destructions`.
pub(super) async fn list(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    pairs: Pairs,
) -> Response {
    match listed(&console, &peer, pairs).await {
        Ok(response) | Err(response) => response,
    }
}

pub(super) fn refused(refusal: Refusal) -> Response {
    refusal.into_response()
}

pub(super) fn read<T: serde::de::DeserializeOwned>(body: Result<Whole, Unread>) -> Result<T, Response> {
    let Whole(body) = body.map_err(|unread| unread.into_response())?;
    json::read_as(&body).map_err(|error| refused(Refusal::new(Code::MalformedDocument, error.to_string())))
}

async fn asked(console: &Console, peer: &Peer, body: Result<Whole, Unread>) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let wire: WireDestruction = read(body)?;
    let why = reason(&wire.reason).map_err(refused)?;
    let material = Material::read(&wire.case.kind, &wire.case.number).map_err(refused)?;
    let asked = Asked::stated(&why, &[("case", &material.name())]);
    material.may_be_asked_by(console, &reader, &asked).await?;
    let case_ref = material.key(console, &reader);
    let Material { kind, number } = material;
    let destruction = Destruction {
        id: Uuid::new_v4(),
        case_ref,
        kind: kind.to_owned(),
        number: number.as_str().to_owned(),
        cause: Cause::MaterialDestroyed,
        reason: why,
        asked_by: reader.name(),
        asked_at: reader.channel.arrived,
        confirmed: None,
    };
    reader.state(console, "destruction-asked", facts(&destruction), &destruction.reason).await?;
    let custody = &console.destroyer.custody;
    if !custody.ask(&destruction).await.map_err(|error| unreadable(&error))? {
        let detail = "A destruction was asked for this case before.";
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    if let Some(from) = not_before(console, &destruction) {
        // Should it be lost here: nothing goes without the prosecutor's own confirmation.
        let notice = Notice::destruction(&destruction, reader.channel.agency.bin.as_str(), from);
        console.shared.store.put_notice(&notice).await.map_err(|error| unreadable(&error))?;
    }
    Ok(unstored((StatusCode::CREATED, Json(shown(console, &destruction))).into_response()))
}

async fn confirmed(
    console: &Console,
    peer: &Peer,
    id: &str,
    body: Result<Whole, Unread>,
) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let id = Uuid::try_parse(id).map_err(|_| Fault::NotFound.into_response())?;
    let wire: WireConfirmation = read(body)?;
    let why = reason(&wire.reason).map_err(refused)?;
    let asked = Asked::stated(&why, &[("destruction", &id.to_string())]);
    let custody = &console.destroyer.custody;
    let found = custody.destruction(&id).await.map_err(|error| unreadable(&error))?;
    if !may_confirm(reader.role, found.as_ref()) {
        let detail =
            "Security or the prosecutor confirms a destruction, of operational material the prosecutor.";
        return Err(reader.refuse(console, &asked, detail).await);
    }
    let destruction = found.ok_or_else(|| Fault::NotFound.into_response())?;
    if destruction.asked_by == reader.name() {
        let detail = "Who asked for a destruction does not confirm it.";
        return Err(reader.refuse(console, &asked, detail).await);
    }
    let early = not_before(console, &destruction).filter(|from| reader.channel.arrived < *from);
    if let Some(from) = early {
        let detail =
            format!("The prosecutor is told in advance; it can be confirmed from {} on.", from.rfc3339());
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    let material = Material::read(&destruction.kind, &destruction.number).map_err(refused)?;
    material.still_ended(console).await?;
    reader.state(console, "destruction-confirmed", facts(&destruction), &why).await?;
    let now = reader.channel.arrived;
    let new = custody.confirm(&id, &reader.name(), now).await.map_err(|error| unreadable(&error))?;
    if !new {
        let detail = "This destruction was confirmed before.";
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    // At once, unless another node holds something of it: that one says so first, within a second.
    if let Err(error) = console.destroyer.carry_out().await {
        tracing::error!(error = &error as &dyn std::error::Error, "a destruction is not done yet");
    }
    let found = custody.destruction(&id).await.map_err(|error| unreadable(&error))?;
    let destruction = found.ok_or_else(|| Fault::NotFound.into_response())?;
    Ok(unstored(Json(shown(console, &destruction)).into_response()))
}

async fn listed(console: &Console, peer: &Peer, pairs: Pairs) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let asked = Asked::read(pairs, &[]).map_err(refused)?;
    if matches!(reader.role, ConsoleRole::Operator) {
        return Err(reader.refuse(console, &asked, "The operator sees no cases.").await);
    }
    reader.record(console, "destructions-read", &asked).await?;
    let all = console.destroyer.custody.destructions(SHOWN).await.map_err(|error| unreadable(&error))?;
    let seen = all.iter().filter(|destruction| sees(&reader, destruction));
    let shown: Vec<Value> = seen.map(|destruction| shown(console, destruction)).collect();
    Ok(unstored(Json(json!({ "destructions": shown })).into_response()))
}

/// Of what there is not, security and the prosecutor may learn that there is none.
fn may_confirm(role: ConsoleRole, destruction: Option<&Destruction>) -> bool {
    match destruction.map(track) {
        Some(Track::Operational) => role == ConsoleRole::Prosecutor,
        _ => matches!(role, ConsoleRole::Security | ConsoleRole::Prosecutor),
    }
}

/// Operational material is its overseers' alone: the prosecutor's, and of the body that asked (OI 14(3), 24, 25).
fn sees(reader: &Reader, destruction: &Destruction) -> bool {
    track(destruction) == Track::Ordinary
        || reader.role == ConsoleRole::Prosecutor
        || destruction.asked_by == reader.name()
}

/// Which destruction an entry of the journal speaks of.
fn facts(destruction: &Destruction) -> [(&'static str, Value); 2] {
    let case = json!({ "kind": destruction.kind, "number": destruction.number });
    [("case", case), ("destruction", json!(destruction.id))]
}

fn shown(console: &Console, destruction: &Destruction) -> Value {
    let not_before = not_before(console, destruction).map(Millis::rfc3339);
    let confirmed = destruction.confirmed.as_ref();
    json!({
        "id": destruction.id,
        "case": { "kind": destruction.kind, "number": destruction.number },
        "cause": destruction.cause,
        "clause": destruction.cause.clause(),
        "reason": destruction.reason,
        "asked": { "by": destruction.asked_by, "at": destruction.asked_at.rfc3339() },
        "not-before": not_before,
        "confirmed": confirmed.map(|(by, at)| json!({ "by": by, "at": at.rfc3339() })),
    })
}
