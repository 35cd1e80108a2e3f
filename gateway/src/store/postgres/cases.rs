//! Case sources and the replica in PostgreSQL.

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::clock::Millis;
use crate::replica::{CaseSource, CaseState, ReplicaCase};
use crate::store::feed::{FeedFault, newest, other_source, refuse, same_version};
use crate::store::row::{CaseRow, ReplicaRow, SourceRow, distinct, json, records};
use crate::store::{Fed, StoreError};

pub(super) async fn replica_cases(
    db: &mut PgConnection,
    number: &str,
) -> Result<Vec<ReplicaCase>, StoreError> {
    let rows: Vec<ReplicaRow> = sqlx::query_as(
        "SELECT c.number, c.kind, c.status, c.agency, c.holders, c.version, s.code, s.kinds, s.url, s.max_age, s.as_of
         FROM cases AS c JOIN case_sources AS s ON s.code = c.source WHERE c.number = $1 ORDER BY c.kind",
    )
    .bind(number)
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn sources(db: &PgPool) -> Result<Vec<CaseSource>, StoreError> {
    let rows: Vec<SourceRow> =
        sqlx::query_as("SELECT code, kinds, url, max_age, as_of FROM case_sources ORDER BY code")
            .fetch_all(db)
            .await?;
    records(rows)
}

pub(super) async fn put_sources(db: &PgPool, sources: &[CaseSource]) -> Result<(), StoreError> {
    distinct(sources.iter().map(|source| &source.code).collect(), "a case source")?;
    let rows = json::<CaseSource, SourceRow>(sources)?;
    // Written only where something differs: nodes that start together do not wait for each other or for a feed.
    sqlx::query(
        "INSERT INTO case_sources AS t (code, kinds, url, max_age, as_of)
         SELECT code, kinds, url, max_age, as_of
         FROM json_to_recordset($1::text::json) AS r (code text, kinds text, url text, max_age bigint, as_of bigint)
         ORDER BY code
         ON CONFLICT (code) DO UPDATE SET kinds = excluded.kinds, url = excluded.url, max_age = excluded.max_age,
             as_of = CASE WHEN excluded.url IS NULL THEN t.as_of END
         WHERE (t.kinds, t.url, t.max_age) IS DISTINCT FROM (excluded.kinds, excluded.url, excluded.max_age)",
    )
    .bind(rows)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn feed(
    db: &PgPool,
    source: &str,
    as_of: Millis,
    cases: &[CaseState],
) -> Result<Fed, StoreError> {
    let mut tx = db.begin().await?;
    // Feeds of one source come one after the other, on whichever node they arrive.
    let known: Option<SourceRow> = sqlx::query_as(
        "SELECT code, kinds, url, max_age, as_of FROM case_sources WHERE code = $1 FOR UPDATE",
    )
    .bind(source)
    .fetch_optional(&mut *tx)
    .await?;
    let known: CaseSource = known.ok_or_else(|| FeedFault::UnknownSource.of(source))?.try_into()?;
    let rows = json::<CaseState, CaseRow>(newest(&known, cases)?)?;
    let applied = sqlx::query(
        "INSERT INTO cases AS t (number, kind, source, status, agency, holders, version)
         SELECT number, kind, $2, status, agency, holders, version
         FROM json_to_recordset($1::text::json)
             AS r (number text, kind text, status text, agency text, holders text, version bigint)
         ON CONFLICT (number, kind) DO UPDATE SET status = excluded.status, agency = excluded.agency,
             holders = excluded.holders, version = excluded.version
         WHERE excluded.version > t.version AND excluded.source = t.source",
    )
    .bind(&rows)
    .bind(source)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    // After the write, which waited for feeds of other sources that took the same cases at the same time.
    refuse_faults(&mut tx, source, &rows).await?;
    sqlx::query("UPDATE case_sources SET as_of = greatest(as_of, $2) WHERE code = $1")
        .bind(source)
        .bind(as_of.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Fed::of(cases.len(), applied))
}

async fn refuse_faults(
    tx: &mut Transaction<'_, Postgres>,
    source: &str,
    rows: &str,
) -> Result<(), StoreError> {
    let foreign = sqlx::query_as(
        "SELECT c.number, c.kind FROM json_to_recordset($1::text::json) AS r (number text, kind text)
         JOIN cases AS c ON c.number = r.number AND c.kind = r.kind WHERE c.source <> $2 LIMIT 1",
    )
    .bind(rows)
    .bind(source)
    .fetch_optional(&mut **tx)
    .await?;
    refuse(foreign, source, other_source)?;
    // What was written is as reported now; what was not has a version at least as high.
    let otherwise = sqlx::query_as(
        "SELECT c.number, c.kind
         FROM json_to_recordset($1::text::json)
             AS r (number text, kind text, status text, agency text, holders text, version bigint)
         JOIN cases AS c ON c.number = r.number AND c.kind = r.kind AND c.version = r.version
         WHERE (c.status, c.agency, c.holders) IS DISTINCT FROM (r.status, r.agency, r.holders) LIMIT 1",
    )
    .bind(rows)
    .fetch_optional(&mut **tx)
    .await?;
    refuse(otherwise, source, same_version)
}
