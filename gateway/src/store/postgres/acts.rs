//! Joint acts and declared debtors in PostgreSQL.

use sqlx::PgPool;

use super::enrolled::put;
use crate::acts::{Debtor, JointAct};
use crate::store::act_row::{DebtorRow, act_entries, acts_of};
use crate::store::row::{distinct, json};
use crate::store::{Imported, StoreError};

const PUT_ACTS: &str = "WITH put AS (
    INSERT INTO acts AS t (number, entry)
    SELECT r.value ->> 0, r.value ->> 1 FROM json_array_elements($1::text::json) AS r ORDER BY 1
    ON CONFLICT (number) DO UPDATE SET entry = excluded.entry WHERE t.entry <> excluded.entry
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

const PUT_DEBTORS: &str = "WITH put AS (
    INSERT INTO debtors AS t (number, since, until)
    SELECT number, since, until FROM json_to_recordset($1::text::json) AS r (number text, since bigint, until bigint)
    ORDER BY number
    ON CONFLICT (number) DO UPDATE SET since = excluded.since, until = excluded.until
        WHERE (t.since, t.until) IS DISTINCT FROM (excluded.since, excluded.until)
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

pub(super) async fn import(db: &PgPool, acts: &[JointAct]) -> Result<Imported, StoreError> {
    distinct(acts.iter().map(|act| &act.number).collect(), "a joint act")?;
    let rows = act_entries(acts)?;
    let mut tx = db.begin().await?;
    // First: imports come one after the other.
    sqlx::query("UPDATE catalogue SET version = version + 1").execute(&mut *tx).await?;
    let imported = put(&mut tx, PUT_ACTS, &rows, acts.len()).await?;
    tx.commit().await?;
    Ok(imported)
}

pub(super) async fn read(db: &PgPool) -> Result<Vec<JointAct>, StoreError> {
    acts_of(sqlx::query_scalar("SELECT entry FROM acts ORDER BY number").fetch_all(db).await?)
}

pub(super) async fn import_debtors(db: &PgPool, debtors: &[Debtor]) -> Result<Imported, StoreError> {
    distinct(debtors.iter().map(|debtor| &debtor.number).collect(), "a debtor")?;
    let rows = json::<Debtor, DebtorRow>(debtors)?;
    let mut tx = db.begin().await?;
    let imported = put(&mut tx, PUT_DEBTORS, &rows, debtors.len()).await?;
    tx.commit().await?;
    Ok(imported)
}

pub(super) async fn debtor(db: &PgPool, number: &str) -> Result<Option<Debtor>, StoreError> {
    let row: Option<DebtorRow> = sqlx::query_as("SELECT number, since, until FROM debtors WHERE number = $1")
        .bind(number)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Debtor::from))
}
