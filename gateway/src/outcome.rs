//! What became of a request, told later: the outcome and a fresh receipt over the entry, never the record (the gateway
//! does not keep it: SLS 16-3(2)).

use std::sync::Arc;

use evidence::Digest;
use evidence::statement::Statement;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Millis;
use crate::declined::store_refusal;
use crate::dossier::{prove, proven};
use crate::entry::{Kind, Outcome, StoredEntry};
use crate::journal::Written;
use crate::journal::kept::Kept;
use crate::refusal::{Code, Refusal};
use crate::routes::Shared;
use crate::vault::VaultError;

/// The body of `GET /v1/requests/{id}`.
#[derive(Debug, Serialize)]
pub struct Described {
    pub request: Named,
    /// `answered`, `refused`, `failed`, or `pending` while a grant waits for its registry.
    pub outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// RFC 3339, when the entry was made.
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Granted on an urgent decision whose sanction did not come in time (OI 12(7)).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsanctioned: bool,
}

/// Which of several requests with one id is meant; without a digest, the first that was granted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    pub digest: Option<Digest>,
}

/// The one outcome meant.
///
/// # Errors
/// `evidence-unavailable` when the database or a key fails.
pub async fn select(
    shared: &Shared,
    found: Vec<Outcome>,
    which: &Which,
    now: Millis,
) -> Result<Option<Outcome>, Refusal> {
    let Some(digest) = which.digest else { return Ok(found.into_iter().next()) };
    for outcome in found {
        let statement = open(shared, &outcome.entry, now).await?;
        if statement.and_then(|statement| statement.request).is_some_and(|request| request.digest == digest) {
            return Ok(Some(outcome));
        }
    }
    Ok(None)
}

/// Names the request; without its digest once the case's key was destroyed.
#[derive(Debug, Serialize)]
pub struct Named {
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// Describes an entry and proves it against the head of its log as it is now.
///
/// # Errors
/// `evidence-unavailable` when the database or a key fails.
pub async fn describe(shared: &Shared, id: Uuid, found: Outcome, now: Millis) -> Result<Described, Refusal> {
    let Outcome { origin, entry } = found;
    let outcome = match entry.kind {
        Kind::Answer => "answered",
        Kind::Refusal => "refused",
        Kind::Failure | Kind::Interrupted => "failed",
        Kind::Grant | Kind::Act | Kind::Reading | Kind::Destruction | Kind::Notice => "pending",
    };
    let statement = open(shared, &entry, now).await?;
    let digest = statement.as_ref().and_then(|statement| Some(statement.request.as_ref()?.digest));
    let ended = statement.as_ref().and_then(|statement| of(&entry, statement));
    let receipt = match (digest, ended) {
        (Some(digest), Some(ended)) => Some(receipt(shared, &origin, id, &entry, digest, &ended).await?),
        _ => None,
    };
    let at = entry.at.rfc3339();
    let unsanctioned = match &entry.agency {
        Some(agency) => {
            shared.store.unsanctioned(&id, agency).await.map_err(|error| store_refusal(&error))?
        }
        None => false,
    };
    Ok(Described { request: Named { id, digest }, outcome, code: entry.code, at, receipt, unsanctioned })
}

/// The outcome an entry records, as a receipt states it; `None` for a grant that waits for its registry.
#[must_use]
pub fn of(entry: &StoredEntry, statement: &Statement) -> Option<evidence::Outcome> {
    let code = || entry.code.as_deref()?.parse().ok();
    match entry.kind {
        Kind::Answer => statement.answer.map(evidence::Outcome::Answered),
        Kind::Refusal => code().map(evidence::Outcome::Refused),
        Kind::Failure | Kind::Interrupted => code().map(evidence::Outcome::Failed),
        Kind::Grant | Kind::Act | Kind::Reading | Kind::Destruction | Kind::Notice => None,
    }
}

/// The sealed statement; `None` once it was destroyed with the case's material.
async fn open(shared: &Shared, entry: &StoredEntry, now: Millis) -> Result<Option<Statement>, Refusal> {
    let Some(case) = &entry.case_ref else { return Ok(None) };
    let clear = match shared.vault.open(case, &entry.content, now).await {
        Ok(clear) => clear,
        Err(VaultError::Destroyed) => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let kept = Kept::from_bytes(&clear).and_then(|kept| kept.read());
    kept.map(Some).map_err(|error| unreadable(&error))
}

async fn receipt(
    shared: &Shared,
    origin: &str,
    id: Uuid,
    entry: &StoredEntry,
    digest: Digest,
    ended: &evidence::Outcome,
) -> Result<String, Refusal> {
    let standing = Some((&*shared.standing, &*shared.origin));
    let head =
        proven(&*shared.store, standing, origin, entry.index).await.map_err(|error| unreadable(&error))?;
    let proof =
        prove(&*shared.store, origin, &head, entry.index).await.map_err(|error| unreadable(&error))?;
    let written = Written {
        index: entry.index,
        at: entry.at,
        reference: id,
        leaf: Arc::from(entry.leaf.as_slice()),
        proof,
        checkpoint: Arc::from(head.checkpoint),
    };
    shared.exchange.seal.receipt(origin, &written, digest, ended)
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "an entry cannot be read");
    Refusal::new(Code::EvidenceUnavailable, "The entry cannot be read.")
}
