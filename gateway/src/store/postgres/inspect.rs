//! What only the check of a whole log reads, in PostgreSQL.

use sqlx::PgPool;
use uuid::Uuid;

use crate::entry::Claim;
use crate::store::inspect::{TallyRow, claims, documents, keys, nodes};
use crate::store::journal_row::signed;
use crate::store::{FoundKey, KeptDocument, StoreError, Tallies};

pub(super) async fn nodes_between(
    db: &PgPool,
    origin: &str,
    from: u64,
    to: u64,
) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    let found =
        // From the run that `from` is in.
        sqlx::query_as(
            "SELECT idx, hashes FROM log_nodes WHERE origin = $1 AND idx < $3
             AND idx >= coalesce((SELECT max(idx) FROM log_nodes WHERE origin = $1 AND idx <= $2), 0)",
        )
        .bind(origin)
        .bind(signed(from)?)
        .bind(signed(to)?)
        .fetch_all(db)
        .await?;
    nodes(found, from..to)
}

pub(super) async fn claims_of(db: &PgPool, requests: &[Uuid]) -> Result<Vec<Claim>, StoreError> {
    let found = sqlx::query_as("SELECT request, signer FROM claims WHERE request = ANY($1)");
    claims(found.bind(requests).fetch_all(db).await?)
}

pub(super) async fn case_keys(db: &PgPool, cases: &[[u8; 32]]) -> Result<Vec<FoundKey>, StoreError> {
    let cases: Vec<&[u8]> = cases.iter().map(<[u8; 32]>::as_slice).collect();
    let found = sqlx::query_as("SELECT case_ref, wrapped FROM case_keys WHERE case_ref = ANY($1)");
    keys(found.bind(cases).fetch_all(db).await?)
}

pub(super) async fn documents_after(
    db: &PgPool,
    after: Option<&[u8; 32]>,
    limit: u32,
) -> Result<Vec<KeptDocument>, StoreError> {
    let found =
        sqlx::query_as("SELECT digest, bytes FROM documents WHERE digest > $1 ORDER BY digest LIMIT $2")
            .bind(after.map_or(&[][..], <[u8; 32]>::as_slice))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?;
    documents(found)
}

/// One statement, and so one state of the database.
pub(super) async fn tallies(db: &PgPool, origin: &str) -> Result<Tallies, StoreError> {
    let row: TallyRow = sqlx::query_as(
        "SELECT coalesce((SELECT size FROM log_heads WHERE origin = $1), 0) AS size,
                (SELECT count(*) FROM entries WHERE origin = $1) AS entries,
                (SELECT coalesce(sum(length(hashes)), 0) / 32 FROM log_nodes WHERE origin = $1) AS nodes,
                (SELECT count(*) FROM claims) AS claims,
                (SELECT count(*) FROM entries WHERE kind = 'grant') AS grants",
    )
    .bind(origin)
    .fetch_one(db)
    .await?;
    row.try_into()
}
