//! What became of a request, told later: the outcome and a fresh receipt over the entry, never the record (the gateway
//! does not keep it: SLS 16-3(2)).

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::{Digest, NodeHash};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::clock::Millis;
use crate::declined::store_refusal;
use crate::entry::{Kind, Outcome, StoredEntry};
use crate::journal::Written;
use crate::journal::kept::Kept;
use crate::refusal::{Code, Refusal};
use crate::routes::Shared;
use crate::store::StoreError;
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
        Kind::Grant | Kind::Act | Kind::Reading => "pending",
    };
    let digests = open(shared, &entry, now).await?;
    let receipt = match (&digests, entry.kind) {
        (_, Kind::Grant) | (None, _) => None,
        (Some(digests), _) => Some(receipt(shared, &origin, id, &entry, digests).await?),
    };
    Ok(Described {
        request: Named { id, digest: digests.map(|digests| digests.request) },
        outcome,
        code: entry.code,
        at: entry.at.rfc3339(),
        receipt,
    })
}

struct Digests {
    request: Digest,
    answer: Option<Digest>,
}

/// The digests out of the sealed statement; `None` once it was destroyed with the case's material.
async fn open(shared: &Shared, entry: &StoredEntry, now: Millis) -> Result<Option<Digests>, Refusal> {
    let Some(case) = &entry.case_ref else { return Ok(None) };
    let clear = match shared.vault.open(case, &entry.content, now).await {
        Ok(clear) => clear,
        Err(VaultError::Destroyed) => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let kept = Kept::from_bytes(&clear).and_then(|kept| kept.read());
    let statement = kept.map_err(|error| unreadable(&error))?;
    let answer = statement.facts.get("answer").and_then(Value::as_str).and_then(|text| text.parse().ok());
    Ok(statement.request.map(|request| Digests { request: request.digest, answer }))
}

async fn receipt(
    shared: &Shared,
    origin: &str,
    id: Uuid,
    entry: &StoredEntry,
    digests: &Digests,
) -> Result<String, Refusal> {
    let (proof, checkpoint) = prove(shared, origin, entry.index).await?;
    let outcome = match (digests.answer, entry.kind, entry.code.as_deref().map(str::parse)) {
        (Some(answer), Kind::Answer, _) => evidence::Outcome::Answered(answer),
        (_, Kind::Refusal, Some(Ok(code))) => evidence::Outcome::Refused(code),
        (_, _, Some(Ok(code))) => evidence::Outcome::Failed(code),
        _ => return Err(Refusal::new(Code::EvidenceUnavailable, "The entry cannot be read.")),
    };
    let written = Written {
        index: entry.index,
        at: entry.at,
        reference: id,
        leaf: Arc::from(entry.leaf.as_slice()),
        proof,
        checkpoint: Arc::from(checkpoint),
    };
    let seal = &shared.exchange.seal;
    seal.receipt(origin, &written, digests.request, &outcome)
}

/// An inclusion proof against the stored head, with the head's checkpoint.
async fn prove(shared: &Shared, origin: &str, index: u64) -> Result<(Vec<NodeHash>, String), Refusal> {
    let failed = |error: StoreError| store_refusal(&error);
    let corrupt = |error: &dyn std::error::Error| store_refusal(&StoreError::Corrupt(error.to_string()));
    let head = shared.store.head(origin).await.map_err(failed)?;
    let head =
        head.ok_or_else(|| store_refusal(&StoreError::Corrupt(format!("log {origin} has no head"))))?;
    let wanted = evidence::proof::inclusion_nodes(head.size, index).map_err(|error| corrupt(&error))?;
    let found = shared.store.nodes(origin, &wanted).await.map_err(failed)?;
    let nodes: BTreeMap<u64, NodeHash> =
        wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
    let proof =
        evidence::proof::prove_inclusion(head.size, index, &nodes).map_err(|error| corrupt(&error))?;
    Ok((proof, head.checkpoint))
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "an entry's content cannot be read");
    Refusal::new(Code::EvidenceUnavailable, "The entry cannot be read.")
}
