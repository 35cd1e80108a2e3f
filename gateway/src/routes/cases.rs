//! `PUT /v1/cases`: a case registry reports the state of its cases (SLS 16-2(3)¶2).

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Extension, FromRequest as _, Request, State};
use axum::response::{IntoResponse, Response};
use certs::{Bin, Iin};
use policy::{CaseKind, CaseStatus};
use serde::Deserialize;

use crate::clock::Millis;
use crate::declined::store_refusal;
use crate::destruction::{Cause, Destruction};
use crate::document::{self, CaseNumber};
use crate::enrolment::SystemRole;
use crate::json;
use crate::legible::first_hidden;
use crate::listener::{Peer, Whole};
use crate::media_type;
use crate::refusal::{Code, Refusal};
use crate::replica::{CaseSource, CaseState, ReplicaCase};
use crate::routes::{Shared, requests};
use crate::store::StoreError;

/// Most cases in one feed (contract; a full reload is many feeds).
const MAX_CASES: usize = 10_000;
/// Largest feed: ten thousand cases with a few holders each.
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Longest act of destruction, in characters.
const MAX_ACT: usize = 1000;
/// Seconds a feed may speak for the future (clocks differ).
const MAX_AHEAD: i64 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WireFeed {
    as_of: String,
    #[serde(deserialize_with = "json::objects")]
    cases: Vec<WireCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WireCase {
    kind: String,
    number: String,
    status: String,
    agency: String,
    holders: Vec<String>,
    version: i64,
    /// The material of the case was destroyed (SLS 16-3(3)); what is kept of it here goes too.
    #[serde(default)]
    material_destroyed: Option<String>,
}

pub(super) async fn feed(
    State(shared): State<Shared>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let channel = match shared.exchange.channels.admit(&peer).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    let SystemRole::CaseFeed { source } = &channel.system.role else {
        let detail = "This system is not enrolled to report cases.";
        return Refusal::new(Code::SystemNotEnrolled, detail).into_response();
    };
    if !media_type::is(request.headers(), "application/json") {
        return Refusal::new(Code::UnsupportedMediaType, "Send application/json.").into_response();
    }
    // Feeds are large: few of one sender are on their way, and none before its sender is known.
    let _place = match shared.feeds.place(peer.fingerprint) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    let Whole(body) = match Whole::from_request(request, &()).await {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    let _turn = match shared.feeds.turn().await {
        Ok(turn) => turn,
        Err(refusal) => return refusal.into_response(),
    };
    match take(&shared, source, &body, channel.arrived).await {
        Ok(response) | Err(response) => response,
    }
}

async fn take(shared: &Shared, code: &str, body: &[u8], arrived: Millis) -> Result<Response, Response> {
    let refuse = |refusal: Refusal| refusal.into_response();
    let sources = shared.store.case_sources().await.map_err(|error| refuse(store_refusal(&error)))?;
    let Some(source) = sources.into_iter().find(|source| source.code == code) else {
        return Err(refuse(Refusal::new(
            Code::SystemNotEnrolled,
            "The case source of this system is not configured.",
        )));
    };
    let Feed { as_of, cases, destroyed } = read(body, &source, arrived).map_err(refuse)?;
    for report in &destroyed {
        report.is_of_the_newest(shared).await?;
    }
    let fed = shared.store.feed_cases(code, as_of, &cases).await.map_err(|error| match error {
        StoreError::Feed { fault, .. } => {
            refuse(Refusal::new(Code::MalformedDocument, format!("Nothing was taken: {fault}.")))
        }
        error => refuse(store_refusal(&error)),
    })?;
    for report in destroyed {
        report.destroy(shared, code, arrived).await.map_err(|error| refuse(store_refusal(&error)))?;
    }
    Ok(requests::unstored(Json(fed).into_response()))
}

/// A feed that was read.
struct Feed {
    as_of: Millis,
    cases: Vec<CaseState>,
    destroyed: Vec<MaterialDestroyed>,
}

/// A case whose material was destroyed, and the act of it.
struct MaterialDestroyed {
    kind: CaseKind,
    number: String,
    version: i64,
    act: String,
}

impl MaterialDestroyed {
    /// An old report says nothing of a case that has been taken up since.
    async fn is_of_the_newest(&self, shared: &Shared) -> Result<(), Response> {
        let held = self.held(shared).await.map_err(|error| store_refusal(&error).into_response())?;
        match held {
            Some(held) if held.state.version > self.version => {
                let detail = format!(
                    "Nothing was taken: case {} is known at version {}; the report that its material was destroyed is of version {}.",
                    self.number, held.state.version, self.version
                );
                Err(Refusal::new(Code::MalformedDocument, detail).into_response())
            }
            _ => Ok(()),
        }
    }

    /// The case registry's own word: nobody else has to confirm it. It has to be its last word on the case.
    async fn destroy(self, shared: &Shared, source: &str, arrived: Millis) -> Result<(), StoreError> {
        let stands = self.held(shared).await?.is_some_and(|held| {
            held.source.code == source
                && held.state.version == self.version
                && held.state.status == CaseStatus::Closed
        });
        if !stands {
            tracing::warn!(
                source,
                "a case was reported anew while the destruction of its material was taken"
            );
            return Ok(());
        }
        let destruction = Destruction {
            id: uuid::Uuid::new_v4(),
            case_ref: shared.destroyer.keyring.case_ref(self.kind.as_str(), &self.number),
            kind: self.kind.as_str().to_owned(),
            number: self.number,
            cause: Cause::MaterialDestroyed,
            reason: self.act,
            asked_by: format!("case registry {source}"),
            asked_at: arrived,
            confirmed: Some(("report of the case registry".to_owned(), arrived)),
        };
        shared.destroyer.custody.ask(&destruction).await.map(|_| ())
    }

    async fn held(&self, shared: &Shared) -> Result<Option<ReplicaCase>, StoreError> {
        let held = shared.store.replica_cases(&self.number).await?;
        Ok(held.into_iter().find(|case| case.state.kind == self.kind))
    }
}

/// Reads a feed whole before anything of it is taken.
fn read(body: &[u8], source: &CaseSource, arrived: Millis) -> Result<Feed, Refusal> {
    let wire: WireFeed =
        json::read_as(body).map_err(|error| Refusal::new(Code::MalformedDocument, error.to_string()))?;
    let as_of = document::instant(&wire.as_of)
        .ok_or_else(|| Refusal::new(Code::MalformedDocument, "`as-of` must be an RFC 3339 date-time."))?;
    if as_of > arrived.plus_seconds(MAX_AHEAD) {
        let detail = format!("`as-of` is {}; it is {}.", as_of.rfc3339(), arrived.rfc3339());
        return Err(Refusal::new(Code::DocumentStale, detail));
    }
    if wire.cases.len() > MAX_CASES {
        let detail =
            format!("The feed has {} cases; at most {MAX_CASES} are accepted at once.", wire.cases.len());
        return Err(Refusal::new(Code::TooLarge, detail));
    }
    let acts: Vec<_> = wire.cases.iter().map(|case| case.material_destroyed.clone()).collect();
    let wrong = |index: usize, (member, expected): Wrong| {
        let detail = format!("`cases[{index}].{member}`: expected {expected}.");
        Refusal::new(Code::MalformedDocument, detail)
    };
    let cases = wire.cases.into_iter().enumerate();
    let cases = cases.map(|(index, case)| case.read(source).map_err(|fault| wrong(index, fault)));
    let cases: Vec<CaseState> = cases.collect::<Result<_, _>>()?;
    let mut newest: HashMap<(&str, CaseKind), i64> = HashMap::new();
    for case in &cases {
        let version = newest.entry((&case.number, case.kind)).or_insert(case.version);
        *version = case.version.max(*version);
    }
    let mut destroyed = Vec::new();
    for (index, (case, act)) in cases.iter().zip(acts).enumerate() {
        let Some(act) = act else { continue };
        if newest.get(&(case.number.as_str(), case.kind)).is_some_and(|version| *version > case.version) {
            let newer = "nothing: the feed has a newer state of the case".to_owned();
            return Err(wrong(index, ("material-destroyed", newer)));
        }
        let (kind, number, version) = (case.kind, case.number.clone(), case.version);
        destroyed.push(MaterialDestroyed { kind, number, version, act });
    }
    Ok(Feed { as_of, cases, destroyed })
}

/// A member's name and what was expected of it.
type Wrong = (&'static str, String);

impl WireCase {
    fn read(self, source: &CaseSource) -> Result<CaseState, Wrong> {
        let kind: CaseKind = self.kind.parse().map_err(|_| ("kind", "a kind of case".to_owned()))?;
        if !source.kinds.contains(&kind) {
            return Err(("kind", format!("a kind that source {} reports", source.code)));
        }
        let number = CaseNumber::parse(&self.number)
            .ok_or_else(|| ("number", "1 to 64 letters, digits or the signs -/._".to_owned()))?;
        let status: CaseStatus =
            self.status.parse().map_err(|_| ("status", "open, suspended or closed".to_owned()))?;
        let agency: Bin =
            self.agency.parse().map_err(|_| ("agency", "a BIN with a valid check digit".to_owned()))?;
        if self.version < 0 {
            return Err(("version", "a number that is not negative".to_owned()));
        }
        if let Some(act) = &self.material_destroyed {
            if status != CaseStatus::Closed {
                return Err(("material-destroyed", "nothing: the case has not ended".to_owned()));
            }
            let legible = first_hidden(act).is_none();
            if act.trim().is_empty() || act.chars().count() > MAX_ACT || !legible {
                let expected = "the act of destruction, 1 to 1000 characters, all of them visible";
                return Err(("material-destroyed", expected.to_owned()));
            }
        }
        let count = self.holders.len();
        if count > CaseState::MAX_HOLDERS || (count == 0 && status == CaseStatus::Open) {
            return Err(("holders", format!("1 to {} IINs (none only if not open)", CaseState::MAX_HOLDERS)));
        }
        let holders = self.holders.iter().map(|iin| iin.parse::<Iin>());
        let holders = holders
            .collect::<Result<_, _>>()
            .map_err(|_| ("holders", "IINs with valid check digits".to_owned()))?;
        Ok(CaseState {
            kind,
            number: number.as_str().to_owned(),
            status,
            agency,
            holders,
            version: self.version,
        })
    }
}
