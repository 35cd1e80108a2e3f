//! `/v1/terminations` on the console: a body says that it terminated an operational record, and the clock of its material starts
//! (OI 5(5)).

use axum::Json;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::asked::{Asked, reason};
use super::destroying::{WireCase, read, refused};
use super::material::Material;
use super::reader::Reader;
use super::search::unreadable;
use crate::clock::Millis;
use crate::destruction::{Keeping, Termination};
use crate::document::instant;
use crate::listener::{Peer, Unread, Whole};
use crate::problem::{Fault, Problem};
use crate::refusal::{Code, Refusal};
use crate::register::Track;
use crate::routes::unstored;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTermination {
    case: WireCase,
    keeping: Keeping,
    ended: String,
    reason: String,
}

/// `POST /v1/terminations`.
pub(super) async fn report(
    State(console): State<Console>,
    Extension(peer): Extension<Peer>,
    body: Result<Whole, Unread>,
) -> Response {
    match reported(&console, &peer, body).await {
        Ok(response) | Err(response) => response,
    }
}

async fn reported(console: &Console, peer: &Peer, body: Result<Whole, Unread>) -> Result<Response, Response> {
    let reader = Reader::admit(console, peer).await?;
    let wire: WireTermination = read(body)?;
    let why = reason(&wire.reason).map_err(refused)?;
    let material = Material::read(&wire.case.kind, &wire.case.number).map_err(refused)?;
    let asked = Asked::stated(&why, &[("case", &material.name())]);
    let (ended_at, end) = times(&wire, &material, reader.channel.arrived).map_err(refused)?;
    material.may_be_asked_by(console, &reader, &asked).await?;
    let termination = Termination {
        case_ref: material.key(console, &reader),
        kind: material.kind.to_owned(),
        number: material.number.as_str().to_owned(),
        keeping: wire.keeping,
        ended_at,
        due_at: Termination::due(end, console.destroyer.notice_days),
        agency: reader.channel.agency.bin.as_str().to_owned(),
        reason: why,
        reported_by: reader.name(),
        reported_at: reader.channel.arrived,
    };
    let case = json!({ "kind": termination.kind, "number": termination.number });
    let ended = json!(termination.ended_at.rfc3339());
    let facts = [("case", case), ("keeping", json!(termination.keeping)), ("ended", ended)];
    reader.state(console, "record-terminated", facts, &termination.reason).await?;
    let custody = &console.destroyer.custody;
    if !custody.terminate(&termination).await.map_err(|error| unreadable(&error))? {
        let detail = "This record was reported as terminated before.";
        return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
    }
    let shown = json!({
        "case": { "kind": termination.kind, "number": termination.number },
        "keeping": termination.keeping,
        "clause": Keeping::CLAUSE,
        "ended": termination.ended_at.rfc3339(),
        "prosecutor-told-from": termination.due_at.rfc3339(),
        "destroyed-from": end.rfc3339(),
    });
    Ok(unstored((StatusCode::CREATED, Json(shown)).into_response()))
}

/// When the record ended and when its time is over.
fn times(wire: &WireTermination, material: &Material, now: Millis) -> Result<(Millis, Millis), Refusal> {
    let invalid = |detail: &str| Refusal::new(Code::ParametersInvalid, detail);
    if material.track() != Track::Operational {
        return Err(invalid(
            "`case.kind` is no ground of the operational track; its case registry tells when a case ends.",
        ));
    }
    let ended = instant(&wire.ended).ok_or_else(|| invalid("`ended` is no instant (RFC 3339)."))?;
    if ended > now {
        return Err(invalid("`ended` is in the future."));
    }
    let end = wire.keeping.end(ended).ok_or_else(|| invalid("`ended` is beyond the calendar."))?;
    Ok((ended, end))
}
