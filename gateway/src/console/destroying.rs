//! `/v1/destructions` on the console: one official says that a case's material was destroyed, another confirms it, and what
//! Negiz keeps of the case goes too (SLS 16-3(3)).

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse as _, Response};
use evidence::leaf::ActKind;
use http::StatusCode;
use policy::CaseKind;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Console;
use super::asked::{Asked, Pairs, reason};
use super::reader::Reader;
use super::search::unreadable;
use crate::declined::About;
use crate::destruction::{Cause, Destruction};
use crate::document::CaseNumber;
use crate::enrolment::ConsoleRole;
use crate::journal::Acted;
use crate::json;
use crate::listener::{Peer, Unread, Whole};
use crate::problem::{Fault, Problem};
use crate::refusal::{Code, Refusal};
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
struct WireCase {
    kind: String,
    number: String,
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

fn refused(refusal: Refusal) -> Response {
    refusal.into_response()
}

fn read<T: serde::de::DeserializeOwned>(body: Result<Whole, Unread>) -> Result<T, Response> {
    let Whole(body) = body.map_err(|unread| unread.into_response())?;
    json::read_as(&body).map_err(|error| refused(Refusal::new(Code::MalformedDocument, error.to_string())))
}

async fn asked(console: &Console, peer: &Peer, body: Result<Whole, Unread>) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let wire: WireDestruction = read(body)?;
    let why = reason(&wire.reason).map_err(refused)?;
    let malformed = |detail: &str| refused(Refusal::new(Code::MalformedDocument, detail));
    let kind: CaseKind = wire.case.kind.parse().map_err(|_| malformed("`case.kind` is no kind of case."))?;
    let number = CaseNumber::parse(&wire.case.number).ok_or_else(|| malformed("`case.number` is none."))?;
    let asked = Asked::stated(&why, &[("case", &format!("{kind}:{number}"))]);
    if !matches!(reader.role, ConsoleRole::Agency | ConsoleRole::Prosecutor) {
        let detail = "The body in whose production the case was says that its material is destroyed.";
        return Err(reader.refuse(console, &asked, detail).await);
    }
    ended_here(console, &reader, kind, &number, &asked).await?;
    let destruction = Destruction {
        id: Uuid::new_v4(),
        case_ref: console.keyring.case_ref(kind.as_str(), number.as_str()),
        kind: kind.as_str().to_owned(),
        number: number.as_str().to_owned(),
        cause: Cause::MaterialDestroyed,
        reason: why,
        asked_by: reader.name(),
        asked_at: reader.channel.arrived,
        confirmed: None,
    };
    record(console, &reader, "destruction-asked", &destruction, &destruction.reason).await?;
    let custody = &console.destroyer.custody;
    match custody.ask(&destruction).await.map_err(|error| unreadable(&error))? {
        true => Ok(unstored((StatusCode::CREATED, Json(shown(&destruction))).into_response())),
        false => {
            let detail = "A destruction was asked for this case before.";
            Err(Problem::from(Fault::Conflict).detail(detail).into_response())
        }
    }
}

/// Whether the case has ended, in this agency's production, as far as the case registry has said.
async fn ended_here(
    console: &Console,
    reader: &Reader,
    kind: CaseKind,
    number: &CaseNumber,
    asked: &Asked,
) -> Result<(), Response> {
    let cases = console.shared.store.replica_cases(number.as_str()).await;
    let cases = cases.map_err(|error| unreadable(&error))?;
    let Some(case) = cases.into_iter().find(|case| case.state.kind == kind) else { return Ok(()) };
    if case.state.status != policy::CaseStatus::Closed {
        let detail = format!(
            "The case is {}; the material of a case that goes on is not destroyed.",
            case.state.status
        );
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    let own = reader.role == ConsoleRole::Prosecutor || case.state.agency == reader.channel.agency.bin;
    match own {
        true => Ok(()),
        false => Err(reader.refuse(console, asked, "The case was in another agency's production.").await),
    }
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
    if !matches!(reader.role, ConsoleRole::Security | ConsoleRole::Prosecutor) {
        let detail = "Security or the prosecutor confirms a destruction.";
        return Err(reader.refuse(console, &asked, detail).await);
    }
    let custody = &console.destroyer.custody;
    let found = custody.destruction(&id).await.map_err(|error| unreadable(&error))?;
    let destruction = found.ok_or_else(|| Fault::NotFound.into_response())?;
    if destruction.asked_by == reader.name() {
        let detail = "Who asked for a destruction does not confirm it.";
        return Err(reader.refuse(console, &asked, detail).await);
    }
    record(console, &reader, "destruction-confirmed", &destruction, &why).await?;
    let now = reader.channel.arrived;
    let new = custody.confirm(&id, &reader.name(), now).await.map_err(|error| unreadable(&error))?;
    if !new {
        let detail = "This destruction was confirmed before.";
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    // At once here; other nodes follow within a second.
    if let Err(error) = console.destroyer.carry_out().await {
        tracing::error!(error = &error as &dyn std::error::Error, "a destruction is not done yet");
    }
    let found = custody.destruction(&id).await.map_err(|error| unreadable(&error))?;
    let destruction = found.ok_or_else(|| Fault::NotFound.into_response())?;
    Ok(unstored(Json(shown(&destruction)).into_response()))
}

async fn listed(console: &Console, peer: &Peer, pairs: Pairs) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let asked = Asked::read(pairs, &[]).map_err(refused)?;
    if matches!(reader.role, ConsoleRole::Operator) {
        return Err(reader.refuse(console, &asked, "The operator sees no cases.").await);
    }
    reader.record(console, "destructions-read", &asked).await?;
    let all = console.destroyer.custody.destructions(SHOWN).await.map_err(|error| unreadable(&error))?;
    let shown: Vec<Value> = all.iter().map(shown).collect();
    Ok(unstored(Json(json!({ "destructions": shown })).into_response()))
}

/// Before anything follows from it.
async fn record(
    console: &Console,
    reader: &Reader,
    code: &'static str,
    destruction: &Destruction,
    why: &str,
) -> Result<(), Response> {
    let acted = Acted { kind: ActKind::Notice, code, actor: Some(reader.name()), destroyed: None };
    let case = json!({ "kind": destruction.kind, "number": destruction.number });
    let about = About {
        agency: Some(reader.channel.agency.bin.clone()),
        facts: [("case".to_owned(), case), ("destruction".to_owned(), json!(destruction.id))].into(),
        reasons: vec![why.to_owned()],
        ..About::default()
    };
    console.shared.exchange.journal.act(acted, about).await.map(|_| ()).map_err(refused)
}

fn shown(destruction: &Destruction) -> Value {
    let confirmed = destruction.confirmed.as_ref();
    json!({
        "id": destruction.id,
        "case": { "kind": destruction.kind, "number": destruction.number },
        "cause": destruction.cause,
        "clause": destruction.cause.clause(),
        "reason": destruction.reason,
        "asked": { "by": destruction.asked_by, "at": destruction.asked_at.rfc3339() },
        "confirmed": confirmed.map(|(by, at)| json!({ "by": by, "at": at.rfc3339() })),
    })
}
