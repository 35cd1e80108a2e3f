//! The register in SQLite.

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, QueryBuilder, Sqlite, SqlitePool};
use uuid::Uuid;

use super::Register;
use super::condition::{push_query, push_scope};
use super::row::{ProgressRow, RequestRow, request_columns};
use crate::entry::StoredEntry;
use crate::register::{Key, Place, Portion, Progress, Query, Registered, Scope};
use crate::store::StoreError;
use crate::store::journal_row::{EntryRow, entry_columns, signed, unsigned};
use crate::store::kept::Kept;
use crate::store::row::{list, records};
use crate::store::sqlite::journal;

/// Rows of one statement, far below the number of values that SQLite takes.
const ROWS: usize = 64;
/// Large: each commit writes whole pages, of every index at as many places as there are rows, and small ones wrote most of them again and
/// again.
const PORTION: usize = 1024;
/// Reviewers who read at once.
const READERS: u32 = 3;

#[derive(Debug)]
pub(super) struct SqliteRegister {
    readers: SqlitePool,
    writer: Kept<Sqlite>,
}

impl SqliteRegister {
    pub(super) async fn open(file: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let options = super::super::sqlite::options(file);
        let pool = SqlitePoolOptions::new().test_before_acquire(false).max_lifetime(None).idle_timeout(None);
        // Without a wait for the disk: what a power cut takes from the register is indexed again, and the lock that the
        // journal waits for is held for some milliseconds a second.
        let writing = options.clone().synchronous(SqliteSynchronous::Normal);
        let writer = pool.clone().max_connections(1).connect_with(writing).await?;
        let readers = pool.max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { readers, writer: Kept::of(&writer) })
    }
}

#[async_trait]
impl Register for SqliteRegister {
    async fn progress(&self) -> Result<Vec<Progress>, StoreError> {
        let unknown: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM log_heads WHERE origin NOT IN (SELECT origin FROM register_logs)",
        )
        .fetch_one(&self.readers)
        .await?;
        // Reading disturbs nobody; writing waits for the journal's writer.
        if unknown > 0 {
            let statement = "INSERT INTO register_logs (origin) SELECT origin FROM log_heads WHERE TRUE
                 ON CONFLICT DO NOTHING";
            let mut connection = self.writer.lend().await?;
            sqlx::query(statement).execute(&mut *connection).await?;
            connection.keep();
        }
        let rows: Vec<ProgressRow> = sqlx::query_as(
            "SELECT r.number, r.origin, r.next, h.size FROM register_logs AS r
             JOIN log_heads AS h ON h.origin = r.origin ORDER BY r.number",
        )
        .fetch_all(&self.readers)
        .await?;
        records(rows)
    }

    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        journal::entries(&self.readers, origin, from, limit).await
    }

    fn portion(&self) -> usize {
        PORTION
    }

    async fn take(&self, portion: &Portion) -> Result<bool, StoreError> {
        let mut connection = self.writer.lend().await?;
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let moved = sqlx::query("UPDATE register_logs SET next = ?3 WHERE number = ?1 AND next = ?2")
            .bind(portion.log)
            .bind(signed(portion.from)?)
            .bind(signed(portion.to)?)
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            tx.rollback().await?;
            connection.keep();
            return Ok(false);
        }
        for requests in portion.requests.chunks(ROWS) {
            insert(requests).build().execute(&mut *tx).await?;
        }
        for ended in portion.ended.chunks(ROWS) {
            let mut statement: QueryBuilder<Sqlite> = QueryBuilder::new("WITH e (place, outcome, code) AS (");
            statement.push_values(ended, |mut row, it| {
                row.push_bind(it.place.0).push_bind(it.ending.number()).push_bind(it.code.clone());
            });
            statement.push(
                ") UPDATE register SET outcome = e.outcome, code = e.code FROM e WHERE register.place = e.place",
            );
            statement.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        connection.keep();
        Ok(true)
    }

    async fn search(&self, query: &Query) -> Result<Vec<Registered>, StoreError> {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new(concat!("SELECT ", request_columns!(), " FROM register WHERE TRUE"));
        push_query!(statement, query);
        let rows: Vec<RequestRow> =
            statement.build_query_as().persistent(false).fetch_all(&self.readers).await?;
        records(rows)
    }

    async fn requests(&self, id: &Uuid, scope: &Scope) -> Result<Vec<Registered>, StoreError> {
        let mut statement: QueryBuilder<Sqlite> =
            QueryBuilder::new(concat!("SELECT ", request_columns!(), " FROM register WHERE request = "));
        statement.push_bind(*id);
        push_scope!(statement, scope);
        statement.push(" ORDER BY at, place LIMIT 100");
        let rows: Vec<RequestRow> = statement.build_query_as().fetch_all(&self.readers).await?;
        records(rows)
    }

    async fn outcome(&self, origin: &str, grant: u64) -> Result<Option<StoredEntry>, StoreError> {
        let row: Option<EntryRow> = sqlx::query_as(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entries WHERE origin = ?1 AND grant_idx = ?2"
        ))
        .bind(origin)
        .bind(signed(grant)?)
        .fetch_optional(&self.readers)
        .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn sealed(&self, case: Key, case_ref: &[u8; 32], origin: &str) -> Result<Vec<u64>, StoreError> {
        let rows: Vec<i64> = sqlx::query_scalar(
            "WITH steps AS (
                 SELECT place % 281474976710656 AS idx FROM register
                 WHERE case_key = ?1 AND place / 281474976710656 = (SELECT number FROM register_logs WHERE origin = ?3)
             )
             SELECT e.idx FROM steps JOIN entries AS e ON e.origin = ?3 AND e.idx = steps.idx AND e.case_ref = ?2
             UNION
             SELECT e.idx FROM steps JOIN entries AS e ON e.origin = ?3 AND e.grant_idx = steps.idx AND e.case_ref = ?2
             ORDER BY 1",
        )
        .bind(case)
        .bind(case_ref.as_slice())
        .bind(origin)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(unsigned).collect()
    }

    async fn rows(&self, places: &[Place]) -> Result<Vec<Registered>, StoreError> {
        let places: Vec<i64> = places.iter().map(|place| place.0).collect();
        let places = list(&places)?;
        let rows: Vec<RequestRow> = sqlx::query_as(concat!(
            "SELECT ",
            request_columns!(),
            " FROM register WHERE place IN (SELECT value FROM json_each(?1))"
        ))
        .bind(places)
        .fetch_all(&self.readers)
        .await?;
        records(rows)
    }

    async fn streamed(&self, stream: &str, origin: &str) -> Result<u64, StoreError> {
        let statement = "SELECT next FROM stream_cursors WHERE stream = ?1 AND origin = ?2";
        let next: Option<i64> =
            sqlx::query_scalar(statement).bind(stream).bind(origin).fetch_optional(&self.readers).await?;
        unsigned(next.unwrap_or(0))
    }

    async fn advance_stream(&self, stream: &str, origin: &str, next: u64) -> Result<(), StoreError> {
        let mut connection = self.writer.lend().await?;
        sqlx::query(
            "INSERT INTO stream_cursors (stream, origin, next) VALUES (?1, ?2, ?3)
             ON CONFLICT (stream, origin) DO UPDATE SET next = excluded.next
             WHERE stream_cursors.next < excluded.next",
        )
        .bind(stream)
        .bind(origin)
        .bind(signed(next)?)
        .execute(&mut *connection)
        .await?;
        connection.keep();
        Ok(())
    }

    async fn forget_subjects(&self, case: Key, agency: Option<&str>) -> Result<u64, StoreError> {
        let mut connection = self.writer.lend().await?;
        let done = sqlx::query(
            "UPDATE register SET subject = NULL
             WHERE case_key = ?1 AND subject IS NOT NULL AND (?2 IS NULL OR agency = ?2)",
        )
        .bind(case)
        .bind(agency)
        .execute(&mut *connection)
        .await?;
        connection.keep();
        Ok(done.rows_affected())
    }

    async fn agencies(&self, case: Key) -> Result<Vec<String>, StoreError> {
        let statement =
            "SELECT DISTINCT agency FROM register WHERE case_key = ?1 AND agency IS NOT NULL ORDER BY agency";
        Ok(sqlx::query_scalar(statement).bind(case).fetch_all(&self.readers).await?)
    }
}

fn insert(requests: &[Registered]) -> QueryBuilder<Sqlite> {
    let mut statement = QueryBuilder::new(concat!("INSERT INTO register (", request_columns!(), ") "));
    statement.push_values(requests, |mut row, it| {
        row.push_bind(it.place.0)
            .push_bind(it.at.0)
            .push_bind(it.ending.number())
            .push_bind(it.track.number())
            .push_bind(it.request)
            .push_bind(it.officer)
            .push_bind(it.subject)
            .push_bind(it.case)
            .push_bind(it.agency.as_ref().map(|bin| bin.as_str().to_owned()))
            .push_bind(it.registry.clone())
            .push_bind(it.operation.clone())
            .push_bind(it.code.clone());
    });
    statement.push(" ON CONFLICT (place) DO NOTHING");
    statement
}
