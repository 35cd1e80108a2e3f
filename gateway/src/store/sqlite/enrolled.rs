//! Agencies, systems, officials and users in SQLite.

use std::collections::HashMap;
use std::time::Instant;

use certs::Iin;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{SqliteStore, write};
use crate::enrolment::{Agency, Enrolment, Fingerprint, Official, System, User};
use crate::store::enrolment_row::{EnrolmentRow, enrolment_columns};
use crate::store::holder_row::HolderRow;
use crate::store::known::{self, Asked, Known};
use crate::store::row::{
    AgencyRow, OfficialRow, SystemRow, UserRow, distinct, hex_list, json, keyed, list, records,
};
use crate::store::{AgencyBook, Imported, StoreError};

pub(super) async fn enrolments(
    db: &mut SqliteConnection,
    certificates: &[Fingerprint],
) -> Result<HashMap<Fingerprint, Enrolment>, StoreError> {
    let rows: Vec<EnrolmentRow> = sqlx::query_as(concat!(
        "SELECT ",
        enrolment_columns!(),
        " FROM systems AS t JOIN agencies AS g ON g.bin = t.agency
         WHERE t.certificate IN (SELECT unhex(value) FROM json_each(?1))"
    ))
    .bind(hex_list(certificates.iter().map(|it| &it.0))?)
    .fetch_all(db)
    .await?;
    keyed(rows, |found: &Enrolment| found.system.certificate)
}

pub(super) async fn user(db: &mut SqliteConnection, iin: &Iin) -> Result<Option<User>, StoreError> {
    let row: Option<UserRow> = sqlx::query_as(
        "SELECT iin, agency AS user_agency, name, role, grounds, state, since, until FROM users WHERE iin = ?1",
    )
    .bind(iin.as_str())
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn known(
    db: &mut SqliteConnection,
    asked: &[Asked],
) -> Result<HashMap<Asked, Known>, StoreError> {
    let since = Instant::now();
    let each: Vec<(&str, &str, String)> =
        asked.iter().map(|it| (it.person.as_str(), it.case.as_str(), it.certificate.to_string())).collect();
    // Request ids are claimed where they are written, in one transaction: nobody looks before.
    let rows = sqlx::query_as(concat!(
        "SELECT a.key AS place, ",
        enrolment_columns!(),
        ", u.iin, u.agency AS user_agency, u.name, u.role, u.grounds, u.state, u.since, u.until,
            c.number, c.kind, c.status, c.agency, c.holders, c.version, s.code, s.kinds, s.url, s.max_age, s.as_of,
            FALSE AS unclaimed
         FROM json_each(?1) AS a
         LEFT JOIN systems AS t ON t.certificate = unhex(a.value ->> 2)
         LEFT JOIN agencies AS g ON g.bin = t.agency
         LEFT JOIN users AS u ON u.iin = a.value ->> 0
         LEFT JOIN cases AS c ON c.number = a.value ->> 1
         LEFT JOIN case_sources AS s ON s.code = c.source"
    ))
    .bind(list(&each)?)
    .fetch_all(db)
    .await?;
    known::known(asked, rows, since)
}

pub(super) async fn agency_book(db: &SqlitePool) -> Result<AgencyBook, StoreError> {
    let mut tx = db.begin().await?;
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
    Ok(AgencyBook {
        agencies: records(agencies)?,
        systems: records(systems)?,
        officials: records(officials)?,
        holders: records(holders)?,
    })
}

pub(super) async fn import_agencies(store: &SqliteStore, book: &AgencyBook) -> Result<Imported, StoreError> {
    let agencies = json::<Agency, AgencyRow>(&book.agencies)?;
    let systems = json::<System, SystemRow>(&book.systems)?;
    let officials = json::<Official, OfficialRow>(&book.officials)?;
    distinct(book.agencies.iter().map(|agency| &agency.bin).collect(), "an agency")?;
    distinct(book.systems.iter().map(|system| system.certificate).collect(), "a system's certificate")?;
    distinct(
        book.officials
            .iter()
            .map(|official| (&official.agency, &official.iin, official.duty.name()))
            .collect(),
        "an official's duty",
    )?;
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let mut imported = put(&mut tx, &AGENCIES, &agencies, book.agencies.len()).await?;
    imported = imported + put(&mut tx, &SYSTEMS, &systems, book.systems.len()).await?;
    imported = imported + put(&mut tx, &OFFICIALS, &officials, book.officials.len()).await?;
    for holder in &book.holders {
        sqlx::query(
            "INSERT INTO console_holders (certificate, iin) VALUES (?1, ?2)
             ON CONFLICT (certificate) DO UPDATE SET iin = excluded.iin",
        )
        .bind(holder.certificate.0.as_slice())
        .bind(holder.iin.as_str())
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    connection.keep();
    Ok(imported)
}

pub(super) async fn import_users(store: &SqliteStore, users: &[User]) -> Result<Imported, StoreError> {
    let rows = json::<User, UserRow>(users)?;
    distinct(users.iter().map(|user| &user.iin).collect(), "a user")?;
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let imported = put(&mut tx, &USERS, &rows, users.len()).await?;
    tx.commit().await?;
    connection.keep();
    Ok(imported)
}

/// The two statements of an import; both take the rows as one JSON text.
pub(super) struct Put {
    /// How many of the keys are known.
    pub(super) known: &'static str,
    /// Writes rows that are new or differ.
    pub(super) upsert: &'static str,
}

const AGENCIES: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN agencies AS t ON t.bin = j.value ->> 'bin'",
    upsert: "INSERT INTO agencies (bin, code, name, kind, state)
        SELECT value ->> 'bin', value ->> 'code', value ->> 'name', value ->> 'kind', value ->> 'state'
        FROM json_each(?1) WHERE true
        ON CONFLICT (bin) DO UPDATE SET code = excluded.code, name = excluded.name, kind = excluded.kind,
            state = excluded.state
        WHERE (agencies.code, agencies.name, agencies.kind, agencies.state)
            IS NOT (excluded.code, excluded.name, excluded.kind, excluded.state)",
};

const SYSTEMS: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j
        JOIN systems AS t ON t.certificate = unhex(j.value ->> 'certificate')",
    upsert: "INSERT INTO systems (certificate, agency, name, role, detail, state)
        SELECT unhex(value ->> 'certificate'), value ->> 'agency', value ->> 'name', value ->> 'role',
            value ->> 'detail', value ->> 'state'
        FROM json_each(?1) WHERE true
        ON CONFLICT (certificate) DO UPDATE SET agency = excluded.agency, name = excluded.name,
            role = excluded.role, detail = excluded.detail, state = excluded.state
        WHERE (systems.agency, systems.name, systems.role, systems.detail, systems.state)
            IS NOT (excluded.agency, excluded.name, excluded.role, excluded.detail, excluded.state)",
};

const OFFICIALS: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN officials AS t
        ON t.agency = j.value ->> 'agency' AND t.iin = j.value ->> 'iin' AND t.duty = j.value ->> 'duty'",
    upsert: "INSERT INTO officials (agency, iin, duty, name, since, until)
        SELECT value ->> 'agency', value ->> 'iin', value ->> 'duty', value ->> 'name', value ->> 'since',
            value ->> 'until'
        FROM json_each(?1) WHERE true
        ON CONFLICT (agency, iin, duty) DO UPDATE SET name = excluded.name, since = excluded.since,
            until = excluded.until
        WHERE (officials.name, officials.since, officials.until)
            IS NOT (excluded.name, excluded.since, excluded.until)",
};

const USERS: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN users AS t ON t.iin = j.value ->> 'iin'",
    upsert: "INSERT INTO users (iin, agency, name, role, grounds, state, since, until)
        SELECT value ->> 'iin', value ->> 'agency', value ->> 'name', value ->> 'role', value ->> 'grounds',
            value ->> 'state', value ->> 'since', value ->> 'until'
        FROM json_each(?1) WHERE true
        ON CONFLICT (iin) DO UPDATE SET agency = excluded.agency, name = excluded.name, role = excluded.role,
            grounds = excluded.grounds, state = excluded.state, since = excluded.since, until = excluded.until
        WHERE (users.agency, users.name, users.role, users.grounds, users.state, users.since, users.until)
            IS NOT (excluded.agency, excluded.name, excluded.role, excluded.grounds, excluded.state,
                excluded.since, excluded.until)",
};

/// Runs both statements and says what they did to `total` rows.
pub(super) async fn put(
    tx: &mut Transaction<'_, Sqlite>,
    statements: &Put,
    rows: &str,
    total: usize,
) -> Result<Imported, StoreError> {
    let known: i64 = sqlx::query_scalar(statements.known).bind(rows).fetch_one(&mut **tx).await?;
    let written = sqlx::query(statements.upsert).bind(rows).execute(&mut **tx).await?.rows_affected();
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    let added = total.saturating_sub(u64::try_from(known).unwrap_or(0));
    Ok(Imported { added, changed: written.saturating_sub(added), unchanged: total.saturating_sub(written) })
}
