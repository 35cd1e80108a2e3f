//! Resolutions, urgent measures and notices to prosecutors in PostgreSQL.

use certs::Bin;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::clock::Millis;
use crate::enrolment::{Agency, Official};
use crate::outbox::{Due, Notice, Told};
use crate::resolutions::KeptResolution;
use crate::store::StoreError;
use crate::store::oversight_row::{NoticeRow, ResolutionRow, RunningRow, ended};
use crate::store::row::{AgencyRow, OfficialRow, records};
use crate::urgent::{ClockOf, Effect, Running};

pub(super) async fn agency(db: &PgPool, bin: &Bin) -> Result<Option<(Agency, Vec<Official>)>, StoreError> {
    let row: Option<AgencyRow> =
        sqlx::query_as("SELECT bin, code, name, kind, state FROM agencies WHERE bin = $1")
            .bind(bin.as_str())
            .fetch_optional(db)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let officials: Vec<OfficialRow> =
        sqlx::query_as("SELECT agency, iin, duty, name, since, until FROM officials WHERE agency = $1")
            .bind(bin.as_str())
            .fetch_all(db)
            .await?;
    Ok(Some((row.try_into()?, records(officials)?)))
}

pub(super) async fn put_resolution(db: &PgPool, resolution: &KeptResolution) -> Result<(), StoreError> {
    let (what, target) = ended(&resolution.ended);
    sqlx::query(
        "INSERT INTO resolutions (digest, ended, target, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(resolution.digest.as_slice())
    .bind(what)
    .bind(target.as_slice())
    .bind(resolution.since.0)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn resolution_count(db: &PgPool) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM resolutions").fetch_one(db).await?)
}

pub(super) async fn resolutions(db: &PgPool) -> Result<Vec<KeptResolution>, StoreError> {
    let rows: Vec<ResolutionRow> =
        sqlx::query_as("SELECT digest, ended, target, since FROM resolutions").fetch_all(db).await?;
    records(rows)
}

/// What the grants of a batch do to the clocks, in the batch's own transaction: clock by clock, so that two nodes that want the same
/// clocks wait for each other in one direction only; what is done to one clock keeps its order.
pub(super) async fn apply(db: &mut PgConnection, origin: &str, effects: &[Effect]) -> Result<(), StoreError> {
    let mut effects: Vec<&Effect> = effects.iter().collect();
    effects.sort_by_key(|effect| effect.clock());
    for effect in effects {
        match effect {
            Effect::Begun(grant) => {
                sqlx::query(
                    "INSERT INTO urgent_measures (case_ref, subject, origin, request, agency, decided, deadline)
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                )
                .bind(grant.clock.case.as_slice())
                .bind(grant.clock.subject.as_slice())
                .bind(origin)
                .bind(grant.request)
                .bind(grant.agency.as_str())
                .bind(grant.decided.0)
                .bind(grant.deadline.0)
                .execute(&mut *db)
                .await?;
                sqlx::query(
                    "INSERT INTO urgent_grants (request, agency, case_ref, subject) VALUES ($1, $2, $3, $4)
                     ON CONFLICT DO NOTHING",
                )
                .bind(grant.request)
                .bind(grant.agency.as_str())
                .bind(grant.clock.case.as_slice())
                .bind(grant.clock.subject.as_slice())
                .execute(&mut *db)
                .await?;
                put_notice(&mut *db, origin, &grant.notice).await?;
            }
            Effect::Sanctioned { clock, at } => {
                sqlx::query(
                    "UPDATE urgent_measures SET sanctioned = $3
                     WHERE case_ref = $1 AND subject = $2 AND sanctioned IS NULL AND deadline > $3",
                )
                .bind(clock.case.as_slice())
                .bind(clock.subject.as_slice())
                .bind(at.0)
                .execute(&mut *db)
                .await?;
            }
        }
    }
    Ok(())
}

async fn put_notice(db: &mut PgConnection, origin: &str, notice: &Notice) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox (id, body, made, due, attempts, origin) VALUES ($1, $2, $3, $3, 0, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(notice.id)
    .bind(notice.body.as_str())
    .bind(notice.made.0)
    .bind(origin)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn tell(db: &PgPool, notice: &Notice) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    put_notice(&mut tx, "", notice).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn running(db: &PgPool, clock: &ClockOf) -> Result<Option<Running>, StoreError> {
    let row: Option<RunningRow> = sqlx::query_as(
        "SELECT case_ref, subject, request, agency, decided, deadline, sanctioned, flagged FROM urgent_measures
         WHERE case_ref = $1 AND subject = $2",
    )
    .bind(clock.case.as_slice())
    .bind(clock.subject.as_slice())
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn overdue(db: &PgPool, origin: &str, now: Millis) -> Result<Vec<Running>, StoreError> {
    let rows: Vec<RunningRow> = sqlx::query_as(
        "SELECT case_ref, subject, request, agency, decided, deadline, sanctioned, flagged FROM urgent_measures
         WHERE (origin = $1 OR deadline <= $2 - 60000) AND deadline <= $2 AND sanctioned IS NULL AND flagged IS NULL
         LIMIT 64",
    )
    .bind(origin)
    .bind(now.0)
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn flag(
    db: &PgPool,
    clock: &ClockOf,
    at: Millis,
    notice: &Notice,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let origin: Option<String> = sqlx::query_scalar(
        "UPDATE urgent_measures SET flagged = $3 WHERE case_ref = $1 AND subject = $2 AND flagged IS NULL
         RETURNING origin",
    )
    .bind(clock.case.as_slice())
    .bind(clock.subject.as_slice())
    .bind(at.0)
    .fetch_optional(&mut *tx)
    .await?;
    // Another node that flagged it first has told of it too.
    if let Some(origin) = origin {
        put_notice(&mut tx, &origin, notice).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn unsanctioned(db: &PgPool, request: &Uuid, agency: &Bin) -> Result<bool, StoreError> {
    let flagged: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM urgent_grants AS g JOIN urgent_measures AS m USING (case_ref, subject)
         WHERE g.request = $1 AND g.agency = $2 AND m.flagged IS NOT NULL",
    )
    .bind(request)
    .bind(agency.as_str())
    .fetch_optional(db)
    .await?;
    Ok(flagged.is_some())
}

pub(super) async fn take_notices(
    db: &PgPool,
    origin: &str,
    now: Millis,
    again: Millis,
) -> Result<Vec<Due>, StoreError> {
    let rows: Vec<NoticeRow> = sqlx::query_as(
        "UPDATE outbox SET due = $2, attempts = attempts + 1 WHERE id IN
            (SELECT id FROM outbox WHERE delivered IS NULL AND due <= $1
                AND (origin IN ('', $3) OR made <= $1 - 60000)
             ORDER BY due LIMIT 16 FOR UPDATE SKIP LOCKED)
         RETURNING id, body, made, told",
    )
    .bind(now.0)
    .bind(again.0)
    .bind(origin)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Due::from).collect())
}

pub(super) async fn oldest_notice(db: &PgPool) -> Result<Option<Millis>, StoreError> {
    let made: Option<i64> =
        sqlx::query_scalar("SELECT min(made) FROM outbox WHERE delivered IS NULL").fetch_one(db).await?;
    Ok(made.map(Millis))
}

pub(super) async fn notice_told(
    db: &PgPool,
    id: &Uuid,
    told: Told,
    all: Option<Millis>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET told = told | $2, delivered = $3 WHERE id = $1")
        .bind(id)
        .bind(told.bits())
        .bind(all.map(|all| all.0))
        .execute(db)
        .await?;
    Ok(())
}
