//! The register in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use certs::Bin;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Register;
use super::condition::{push_query, push_scope};
use super::row::{ProgressRow, RequestRow, request_columns};
use crate::entry::StoredEntry;
use crate::register::{Key, Place, Portion, Progress, Query, Registered, Scope};
use crate::store::StoreError;
use crate::store::journal_row::{EntryRow, entry_columns, signed, unsigned};
use crate::store::kept::Kept;
use crate::store::postgres::journal;
use crate::store::row::records;

/// Connections beside those of requests, and beside that which portions are written over: the indexer's, the stream's, and two reviewers at once.
const CONNECTIONS: u32 = 4;
/// A reviewer waits longer than a request may.
const PATIENCE: Duration = Duration::from_secs(10);

/// Small: requests wait behind every burst of work.
const PORTION: usize = 128;

/// What a crash of the database takes of the register is taken from the journal again.
const UNWAITED: &str = "SET synchronous_commit TO off";

#[derive(Debug)]
pub(super) struct PgRegister {
    pool: PgPool,
    indexer: Kept<Postgres>,
}

impl PgRegister {
    pub(super) fn open(options: PgConnectOptions) -> Self {
        let options = options.application_name("negiz-review");
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let indexer = pool.clone().max_connections(1).after_connect(|connection, _| {
            Box::pin(async move { connection.execute(UNWAITED).await.map(drop) })
        });
        let indexer = Kept::of(&indexer.connect_lazy_with(options.clone()));
        Self { pool: pool.connect_lazy_with(options), indexer }
    }
}

#[async_trait]
impl Register for PgRegister {
    async fn progress(&self) -> Result<Vec<Progress>, StoreError> {
        sqlx::query(
            "INSERT INTO register_logs (origin) SELECT origin FROM log_heads AS h
             WHERE NOT EXISTS (SELECT FROM register_logs AS r WHERE r.origin = h.origin)
             ON CONFLICT DO NOTHING",
        )
        .execute(&self.pool)
        .await?;
        let rows: Vec<ProgressRow> = sqlx::query_as(
            "SELECT r.number, r.origin, r.next, h.size FROM register_logs AS r
             JOIN log_heads AS h ON h.origin = r.origin ORDER BY r.number",
        )
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        journal::entries(&self.pool, origin, from, limit).await
    }

    fn portion(&self) -> usize {
        PORTION
    }

    async fn take(&self, portion: &Portion) -> Result<bool, StoreError> {
        macro_rules! column {
            ($of:ident, $it:ident => $value:expr) => {
                portion.$of.iter().map(|$it| $value).collect::<Vec<_>>()
            };
        }
        let mut connection = self.indexer.lend().await?;
        let taken = sqlx::query_scalar(TAKE)
            .bind(portion.log)
            .bind(signed(portion.from)?)
            .bind(signed(portion.to)?)
            .bind(column!(ended, it => it.place.0))
            .bind(column!(ended, it => it.ending.number()))
            .bind(column!(ended, it => it.code.as_deref()))
            .bind(column!(requests, it => it.place.0))
            .bind(column!(requests, it => it.at.0))
            .bind(column!(requests, it => it.ending.number()))
            .bind(column!(requests, it => it.track.number()))
            .bind(column!(requests, it => it.request))
            .bind(column!(requests, it => it.officer))
            .bind(column!(requests, it => it.subject))
            .bind(column!(requests, it => it.case))
            .bind(column!(requests, it => it.agency.as_ref().map(Bin::as_str)))
            .bind(column!(requests, it => it.registry.as_deref()))
            .bind(column!(requests, it => it.operation.as_deref()))
            .bind(column!(requests, it => it.code.as_deref()))
            .fetch_one(&mut *connection)
            .await?;
        connection.keep();
        Ok(taken)
    }

    async fn search(&self, query: &Query) -> Result<Vec<Registered>, StoreError> {
        let mut statement: QueryBuilder<Postgres> =
            QueryBuilder::new(concat!("SELECT ", request_columns!(), " FROM register WHERE TRUE"));
        push_query!(statement, query);
        // A plan of its own each time: how common a code or an agency is decides which index is the right one.
        let rows: Vec<RequestRow> =
            statement.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        records(rows)
    }

    async fn requests(&self, id: &Uuid, scope: &Scope) -> Result<Vec<Registered>, StoreError> {
        let mut statement: QueryBuilder<Postgres> =
            QueryBuilder::new(concat!("SELECT ", request_columns!(), " FROM register WHERE request = "));
        statement.push_bind(*id);
        push_scope!(statement, scope);
        statement.push(" ORDER BY at, place LIMIT 100");
        let rows: Vec<RequestRow> = statement.build_query_as().fetch_all(&self.pool).await?;
        records(rows)
    }

    async fn outcome(&self, origin: &str, grant: u64) -> Result<Option<StoredEntry>, StoreError> {
        let row: Option<EntryRow> = sqlx::query_as(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entries WHERE origin = $1 AND grant_idx = $2"
        ))
        .bind(origin)
        .bind(signed(grant)?)
        .fetch_optional(&self.pool)
        .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn sealed(&self, case: Key, case_ref: &[u8; 32], origin: &str) -> Result<Vec<u64>, StoreError> {
        let rows: Vec<i64> = sqlx::query_scalar(
            "WITH steps AS (
                 SELECT place % 281474976710656 AS idx FROM register
                 WHERE case_key = $1 AND place / 281474976710656 = (SELECT number FROM register_logs WHERE origin = $3)
             )
             SELECT e.idx FROM steps JOIN entries AS e ON e.origin = $3 AND e.idx = steps.idx AND e.case_ref = $2
             UNION
             SELECT e.idx FROM steps JOIN entries AS e ON e.origin = $3 AND e.grant_idx = steps.idx AND e.case_ref = $2
             ORDER BY 1",
        )
        .bind(case)
        .bind(case_ref.as_slice())
        .bind(origin)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(unsigned).collect()
    }

    async fn rows(&self, places: &[Place]) -> Result<Vec<Registered>, StoreError> {
        let places: Vec<i64> = places.iter().map(|place| place.0).collect();
        let rows: Vec<RequestRow> =
            sqlx::query_as(concat!("SELECT ", request_columns!(), " FROM register WHERE place = ANY($1)"))
                .bind(places)
                .fetch_all(&self.pool)
                .await?;
        records(rows)
    }

    async fn streamed(&self, stream: &str, origin: &str) -> Result<u64, StoreError> {
        let statement = "SELECT next FROM stream_cursors WHERE stream = $1 AND origin = $2";
        let next: Option<i64> =
            sqlx::query_scalar(statement).bind(stream).bind(origin).fetch_optional(&self.pool).await?;
        unsigned(next.unwrap_or(0))
    }

    async fn advance_stream(&self, stream: &str, origin: &str, next: u64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO stream_cursors (stream, origin, next) VALUES ($1, $2, $3)
             ON CONFLICT (stream, origin) DO UPDATE SET next = excluded.next
             WHERE stream_cursors.next < excluded.next",
        )
        .bind(stream)
        .bind(origin)
        .bind(signed(next)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn forget_subjects(&self, case: Key, agency: Option<&str>) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "UPDATE register SET subject = NULL
             WHERE case_key = $1 AND subject IS NOT NULL AND ($2::text IS NULL OR agency = $2)",
        )
        .bind(case)
        .bind(agency)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    async fn agencies(&self, case: Key) -> Result<Vec<String>, StoreError> {
        let statement =
            "SELECT DISTINCT agency FROM register WHERE case_key = $1 AND agency IS NOT NULL ORDER BY agency";
        Ok(sqlx::query_scalar(statement).bind(case).fetch_all(&self.pool).await?)
    }
}

/// Moves on from where the portion starts and, only if it was there, adds its rows: as rows of the journal go in, by one statement and one plan
/// for every number of them.
const TAKE: &str = concat!(
    "WITH moved AS (
        UPDATE register_logs SET next = $3 WHERE number = $1 AND next = $2 RETURNING 1
    ), ended AS (
        UPDATE register AS r SET outcome = e.outcome, code = e.code
        FROM unnest($4::bigint[], $5::smallint[], $6::text[]) AS e (place, outcome, code)
        WHERE r.place = e.place AND EXISTS (SELECT FROM moved)
    ), added AS (
        INSERT INTO register (",
    request_columns!(),
    ") SELECT r.* FROM unnest($7::bigint[], $8::bigint[], $9::smallint[], $10::smallint[], $11::uuid[], $12::uuid[],
            $13::uuid[], $14::uuid[], $15::text[], $16::text[], $17::text[], $18::text[]) AS r
        WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT (place) DO NOTHING
    )
    SELECT count(*) = 1 FROM moved"
);
