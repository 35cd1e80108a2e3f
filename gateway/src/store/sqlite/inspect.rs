//! What only the check of a whole log reads, in SQLite.

use sqlx::{QueryBuilder, SqlitePool};
use uuid::Uuid;

use crate::entry::Claim;
use crate::store::inspect::{TallyRow, claims, documents, keys, nodes};
use crate::store::journal_row::signed;
use crate::store::{FoundKey, KeptDocument, StoreError, Tallies};

/// Requests or cases of one statement; far below the number of values that SQLite takes.
const REQUESTS: usize = 1024;

pub(super) async fn nodes_between(
    db: &SqlitePool,
    origin: &str,
    from: u64,
    to: u64,
) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    // From the run that `from` is in; as one text, for a row costs more than what is in it.
    let found: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(idx || ' ' || hex(hashes), ',') FROM log_nodes WHERE origin = ?1 AND idx < ?3
         AND idx >= coalesce((SELECT max(idx) FROM log_nodes WHERE origin = ?1 AND idx <= ?2), 0)",
    )
    .bind(origin)
    .bind(signed(from)?)
    .bind(signed(to)?)
    .fetch_one(db)
    .await?;
    let run = |text: &str| {
        let (first, hashes) = text.split_once(' ')?;
        Some((first.parse().ok()?, hex::decode(hashes).ok()?))
    };
    let found: Option<Vec<_>> = found.iter().flat_map(|text| text.split(',')).map(run).collect();
    nodes(found.ok_or_else(|| StoreError::Corrupt("the nodes of a log".to_owned()))?, from..to)
}

pub(super) async fn claims_of(db: &SqlitePool, requests: &[Uuid]) -> Result<Vec<Claim>, StoreError> {
    let mut all = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(REQUESTS) {
        let mut select = QueryBuilder::new("SELECT request, signer FROM claims WHERE request IN (");
        let mut list = select.separated(", ");
        chunk.iter().for_each(|request| {
            list.push_bind(*request);
        });
        select.push(")");
        all.extend(claims(select.build_query_as().fetch_all(db).await?)?);
    }
    Ok(all)
}

pub(super) async fn case_keys(db: &SqlitePool, cases: &[[u8; 32]]) -> Result<Vec<FoundKey>, StoreError> {
    let mut all = Vec::with_capacity(cases.len());
    for chunk in cases.chunks(REQUESTS) {
        let mut select = QueryBuilder::new("SELECT case_ref, wrapped FROM case_keys WHERE case_ref IN (");
        let mut list = select.separated(", ");
        chunk.iter().for_each(|case| {
            list.push_bind(case.as_slice());
        });
        select.push(")");
        all.extend(keys(select.build_query_as().fetch_all(db).await?)?);
    }
    Ok(all)
}

pub(super) async fn documents_after(
    db: &SqlitePool,
    after: Option<&[u8; 32]>,
    limit: u32,
) -> Result<Vec<KeptDocument>, StoreError> {
    let found =
        sqlx::query_as("SELECT digest, bytes FROM documents WHERE digest > ?1 ORDER BY digest LIMIT ?2")
            .bind(after.map_or(&[][..], <[u8; 32]>::as_slice))
            .bind(i64::from(limit))
            .fetch_all(db)
            .await?;
    documents(found)
}

/// One statement, and so one state of the database.
pub(super) async fn tallies(db: &SqlitePool, origin: &str) -> Result<Tallies, StoreError> {
    let row: TallyRow = sqlx::query_as(
        "SELECT coalesce((SELECT size FROM log_heads WHERE origin = ?1), 0) AS size,
                (SELECT count(*) FROM entries WHERE origin = ?1) AS entries,
                (SELECT coalesce(sum(length(hashes)), 0) / 32 FROM log_nodes WHERE origin = ?1) AS nodes,
                (SELECT count(*) FROM claims) AS claims,
                (SELECT count(*) FROM entries WHERE kind = 'grant') AS grants",
    )
    .bind(origin)
    .fetch_one(db)
    .await?;
    row.try_into()
}
