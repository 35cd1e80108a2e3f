//! The journal in PostgreSQL.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use certs::Bin;
use sqlx::{Connection as _, PgConnection, PgExecutor, PgPool, Postgres};
use uuid::Uuid;

use super::oversight;
use crate::entry::{Batch, Claim, Head, Outcome, StoredEntry};
use crate::store::append::{self, checked, is_empty, key_order};
use crate::store::journal_row::{EntryRow, HeadRow, MOST_OUTCOMES, entry_columns, in_order, signed};
use crate::store::kept::Kept;
use crate::store::row::records;
use crate::store::tried::{Key, Tried};
use crate::store::{Sealing, StoreError};

pub(super) async fn append(
    (journal, tried): (&Kept<Postgres>, &Mutex<Tried>),
    origin: &str,
    claims: &[Claim],
    mut sealing: Sealing,
) -> Result<Vec<bool>, StoreError> {
    let mut connection = journal.lend().await?;
    let doubtful = tried.lock().unwrap_or_else(PoisonError::into_inner).doubtful(claims, Instant::now());
    let taken = taken(&mut connection, &doubtful).await?;
    let mut free = key_order(claims);
    free.retain(|key| !taken.contains(key));
    let held = append::held(claims, free.iter().copied().collect());
    let batch = checked(sealing(&held)?)?;
    let added = match add(&mut connection, origin, &free, &batch).await {
        Err(error) if is_claimed(&error) => after_a_race(&mut connection, origin, claims, sealing).await,
        added => added.map(|()| held),
    };
    let held = match added {
        Err(error) if is_moved(&error) => {
            return Err(moved(origin, &batch, head(&mut *connection, origin).await?));
        }
        added => added?,
    };
    connection.keep();
    Ok(held)
}

/// Writes a batch whose claims were free a moment ago, and takes them.
async fn add(db: &mut PgConnection, origin: &str, claims: &[Key], batch: &Batch) -> Result<(), StoreError> {
    if batch.effects.is_empty() {
        // One statement is a transaction of its own: two round trips fewer.
        return put(db, origin, claims, batch).await;
    }
    let mut tx = db.begin().await?;
    put(&mut tx, origin, claims, batch).await?;
    Ok(tx.commit().await?)
}

/// The batch with what it does to the clocks of urgent measures.
async fn put(db: &mut PgConnection, origin: &str, claims: &[Key], batch: &Batch) -> Result<(), StoreError> {
    if is_empty(batch) && claims.is_empty() {
        return Ok(());
    }
    write(db, origin, claims, batch).await?;
    oversight::apply(db, origin, &batch.effects).await
}

/// Another node took one of the claims between the look and the write: claims first, then what held of them.
async fn after_a_race(
    db: &mut PgConnection,
    origin: &str,
    claims: &[Claim],
    mut sealing: Sealing,
) -> Result<Vec<bool>, StoreError> {
    let mut tx = db.begin().await?;
    let held = append::held(claims, claim(&mut tx, claims).await?);
    let batch = checked(sealing(&held)?)?;
    put(&mut tx, origin, &[], &batch).await?;
    tx.commit().await?;
    Ok(held)
}

fn is_claimed(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => {
            error.is_unique_violation() && error.table() == Some("claims")
        }
        _ => false,
    }
}

/// Those of the keys that are claimed.
async fn taken(db: &mut PgConnection, keys: &[Key]) -> Result<HashSet<Key>, StoreError> {
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = sqlx::query_as("SELECT request, signer FROM claims WHERE request = ANY($1)")
        .bind(keys.iter().map(|(request, _)| *request).collect::<Vec<_>>())
        .fetch_all(db)
        .await?;
    append::keys(rows)
}

/// What [`WRITE`] ends with when the head is not where the batch starts.
fn is_moved(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => {
            error.code().as_deref() == Some(DIVISION_BY_ZERO)
        }
        _ => false,
    }
}

fn moved(origin: &str, batch: &Batch, found: Option<Head>) -> StoreError {
    let found = found.map_or(0, |head| head.size);
    StoreError::HeadMoved { origin: origin.to_owned(), expected: batch.before, found }
}

/// Takes claims; gives back those that were new. Waits for a node that takes one of them at this moment.
async fn claim(db: &mut PgConnection, claims: &[Claim]) -> Result<HashSet<Key>, StoreError> {
    let keys = key_order(claims);
    let (requests, signers): (Vec<Uuid>, Vec<&[u8]>) =
        keys.iter().map(|(request, signer)| (*request, signer.as_slice())).unzip();
    let new = sqlx::query_as(
        "INSERT INTO claims (request, signer) SELECT * FROM unnest($1::uuid[], $2::bytea[])
         ON CONFLICT DO NOTHING RETURNING request, signer",
    )
    .bind(requests)
    .bind(signers)
    .fetch_all(db)
    .await?;
    append::keys(new)
}

/// SQLSTATE 22012.
const DIVISION_BY_ZERO: &str = "22012";

/// Takes the claims, in key order; then moves the head from where the batch starts and adds the rows. All or nothing: it fails where a
/// claim is taken, and divides by zero where the head is not there. The claims come first: a signed head is not even left behind as
/// a dead row by a batch that does not come to stand because another node was faster.
const WRITE: &str = concat!(
    "WITH claimed AS (
        INSERT INTO claims (request, signer) SELECT * FROM unnest($18::uuid[], $19::bytea[]) RETURNING 1
    ), moved AS (
        INSERT INTO log_heads AS h (origin, size, root, checkpoint)
        SELECT $1, $2, $3, $4
        WHERE (SELECT count(*) FROM claimed) >= 0
            AND $5 = coalesce((SELECT size FROM log_heads WHERE origin = $1), 0)
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
        INSERT INTO log_nodes (origin, idx, hashes)
        SELECT $1, $16, $17 WHERE $16 IS NOT NULL AND EXISTS (SELECT FROM moved)
    )
    SELECT 1 / count(*) FROM moved"
);

async fn write(db: &mut PgConnection, origin: &str, claims: &[Key], batch: &Batch) -> Result<(), StoreError> {
    let entries = &batch.entries;
    let places = entries.iter().map(|entry| signed(entry.index)).collect::<Result<Vec<_>, _>>()?;
    let grants =
        entries.iter().map(|entry| entry.grant.map(signed).transpose()).collect::<Result<Vec<_>, _>>()?;
    let (first, hashes) = append::run(batch)?.unzip();
    sqlx::query(WRITE)
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
        .bind(first)
        .bind(hashes)
        .bind(claims.iter().map(|(request, _)| *request).collect::<Vec<_>>())
        .bind(claims.iter().map(|(_, signer)| signer.as_slice()).collect::<Vec<_>>())
        .execute(db)
        .await?;
    Ok(())
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
    let found: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT a.idx, substr(run.hashes, ((a.idx - run.idx) * 32 + 1)::int, 32)
         FROM unnest($2::bigint[]) AS a (idx) CROSS JOIN LATERAL (
            SELECT idx, hashes FROM log_nodes WHERE origin = $1 AND idx <= a.idx ORDER BY idx DESC LIMIT 1
         ) AS run WHERE a.idx < run.idx + length(run.hashes) / 32",
    )
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
