//! Custody in SQLite.

use async_trait::async_trait;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use uuid::Uuid;

use super::row::{
    AccountRow, ClockRow, DestructionRow, LookRow, TerminationRow, destruction_columns, termination_columns,
};
use super::{Account, Custody, Look, RetentionClock};
use crate::clock::Millis;
use crate::destruction::{Destruction, Termination};
use crate::enrolment::Fingerprint;
use crate::store::StoreError;
use crate::store::journal_row::{signed, unsigned};
use crate::store::row::{digest, records};

#[derive(Debug)]
pub(super) struct SqliteCustody {
    pool: SqlitePool,
}

impl SqliteCustody {
    /// One connection, which waits for the disk at every commit.
    pub(super) async fn open(file: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let options = super::super::sqlite::options(file);
        let pool = SqlitePoolOptions::new().test_before_acquire(false).max_lifetime(None).idle_timeout(None);
        Ok(Self { pool: pool.max_connections(1).connect_with(options).await? })
    }

    /// Notes an entry of a log that speaks of a destruction, once.
    async fn note(
        &self,
        statement: &'static str,
        id: &Uuid,
        origin: &str,
        index: Option<u64>,
    ) -> Result<(), StoreError> {
        let noted = sqlx::query(statement).bind(*id).bind(origin).bind(index.map(signed).transpose()?);
        noted.execute(&self.pool).await?;
        Ok(())
    }
}

/// What was said before the key went.
const ACCOUNT: &str = "INSERT INTO destruction_entries (destruction, origin, idx) VALUES (?1, ?2, ?3)
    ON CONFLICT DO NOTHING";
/// What was said after the last look.
const END: &str = "INSERT INTO destruction_ends (destruction, origin, idx) VALUES (?1, ?2, ?3)
    ON CONFLICT DO NOTHING";

#[async_trait]
impl Custody for SqliteCustody {
    async fn ask(&self, it: &Destruction) -> Result<bool, StoreError> {
        let asked = sqlx::query(concat!(
            "INSERT INTO destructions (",
            destruction_columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (case_ref) DO NOTHING"
        ))
        .bind(it.id)
        .bind(it.case_ref.as_slice())
        .bind(it.kind.as_str())
        .bind(it.number.as_str())
        .bind(it.cause.name())
        .bind(it.reason.as_str())
        .bind(it.asked_by.as_str())
        .bind(it.asked_at.0)
        .bind(it.confirmed.as_ref().map(|(by, _)| by.as_str()))
        .bind(it.confirmed.as_ref().map(|(_, at)| at.0))
        .execute(&self.pool)
        .await?;
        Ok(asked.rows_affected() == 1)
    }

    async fn confirm(&self, id: &Uuid, by: &str, at: Millis) -> Result<bool, StoreError> {
        let confirmed = sqlx::query(
            "UPDATE destructions SET confirmed_by = ?2, confirmed_at = ?3
             WHERE id = ?1 AND confirmed_at IS NULL AND asked_by <> ?2",
        )
        .bind(*id)
        .bind(by)
        .bind(at.0)
        .execute(&self.pool)
        .await?;
        Ok(confirmed.rows_affected() == 1)
    }

    async fn destructions(&self, limit: u16) -> Result<Vec<Destruction>, StoreError> {
        let rows: Vec<DestructionRow> = sqlx::query_as(concat!(
            "SELECT ",
            destruction_columns!(),
            " FROM destructions ORDER BY asked_at DESC, id LIMIT ?1"
        ))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn destruction(&self, id: &Uuid) -> Result<Option<Destruction>, StoreError> {
        let row: Option<DestructionRow> =
            sqlx::query_as(concat!("SELECT ", destruction_columns!(), " FROM destructions WHERE id = ?1"))
                .bind(*id)
                .fetch_optional(&self.pool)
                .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn unsettled(&self, origin: &str) -> Result<Vec<Destruction>, StoreError> {
        let rows: Vec<DestructionRow> = sqlx::query_as(concat!(
            "SELECT ",
            destruction_columns!(),
            " FROM destructions AS d WHERE confirmed_at IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM destruction_ends AS e WHERE e.destruction = d.id AND e.origin = ?1)
             ORDER BY EXISTS (
                 SELECT 1 FROM destruction_looks AS l WHERE l.destruction = d.id AND l.origin = ?1), confirmed_at, id LIMIT 100"
        ))
        .bind(origin)
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn account(&self, id: &Uuid, origin: &str, index: Option<u64>) -> Result<(), StoreError> {
        self.note(ACCOUNT, id, origin, index).await
    }

    async fn accounts(&self, id: &Uuid) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<AccountRow> =
            sqlx::query_as("SELECT origin, idx FROM destruction_entries WHERE destruction = ?1")
                .bind(*id)
                .fetch_all(&self.pool)
                .await?;
        records(rows)
    }

    async fn end(&self, id: &Uuid, origin: &str, late: Option<u64>) -> Result<(), StoreError> {
        self.note(END, id, origin, late).await
    }

    async fn look(&self, id: &Uuid, origin: &str, now: Look) -> Result<Look, StoreError> {
        sqlx::query(
            "INSERT INTO destruction_scopes (destruction, shared) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )
        .bind(*id)
        .bind(now.shared)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "INSERT INTO destruction_looks (destruction, origin, size, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )
        .bind(*id)
        .bind(origin)
        .bind(signed(now.size)?)
        .bind(now.at.0)
        .execute(&self.pool)
        .await?;
        let row: LookRow = sqlx::query_as(
            "SELECT l.size, l.at, s.shared FROM destruction_looks AS l
             JOIN destruction_scopes AS s ON s.destruction = l.destruction
             WHERE l.destruction = ?1 AND l.origin = ?2",
        )
        .bind(*id)
        .bind(origin)
        .fetch_one(&self.pool)
        .await?;
        row.try_into()
    }

    async fn sealed_from(
        &self,
        case_ref: &[u8; 32],
        origin: &str,
        from: u64,
    ) -> Result<Vec<u64>, StoreError> {
        let rows: Vec<i64> = sqlx::query_scalar(
            "SELECT idx FROM entries WHERE origin = ?1 AND idx >= ?2 AND case_ref = ?3 ORDER BY idx",
        )
        .bind(origin)
        .bind(signed(from)?)
        .bind(case_ref.as_slice())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(unsigned).collect()
    }

    async fn accounted(
        &self,
        case_ref: &[u8; 32],
        origin: &str,
        entry: u64,
    ) -> Result<Option<u64>, StoreError> {
        let index: Option<Option<i64>> = sqlx::query_scalar(
            "SELECT CASE WHEN l.size IS NULL OR ?3 < l.size THEN e.idx ELSE n.idx END
             FROM destructions AS d
             LEFT JOIN destruction_entries AS e ON e.destruction = d.id AND e.origin = ?2
             LEFT JOIN destruction_looks AS l ON l.destruction = d.id AND l.origin = ?2
             LEFT JOIN destruction_ends AS n ON n.destruction = d.id AND n.origin = ?2
             WHERE d.case_ref = ?1",
        )
        .bind(case_ref.as_slice())
        .bind(origin)
        .bind(signed(entry)?)
        .fetch_optional(&self.pool)
        .await?;
        index.flatten().map(unsigned).transpose()
    }

    async fn run_clocks(&self, kind: &str, now: Millis) -> Result<(), StoreError> {
        let moved: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM cases AS c LEFT JOIN retention_clocks AS r ON r.kind = c.kind AND r.number = c.number
             WHERE c.kind = ?1 AND (c.status = 'closed') <> (r.number IS NOT NULL)",
        )
        .bind(kind)
        .fetch_one(&self.pool)
        .await?;
        // Reading disturbs nobody; writing waits for the journal's writer.
        if moved == 0 {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO retention_clocks (kind, number, started_at)
             SELECT kind, number, ?2 FROM cases WHERE kind = ?1 AND status = 'closed' ON CONFLICT DO NOTHING",
        )
        .bind(kind)
        .bind(now.0)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "DELETE FROM retention_clocks WHERE kind = ?1 AND number IN (
                 SELECT number FROM cases WHERE kind = ?1 AND status <> 'closed')",
        )
        .bind(kind)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn clocks_unnoticed(&self, kind: &str, before: Millis) -> Result<Vec<RetentionClock>, StoreError> {
        let rows: Vec<ClockRow> = sqlx::query_as(
            "SELECT kind, number, started_at, noticed_at FROM retention_clocks
             WHERE kind = ?1 AND noticed_at IS NULL AND started_at <= ?2 ORDER BY started_at LIMIT 100",
        )
        .bind(kind)
        .bind(before.0)
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn notice(&self, clock: &RetentionClock, at: Millis) -> Result<(), StoreError> {
        sqlx::query("UPDATE retention_clocks SET noticed_at = ?3 WHERE kind = ?1 AND number = ?2")
            .bind(clock.kind.as_str())
            .bind(clock.number.as_str())
            .bind(at.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn clocks_ended(
        &self,
        kind: &str,
        started: Millis,
        noticed: Millis,
    ) -> Result<Vec<RetentionClock>, StoreError> {
        let rows: Vec<ClockRow> = sqlx::query_as(
            "SELECT kind, number, started_at, noticed_at FROM retention_clocks AS r
             WHERE kind = ?1 AND started_at <= ?2 AND noticed_at <= ?3 AND NOT EXISTS (
                 SELECT 1 FROM destructions AS d WHERE d.kind = r.kind AND d.number = r.number)
             ORDER BY started_at LIMIT 100",
        )
        .bind(kind)
        .bind(started.0)
        .bind(noticed.0)
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn terminate(&self, it: &Termination) -> Result<bool, StoreError> {
        let kept = sqlx::query(concat!(
            "INSERT INTO terminations (",
            termination_columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING"
        ))
        .bind(it.kind.as_str())
        .bind(it.number.as_str())
        .bind(it.case_ref.as_slice())
        .bind(it.keeping.name())
        .bind(it.ended_at.0)
        .bind(it.due_at.0)
        .bind(it.agency.as_str())
        .bind(it.reason.as_str())
        .bind(it.reported_by.as_str())
        .bind(it.reported_at.0)
        .execute(&self.pool)
        .await?;
        Ok(kept.rows_affected() == 1)
    }

    async fn terminations_due(&self, now: Millis) -> Result<Vec<Termination>, StoreError> {
        let rows: Vec<TerminationRow> = sqlx::query_as(concat!(
            "SELECT ",
            termination_columns!(),
            " FROM terminations AS t WHERE due_at <= ?1 AND NOT EXISTS (
                 SELECT 1 FROM destructions AS d WHERE d.case_ref = t.case_ref)
             ORDER BY due_at LIMIT 100"
        ))
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        records(rows)
    }

    async fn administers(&self, certificate: &Fingerprint, at: Millis) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT 1 FROM console_holders AS h JOIN officials AS o ON o.iin = h.iin
                 WHERE h.certificate = ?1 AND o.since <= ?2 AND (o.until IS NULL OR ?2 < o.until)
             ) OR EXISTS (
                 SELECT 1 FROM console_holders AS h JOIN console_holders AS other ON other.iin = h.iin
                 JOIN systems AS s ON s.certificate = other.certificate
                 WHERE h.certificate = ?1 AND s.role = 'console' AND s.detail = 'operator' AND s.state = 'active'
             )",
        )
        .bind(certificate.0.as_slice())
        .bind(at.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(found)
    }

    async fn wrapped(&self, after: &[u8; 32], limit: u16) -> Result<Vec<([u8; 32], Vec<u8>)>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT case_ref, wrapped FROM case_keys WHERE case_ref > ?1 AND wrapped IS NOT NULL
             ORDER BY case_ref LIMIT ?2",
        )
        .bind(after.as_slice())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(case, wrapped)| Ok((digest(&case, "a case reference")?, wrapped))).collect()
    }

    async fn rewrap(&self, case_ref: &[u8; 32], before: &[u8], after: &[u8]) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE case_keys SET wrapped = ?3 WHERE case_ref = ?1 AND wrapped = ?2")
            .bind(case_ref.as_slice())
            .bind(before)
            .bind(after)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
