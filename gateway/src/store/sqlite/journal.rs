//! The journal in SQLite.

use std::collections::HashSet;
use std::sync::Arc;

use certs::Bin;
use sqlx::{QueryBuilder, Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

use super::oversight;
use super::{SqliteStore, write};
use crate::entry::{Batch, Claim, Head, Outcome, StoredEntry};
use crate::store::append::{checked, held, is_empty, key_order, keys, run};
use crate::store::journal_row::{
    EntryRow, HeadRow, MOST_OUTCOMES, entry_columns, in_order, signed, unsigned,
};
use crate::store::row::{list, records};
use crate::store::tried::Key;
use crate::store::{Sealing, StoreError};

/// Rows of one statement. Each size has its own text, so these bound how many texts there are; the number of values
/// stays far below what SQLite takes (32,766).
const ENTRIES: usize = 64;
const CLAIMS: usize = 128;

pub(super) async fn append(
    store: &SqliteStore,
    origin: &str,
    claims: &[Claim],
    mut sealing: Sealing,
) -> Result<Vec<bool>, StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let held = held(claims, claim(&mut tx, claims).await?);
    let batch = checked(sealing(&held)?)?;
    if !is_empty(&batch) {
        add(&mut tx, origin, &batch).await?;
        oversight::apply(&mut tx, origin, &batch.effects).await?;
    }
    tx.commit().await?;
    connection.keep();
    Ok(held)
}

/// Takes claims; gives back those that were new.
async fn claim(tx: &mut Transaction<'_, Sqlite>, claims: &[Claim]) -> Result<HashSet<Key>, StoreError> {
    let mut won = HashSet::with_capacity(claims.len());
    for chunk in key_order(claims).chunks(CLAIMS) {
        let mut insert = QueryBuilder::new("INSERT INTO claims (request, signer) ");
        insert.push_values(chunk, |mut row, (request, signer)| {
            row.push_bind(*request).push_bind(signer.as_slice());
        });
        insert.push(" ON CONFLICT DO NOTHING RETURNING request, signer");
        won.extend(keys(insert.build_query_as().fetch_all(&mut **tx).await?)?);
    }
    Ok(won)
}

/// Moves the head from where the batch starts and adds the rows, or finds that it is not there.
///
/// Several statements in one text: each text is a hop to the connection's thread and back. Each goes by whether the one before it changed
/// anything.
async fn add(tx: &mut Transaction<'_, Sqlite>, origin: &str, batch: &Batch) -> Result<(), StoreError> {
    let mut text = QueryBuilder::new("");
    advance(&mut text, origin, batch)?;
    let mut expected = 1_usize;
    let mut chunks = batch.entries.chunks(ENTRIES).peekable();
    while let Some(chunk) = chunks.next() {
        write_entries(&mut text, origin, chunk)?;
        expected = expected.saturating_add(chunk.len());
        if chunks.peek().is_some() {
            execute(tx, std::mem::replace(&mut text, QueryBuilder::new("")), origin, batch, expected).await?;
            expected = 0;
        }
    }
    if let Some((first, hashes)) = run(batch)? {
        write_nodes(&mut text, origin, first, hashes);
        expected = expected.saturating_add(1);
    }
    execute(tx, text, origin, batch, expected).await
}

async fn execute(
    tx: &mut Transaction<'_, Sqlite>,
    mut text: QueryBuilder<Sqlite>,
    origin: &str,
    batch: &Batch,
    expected: usize,
) -> Result<(), StoreError> {
    let done = text.build().execute(&mut **tx).await?;
    if usize::try_from(done.rows_affected()) == Ok(expected) {
        return Ok(());
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT size FROM log_heads WHERE origin = ?1")
        .bind(origin)
        .fetch_optional(&mut **tx)
        .await?;
    let found = unsigned(found.unwrap_or(0))?;
    Err(StoreError::HeadMoved { origin: origin.to_owned(), expected: batch.before, found })
}

fn advance(text: &mut QueryBuilder<Sqlite>, origin: &str, batch: &Batch) -> Result<(), StoreError> {
    text.push("INSERT INTO log_heads (origin, size, root, checkpoint) SELECT ");
    let mut row = text.separated(", ");
    row.push_bind(origin)
        .push_bind(signed(batch.head.size)?)
        .push_bind(batch.head.root.as_slice())
        .push_bind(batch.head.checkpoint.as_str());
    text.push(" WHERE ").push_bind(signed(batch.before)?);
    text.push(" = coalesce((SELECT size FROM log_heads WHERE origin = ").push_bind(origin);
    text.push(
        "), 0) ON CONFLICT (origin) DO UPDATE
            SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint;",
    );
    Ok(())
}

fn write_entries(
    text: &mut QueryBuilder<Sqlite>,
    origin: &str,
    entries: &[Arc<StoredEntry>],
) -> Result<(), StoreError> {
    let rows = entries
        .iter()
        .map(|entry| Ok((signed(entry.index)?, entry.grant.map(signed).transpose()?, entry)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    text.push(concat!("INSERT INTO entries (", entry_columns!(), ") SELECT * FROM ("));
    text.push_values(rows, |mut row, (index, grant, entry)| {
        row.push_bind(origin)
            .push_bind(index)
            .push_bind(entry.kind.name())
            .push_bind(entry.at.0)
            .push_bind(entry.request)
            .push_bind(entry.agency.as_ref().map(Bin::as_str))
            .push_bind(entry.code.as_deref())
            .push_bind(grant)
            .push_bind(entry.leaf.as_slice())
            .push_bind(entry.content.as_slice())
            .push_bind(entry.case_ref.as_ref().map(<[u8; 32]>::as_slice));
    });
    text.push(") WHERE changes() > 0;");
    Ok(())
}

fn write_nodes(text: &mut QueryBuilder<Sqlite>, origin: &str, first: i64, hashes: Vec<u8>) {
    text.push("INSERT INTO log_nodes (origin, idx, hashes) SELECT ");
    text.separated(", ").push_bind(origin).push_bind(first).push_bind(hashes);
    text.push(" WHERE changes() > 0");
}

pub(super) async fn head(db: &SqlitePool, origin: &str) -> Result<Option<Head>, StoreError> {
    let row: Option<HeadRow> =
        sqlx::query_as("SELECT size, root, checkpoint FROM log_heads WHERE origin = ?1")
            .bind(origin)
            .fetch_optional(db)
            .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn nodes(
    db: &SqlitePool,
    origin: &str,
    indexes: &[u64],
) -> Result<Vec<[u8; 32]>, StoreError> {
    let asked = indexes.iter().copied().map(signed).collect::<Result<Vec<_>, _>>()?;
    let found: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT value, coalesce((
            SELECT substr(hashes, (value - idx) * 32 + 1, 32) FROM log_nodes
            WHERE origin = ?1 AND idx <= value ORDER BY idx DESC LIMIT 1
         ), x'') FROM json_each(?2)",
    )
    .bind(origin)
    .bind(list(&asked)?)
    .fetch_all(db)
    .await?;
    in_order(origin, indexes, found)
}

pub(in crate::store) async fn entries(
    db: &SqlitePool,
    origin: &str,
    from: u64,
    limit: u32,
) -> Result<Vec<StoredEntry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries WHERE origin = ?1 AND idx >= ?2 ORDER BY idx LIMIT ?3"
    ))
    .bind(origin)
    .bind(signed(from)?)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn outcomes(
    db: &SqlitePool,
    request: &Uuid,
    agency: &Bin,
) -> Result<Vec<Outcome>, StoreError> {
    // What was granted comes first, oldest first: whoever uses a colleague's id afterwards does not hide the colleague's request.
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries AS e WHERE request = ?1 AND agency = ?2
             AND kind IN ('grant', 'answer', 'refusal', 'failure', 'interrupted')
             AND NOT (kind = 'grant'
                 AND EXISTS (SELECT 1 FROM entries AS o WHERE o.origin = e.origin AND o.grant_idx = e.idx))
         ORDER BY (grant_idx IS NULL AND kind <> 'grant'),
             CASE WHEN grant_idx IS NULL AND kind <> 'grant' THEN -at ELSE at END,
             CASE WHEN grant_idx IS NULL AND kind <> 'grant' THEN -idx ELSE idx END
         LIMIT ?3"
    ))
    .bind(request)
    .bind(agency.as_str())
    .bind(MOST_OUTCOMES)
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn open_grants(db: &SqlitePool, origin: &str) -> Result<Vec<StoredEntry>, StoreError> {
    let rows: Vec<EntryRow> = sqlx::query_as(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries AS g WHERE origin = ?1 AND kind = 'grant'
             AND NOT EXISTS (SELECT 1 FROM entries AS o WHERE o.origin = g.origin AND o.grant_idx = g.idx)
         ORDER BY idx"
    ))
    .bind(origin)
    .fetch_all(db)
    .await?;
    records(rows)
}
