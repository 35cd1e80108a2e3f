//! The matrix under four eyes in SQLite.

use sqlx::SqlitePool;

use super::{SqliteStore, write};
use crate::clock::Millis;
use crate::matrices::{KeptSet, Proposal};
use crate::store::StoreError;
use crate::store::oversight_row::{ProposalRow, kept_since};

/// Proposed again, a matrix is a new proposal: by whoever proposed it last, and not approved. The one in force is none, or one
/// person alone could take it out of force; then it is `false`.
pub(super) async fn propose_matrix(store: &SqliteStore, proposal: &Proposal) -> Result<bool, StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let proposed = sqlx::query(
        "INSERT INTO matrices (set_digest, matrix, proposer, proposed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (set_digest) DO UPDATE SET proposer = excluded.proposer, proposed = excluded.proposed,
             approver = NULL, approved = NULL
         WHERE matrices.approved IS NULL OR matrices.approved < (SELECT max(approved) FROM matrices)",
    )
    .bind(proposal.set.as_slice())
    .bind(proposal.matrix.as_str())
    .bind(proposal.proposer.as_slice())
    .bind(proposal.proposed.0)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    connection.keep();
    Ok(proposed.rows_affected() == 1)
}

/// A proposal that awaits its approval.
pub(super) async fn matrix_proposal(db: &SqlitePool, set: &[u8; 32]) -> Result<Option<Proposal>, StoreError> {
    let row: Option<ProposalRow> = sqlx::query_as(
        "SELECT set_digest, matrix, proposer, proposed FROM matrices WHERE set_digest = ?1 AND approved IS NULL",
    )
    .bind(set.as_slice())
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn approve_matrix(
    store: &SqliteStore,
    set: &[u8; 32],
    approver: &[u8; 32],
    at: Millis,
) -> Result<bool, StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    // Approvals follow one another, also where two nodes' clocks differ.
    let approved = sqlx::query(
        "UPDATE matrices SET approver = ?2,
             approved = max(?3, coalesce((SELECT max(approved) + 1 FROM matrices), ?3))
         WHERE set_digest = ?1 AND proposer <> ?2 AND approved IS NULL",
    )
    .bind(set.as_slice())
    .bind(approver.as_slice())
    .bind(at.0)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    connection.keep();
    Ok(approved.rows_affected() == 1)
}

pub(super) async fn matrix_in_force(db: &SqlitePool) -> Result<Option<Proposal>, StoreError> {
    let row: Option<ProposalRow> = sqlx::query_as(
        "SELECT set_digest, matrix, proposer, proposed FROM matrices WHERE approved IS NOT NULL
         ORDER BY approved DESC LIMIT 1",
    )
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn keep_set(store: &SqliteStore, set: &KeptSet, now: Millis) -> Result<(), StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    sqlx::query("INSERT INTO policy_sets (digest, files, since) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(set.digest.as_slice())
        .bind(set.text())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    connection.keep();
    Ok(())
}

pub(super) async fn kept_set(db: &SqlitePool, digest: &[u8; 32]) -> Result<Option<KeptSet>, StoreError> {
    let text: Option<String> = sqlx::query_scalar("SELECT files FROM policy_sets WHERE digest = ?1")
        .bind(digest.as_slice())
        .fetch_optional(db)
        .await?;
    text.map(|text| KeptSet::read(*digest, &text)).transpose()
}

pub(super) async fn kept_sets(db: &SqlitePool) -> Result<Vec<([u8; 32], Millis)>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT digest, since FROM policy_sets ORDER BY since, digest").fetch_all(db).await?;
    rows.iter().map(kept_since).collect()
}
