//! Case sources and the replica in SQLite.

use sqlx::{SqliteConnection, SqlitePool};

use super::{SqliteStore, write};
use crate::clock::Millis;
use crate::replica::{CaseSource, CaseState, ReplicaCase};
use crate::store::feed::{FeedFault, newest, other_source, refuse, same_version};
use crate::store::row::{CaseRow, ReplicaRow, SourceRow, distinct, json, records};
use crate::store::{Fed, StoreError};

pub(super) async fn replica_cases(
    db: &mut SqliteConnection,
    number: &str,
) -> Result<Vec<ReplicaCase>, StoreError> {
    let rows: Vec<ReplicaRow> = sqlx::query_as(
        "SELECT c.number, c.kind, c.status, c.agency, c.holders, c.version, s.code, s.kinds, s.url, s.max_age, s.as_of
         FROM cases AS c JOIN case_sources AS s ON s.code = c.source WHERE c.number = ?1 ORDER BY c.kind",
    )
    .bind(number)
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn sources(db: &SqlitePool) -> Result<Vec<CaseSource>, StoreError> {
    let rows: Vec<SourceRow> =
        sqlx::query_as("SELECT code, kinds, url, max_age, as_of FROM case_sources ORDER BY code")
            .fetch_all(db)
            .await?;
    records(rows)
}

pub(super) async fn put_sources(store: &SqliteStore, sources: &[CaseSource]) -> Result<(), StoreError> {
    distinct(sources.iter().map(|source| &source.code).collect(), "a case source")?;
    let rows = json::<CaseSource, SourceRow>(sources)?;
    let mut connection = store.writer.lend().await?;
    sqlx::query(
        "INSERT INTO case_sources (code, kinds, url, max_age, as_of)
         SELECT value ->> 'code', value ->> 'kinds', value ->> 'url', value ->> 'max_age', value ->> 'as_of'
         FROM json_each(?1) WHERE true
         ON CONFLICT (code) DO UPDATE SET kinds = excluded.kinds, url = excluded.url, max_age = excluded.max_age,
             as_of = CASE WHEN excluded.url IS NULL THEN case_sources.as_of END",
    )
    .bind(rows)
    .execute(&mut *connection)
    .await?;
    connection.keep();
    Ok(())
}

pub(super) async fn feed(
    store: &SqliteStore,
    source: &str,
    as_of: Millis,
    cases: &[CaseState],
) -> Result<Fed, StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let known: Option<SourceRow> =
        sqlx::query_as("SELECT code, kinds, url, max_age, as_of FROM case_sources WHERE code = ?1")
            .bind(source)
            .fetch_optional(&mut *tx)
            .await?;
    let known: CaseSource = known.ok_or_else(|| FeedFault::UnknownSource.of(source))?.try_into()?;
    let rows = json::<CaseState, CaseRow>(newest(&known, cases)?)?;
    let foreign: Option<(String, String)> = sqlx::query_as(
        "SELECT c.number, c.kind FROM json_each(?1) AS j
         JOIN cases AS c ON c.number = j.value ->> 'number' AND c.kind = j.value ->> 'kind'
         WHERE c.source <> ?2 LIMIT 1",
    )
    .bind(&rows)
    .bind(source)
    .fetch_optional(&mut *tx)
    .await?;
    refuse(foreign, source, other_source)?;
    let otherwise: Option<(String, String)> = sqlx::query_as(
        "SELECT c.number, c.kind FROM json_each(?1) AS j
         JOIN cases AS c ON c.number = j.value ->> 'number' AND c.kind = j.value ->> 'kind'
         WHERE c.version = j.value ->> 'version'
             AND (c.status, c.agency, c.holders)
                 IS NOT (j.value ->> 'status', j.value ->> 'agency', j.value ->> 'holders') LIMIT 1",
    )
    .bind(&rows)
    .fetch_optional(&mut *tx)
    .await?;
    refuse(otherwise, source, same_version)?;
    let applied = sqlx::query(
        "INSERT INTO cases (number, kind, source, status, agency, holders, version)
         SELECT value ->> 'number', value ->> 'kind', ?2, value ->> 'status', value ->> 'agency', value ->> 'holders',
             value ->> 'version'
         FROM json_each(?1) WHERE true
         ON CONFLICT (number, kind) DO UPDATE SET status = excluded.status, agency = excluded.agency,
             holders = excluded.holders, version = excluded.version
         WHERE excluded.version > cases.version",
    )
    .bind(&rows)
    .bind(source)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    sqlx::query("UPDATE case_sources SET as_of = max(coalesce(as_of, ?2), ?2) WHERE code = ?1")
        .bind(source)
        .bind(as_of.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    connection.keep();
    Ok(Fed::of(cases.len(), applied))
}
