//! Agencies, systems, officials and users in PostgreSQL.

use std::collections::HashMap;
use std::time::Instant;

use certs::Iin;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::enrolment::{Agency, Enrolment, Fingerprint, Official, System, User};
use crate::store::enrolment_row::{EnrolmentRow, enrolment_columns};
use crate::store::holder_row::HolderRow;
use crate::store::known::{self, Asked, Known};
use crate::store::row::{AgencyRow, OfficialRow, SystemRow, UserRow, distinct, json, keyed, records};
use crate::store::{AgencyBook, Imported, StoreError};

pub(super) async fn enrolments(
    db: &mut PgConnection,
    certificates: &[Fingerprint],
) -> Result<HashMap<Fingerprint, Enrolment>, StoreError> {
    let rows: Vec<EnrolmentRow> = sqlx::query_as(concat!(
        "SELECT ",
        enrolment_columns!(),
        " FROM systems AS t JOIN agencies AS g ON g.bin = t.agency WHERE t.certificate = ANY($1)"
    ))
    .bind(certificates.iter().map(|it| it.0.as_slice()).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    keyed(rows, |found: &Enrolment| found.system.certificate)
}

pub(super) async fn user(db: &mut PgConnection, iin: &Iin) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = sqlx::query_as(
        "SELECT iin, agency AS user_agency, name, role, grounds, state, since, until FROM users WHERE iin = $1",
    )
    .bind(iin.as_str())
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn known(
    db: &mut PgConnection,
    asked: &[Asked],
) -> Result<HashMap<Asked, Known>, StoreError> {
    let since = Instant::now();
    // The claim by a subquery and not by EXISTS: that may be answered by reading all claims, which looks cheap while they are few.
    let rows = sqlx::query_as(concat!(
        "SELECT a.place - 1 AS place, ",
        enrolment_columns!(),
        ", u.iin, u.agency AS user_agency, u.name, u.role, u.grounds, u.state, u.since, u.until,
            c.number, c.kind, c.status, c.agency, c.holders, c.version, s.code, s.kinds, s.url, s.max_age, s.as_of,
            (SELECT k.request FROM claims AS k WHERE k.request = a.request AND k.signer = a.signer) IS NULL AS unclaimed
         FROM unnest($1::bytea[], $2::text[], $3::text[], $4::uuid[], $5::bytea[]) WITH ORDINALITY
            AS a (certificate, iin, number, request, signer, place)
         LEFT JOIN systems AS t ON t.certificate = a.certificate
         LEFT JOIN agencies AS g ON g.bin = t.agency
         LEFT JOIN users AS u ON u.iin = a.iin
         LEFT JOIN cases AS c ON c.number = a.number
         LEFT JOIN case_sources AS s ON s.code = c.source"
    ))
    .bind(asked.iter().map(|it| it.certificate.0.as_slice()).collect::<Vec<_>>())
    .bind(asked.iter().map(|it| it.person.as_str()).collect::<Vec<_>>())
    .bind(asked.iter().map(|it| it.case.as_str()).collect::<Vec<_>>())
    .bind(asked.iter().map(|it| it.request).collect::<Vec<_>>())
    .bind(asked.iter().map(|it| it.signer.as_slice()).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    known::known(asked, rows, since)
}

pub(super) async fn agency_book(db: &PgPool) -> Result<AgencyBook, StoreError> {
    // One snapshot for all three tables.
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let agencies: Vec<AgencyRow> =
        sqlx::query_as("SELECT bin, code, name, kind, state FROM agencies ORDER BY bin")
            .fetch_all(&mut *tx)
            .await?;
    let systems: Vec<SystemRow> = sqlx::query_as(
        "SELECT certificate, agency, name, role, detail, state FROM systems ORDER BY certificate",
    )
    .fetch_all(&mut *tx)
    .await?;
    let officials: Vec<OfficialRow> = sqlx::query_as(
        "SELECT agency, iin, duty, name, since, until FROM officials ORDER BY agency, iin, duty",
    )
    .fetch_all(&mut *tx)
    .await?;
    let holders: Vec<HolderRow> =
        sqlx::query_as("SELECT certificate, iin FROM console_holders ORDER BY certificate")
            .fetch_all(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(AgencyBook {
        agencies: records(agencies)?,
        systems: records(systems)?,
        officials: records(officials)?,
        holders: records(holders)?,
    })
}

pub(super) async fn import_agencies(db: &PgPool, book: &AgencyBook) -> Result<Imported, StoreError> {
    distinct(book.agencies.iter().map(|agency| &agency.bin).collect(), "an agency")?;
    distinct(book.systems.iter().map(|system| system.certificate).collect(), "a system's certificate")?;
    distinct(
        book.officials
            .iter()
            .map(|official| (&official.agency, &official.iin, official.duty.name()))
            .collect(),
        "an official's duty",
    )?;
    let agencies = json::<Agency, AgencyRow>(&book.agencies)?;
    let systems = json::<System, SystemRow>(&book.systems)?;
    let officials = json::<Official, OfficialRow>(&book.officials)?;
    let mut tx = db.begin().await?;
    let mut imported = put(&mut tx, PUT_AGENCIES, &agencies, book.agencies.len()).await?;
    imported = imported + put(&mut tx, PUT_SYSTEMS, &systems, book.systems.len()).await?;
    imported = imported + put(&mut tx, PUT_OFFICIALS, &officials, book.officials.len()).await?;
    for holder in &book.holders {
        sqlx::query(
            "INSERT INTO console_holders (certificate, iin) VALUES ($1, $2)
             ON CONFLICT (certificate) DO UPDATE SET iin = excluded.iin",
        )
        .bind(holder.certificate.0.as_slice())
        .bind(holder.iin.as_str())
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(imported)
}

pub(super) async fn import_users(db: &PgPool, users: &[User]) -> Result<Imported, StoreError> {
    distinct(users.iter().map(|user| &user.iin).collect(), "a user")?;
    let rows = json::<User, UserRow>(users)?;
    let mut tx = db.begin().await?;
    let imported = put(&mut tx, PUT_USERS, &rows, users.len()).await?;
    tx.commit().await?;
    Ok(imported)
}

// Each statement takes the rows as one JSON text, writes those that are new or differ, in key order, and counts both.
// A row that was inserted, not updated, has no deleting transaction yet: its `xmax` is 0.

const PUT_AGENCIES: &str = "WITH put AS (
    INSERT INTO agencies AS t (bin, code, name, kind, state)
    SELECT bin, code, name, kind, state
    FROM json_to_recordset($1::text::json) AS r (bin text, code text, name text, kind text, state text)
    ORDER BY bin
    ON CONFLICT (bin) DO UPDATE
        SET code = excluded.code, name = excluded.name, kind = excluded.kind, state = excluded.state
        WHERE (t.code, t.name, t.kind, t.state)
            IS DISTINCT FROM (excluded.code, excluded.name, excluded.kind, excluded.state)
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

const PUT_SYSTEMS: &str = "WITH put AS (
    INSERT INTO systems AS t (certificate, agency, name, role, detail, state)
    SELECT decode(certificate, 'hex'), agency, name, role, detail, state
    FROM json_to_recordset($1::text::json)
        AS r (certificate text, agency text, name text, role text, detail text, state text)
    ORDER BY certificate
    ON CONFLICT (certificate) DO UPDATE
        SET agency = excluded.agency, name = excluded.name, role = excluded.role, detail = excluded.detail,
            state = excluded.state
        WHERE (t.agency, t.name, t.role, t.detail, t.state)
            IS DISTINCT FROM (excluded.agency, excluded.name, excluded.role, excluded.detail, excluded.state)
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

const PUT_OFFICIALS: &str = "WITH put AS (
    INSERT INTO officials AS t (agency, iin, duty, name, since, until)
    SELECT agency, iin, duty, name, since, until
    FROM json_to_recordset($1::text::json)
        AS r (agency text, iin text, duty text, name text, since bigint, until bigint)
    ORDER BY agency, iin, duty
    ON CONFLICT (agency, iin, duty) DO UPDATE
        SET name = excluded.name, since = excluded.since, until = excluded.until
        WHERE (t.name, t.since, t.until) IS DISTINCT FROM (excluded.name, excluded.since, excluded.until)
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

const PUT_USERS: &str = "WITH put AS (
    INSERT INTO users AS t (iin, agency, name, role, grounds, state, since, until)
    SELECT iin, agency, name, role, grounds, state, since, until
    FROM json_to_recordset($1::text::json) AS r (iin text, agency text, name text, role text, grounds text,
        state text, since bigint, until bigint)
    ORDER BY iin
    ON CONFLICT (iin) DO UPDATE
        SET agency = excluded.agency, name = excluded.name, role = excluded.role, grounds = excluded.grounds,
            state = excluded.state, since = excluded.since, until = excluded.until
        WHERE (t.agency, t.name, t.role, t.grounds, t.state, t.since, t.until)
            IS DISTINCT FROM (excluded.agency, excluded.name, excluded.role, excluded.grounds, excluded.state,
                excluded.since, excluded.until)
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

/// Runs one of the statements above over `total` rows.
pub(super) async fn put(
    tx: &mut Transaction<'_, Postgres>,
    statement: &'static str,
    rows: &str,
    total: usize,
) -> Result<Imported, StoreError> {
    let (added, changed): (i64, i64) = sqlx::query_as(statement).bind(rows).fetch_one(&mut **tx).await?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let (added, changed) = (count(added), count(changed));
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Imported { added, changed, unchanged: total.saturating_sub(added).saturating_sub(changed) })
}
