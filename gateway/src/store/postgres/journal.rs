//! The journal in PostgreSQL.

use std::collections::HashSet;

use certs::Bin;
use sqlx::{Connection as _, PgExecutor, PgPool, Postgres};
use uuid::Uuid;

use super::oversight;
use crate::entry::{Batch, Claim, Head, Outcome, StoredEntry};
use crate::store::append::{checked, held, is_empty, key_order};
use crate::store::journal_row::{EntryRow, HeadRow, MOST_OUTCOMES, entry_columns, in_order, signed};
use crate::store::kept::Kept;
use crate::store::row::records;
use crate::store::{Sealing, StoreError};

pub(super) async fn append(
    journal: &Kept<Postgres>,
    origin: &str,
    claims: &[Claim],
    sealing: Sealing,
) -> Result<Vec<bool>, StoreError> {
    let mut connection = journal.lend().await?;
    if claims.is_empty() {
        // One statement is a transaction of its own: two round trips fewer for outcomes, which claim nothing.
        let batch = checked(sealing(&[])?)?;
        if !is_empty(&batch) && !write(&mut *connection, origin, &batch).await? {
            return Err(moved(origin, &batch, head(&mut *connection, origin).await?));
        }
        connection.keep();
        return Ok(Vec::new());
    }
    let mut tx = connection.begin().await?;
    let held = held(claims, claim(&mut *tx, claims).await?);
    let batch = checked(sealing(&held)?)?;
    if !is_empty(&batch) && !write(&mut *tx, origin, &batch).await? {
        return Err(moved(origin, &batch, head(&mut *tx, origin).await?));
    }
    // Only grants have effects, and grants claim something: they always come this way.
    oversight::apply(&mut tx, origin, &batch.effects).await?;
    tx.commit().await?;
    connection.keep();
    Ok(held)
}

fn moved(origin: &str, batch: &Batch, found: Option<Head>) -> StoreError {
    let found = found.map_or(0, |head| head.size);
    StoreError::HeadMoved { origin: origin.to_owned(), expected: batch.before, found }
}

/// Takes claims; gives back those that were new. Waits for a node that takes one of them at this moment.
async fn claim(db: impl PgExecutor<'_>, claims: &[Claim]) -> Result<HashSet<(Uuid, Vec<u8>)>, StoreError> {
    let keys = key_order(claims);
    let (requests, signers): (Vec<Uuid>, Vec<&[u8]>) =
        keys.iter().map(|(request, signer)| (*request, signer.as_slice())).unzip();
    let new: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
        "INSERT INTO claims (request, signer) SELECT * FROM unnest($1::uuid[], $2::bytea[])
         ON CONFLICT DO NOTHING RETURNING request, signer",
    )
    .bind(requests)
    .bind(signers)
    .fetch_all(db)
    .await?;
    Ok(new.into_iter().collect())
}

/// Moves the head from where the batch starts and, only if it was there, adds the rows. `false`: it was not there.
const WRITE: &str = concat!(
    "WITH moved AS (
        INSERT INTO log_heads AS h (origin, size, root, checkpoint)
        SELECT $1, $2, $3, $4 WHERE $5 = coalesce((SELECT size FROM log_heads WHERE origin = $1), 0)
        ON CONFLICT (origin) DO UPDATE
            SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint WHERE h.size = $5
        RETURNING 1
    ), added AS (
        INSERT INTO entries (",
    entry_columns!(),
    ") SELECT $1, e.* FROM unnest($6::bigint[], $7::text[], $8::bigint[], $9::uuid[], $10::text[], $11::text[],
            $12::bigint[], $13::bytea[], $14::bytea[], $15::bytea[]) AS e
        WHERE EXISTS (SELECT FROM moved)
    ), grown AS (
        INSERT INTO log_nodes (origin, idx, hash)
        SELECT $1, n.* FROM unnest($16::bigint[], $17::bytea[]) AS n WHERE EXISTS (SELECT FROM moved)
    )
    SELECT count(*) = 1 FROM moved"
);

async fn write(db: impl PgExecutor<'_>, origin: &str, batch: &Batch) -> Result<bool, StoreError> {
    let entries = &batch.entries;
    let places = entries.iter().map(|entry| signed(entry.index)).collect::<Result<Vec<_>, _>>()?;
    let grants =
        entries.iter().map(|entry| entry.grant.map(signed).transpose()).collect::<Result<Vec<_>, _>>()?;
    let nodes = batch.nodes.iter().map(|(index, _)| signed(*index)).collect::<Result<Vec<_>, _>>()?;
    let written = sqlx::query_scalar(WRITE)
        .bind(origin)
        .bind(signed(batch.head.size)?)
        .bind(batch.head.root.as_slice())
        .bind(batch.head.checkpoint.as_str())
        .bind(signed(batch.before)?)
        .bind(places)
        .bind(entries.iter().map(|entry| entry.kind.name()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.at.0).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.request).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.agency.as_ref().map(Bin::as_str)).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.code.as_deref()).collect::<Vec<_>>())
        .bind(grants)
        .bind(entries.iter().map(|entry| entry.leaf.as_slice()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.content.as_slice()).collect::<Vec<_>>())
        .bind(
            entries.iter().map(|entry| entry.case_ref.as_ref().map(<[u8; 32]>::as_slice)).collect::<Vec<_>>(),
        )
        .bind(nodes)
        .bind(batch.nodes.iter().map(|(_, hash)| hash.as_slice()).collect::<Vec<_>>())
        .fetch_one(db)
        .await?;
    Ok(written)
}

pub(super) async fn head(db: impl PgExecutor<'_>, origin: &str) -> Result<Option<Head>, StoreError> {
    let row: Option<HeadRow> =
        sqlx::query_as("SELECT size, root, checkpoint FROM log_heads WHERE origin = $1")
            .bind(origin)
            .fetch_optional(db)
            .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn nodes(db: &PgPool, origin: &str, indexes: &[u64]) -> Result<Vec<[u8; 32]>, StoreError> {
    let asked = indexes.iter().copied().map(signed).collect::<Result<Vec<_>, _>>()?;
    let found: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT idx, hash FROM log_nodes WHERE origin = $1 AND idx = ANY($2)")
            .bind(origin)
            .bind(asked)
            .fetch_all(db)
            .await?;
    in_order(origin, indexes, found)
}

pub(in crate::store) async fn entries(
    db: &PgPool,
    origin: &str,
    from: u64,
    limit: u32,
) -> Result<Vec<StoredEntry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries WHERE origin = $1 AND idx >= $2 ORDER BY idx LIMIT $3"
    ))
    .bind(origin)
    .bind(signed(from)?)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn outcomes(db: &PgPool, request: &Uuid, agency: &Bin) -> Result<Vec<Outcome>, StoreError> {
    // What was granted comes first, oldest first: whoever uses a colleague's id afterwards does not hide the colleague's request.
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries AS e WHERE request = $1 AND agency = $2
             AND kind IN ('grant', 'answer', 'refusal', 'failure', 'interrupted')
             AND NOT (kind = 'grant'
                 AND EXISTS (SELECT 1 FROM entries AS o WHERE o.origin = e.origin AND o.grant_idx = e.idx))
         ORDER BY (grant_idx IS NULL AND kind <> 'grant'),
             CASE WHEN grant_idx IS NULL AND kind <> 'grant' THEN -at ELSE at END,
             CASE WHEN grant_idx IS NULL AND kind <> 'grant' THEN -idx ELSE idx END
         LIMIT $3"
    ))
    .bind(request)
    .bind(agency.as_str())
    .bind(MOST_OUTCOMES)
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn open_grants(db: &PgPool, origin: &str) -> Result<Vec<StoredEntry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries AS g WHERE origin = $1 AND kind = 'grant'
             AND NOT EXISTS (SELECT 1 FROM entries AS o WHERE o.origin = g.origin AND o.grant_idx = g.idx)
         ORDER BY idx"
    ))
    .bind(origin)
    .fetch_all(db)
    .await?;
    records(rows)
}
