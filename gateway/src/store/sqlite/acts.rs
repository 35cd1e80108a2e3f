//! Joint acts and declared debtors in SQLite.

use sqlx::SqlitePool;

use super::enrolled::{Put, put};
use super::{SqliteStore, write};
use crate::acts::{Debtor, JointAct};
use crate::store::act_row::{DebtorRow, act_entries, acts_of};
use crate::store::row::{distinct, json};
use crate::store::{Imported, StoreError};

const ACTS: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN acts AS t ON t.number = j.value ->> 0",
    upsert: "INSERT INTO acts (number, entry) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
        ON CONFLICT (number) DO UPDATE SET entry = excluded.entry WHERE acts.entry <> excluded.entry",
};

const DEBTORS: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN debtors AS t ON t.number = j.value ->> 'number'",
    upsert: "INSERT INTO debtors (number, since, until)
        SELECT value ->> 'number', value ->> 'since', value ->> 'until' FROM json_each(?1) WHERE true
        ON CONFLICT (number) DO UPDATE SET since = excluded.since, until = excluded.until
        WHERE (debtors.since, debtors.until) IS NOT (excluded.since, excluded.until)",
};

pub(super) async fn import(store: &SqliteStore, acts: &[JointAct]) -> Result<Imported, StoreError> {
    distinct(acts.iter().map(|act| &act.number).collect(), "a joint act")?;
    let rows = act_entries(acts)?;
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let imported = put(&mut tx, &ACTS, &rows, acts.len()).await?;
    sqlx::query("UPDATE catalogue SET version = version + 1").execute(&mut *tx).await?;
    tx.commit().await?;
    connection.keep();
    Ok(imported)
}

pub(super) async fn read(db: &SqlitePool) -> Result<Vec<JointAct>, StoreError> {
    acts_of(sqlx::query_scalar("SELECT entry FROM acts ORDER BY number").fetch_all(db).await?)
}

pub(super) async fn import_debtors(store: &SqliteStore, debtors: &[Debtor]) -> Result<Imported, StoreError> {
    distinct(debtors.iter().map(|debtor| &debtor.number).collect(), "a debtor")?;
    let rows = json::<Debtor, DebtorRow>(debtors)?;
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let imported = put(&mut tx, &DEBTORS, &rows, debtors.len()).await?;
    tx.commit().await?;
    connection.keep();
    Ok(imported)
}

pub(super) async fn debtor(db: &SqlitePool, number: &str) -> Result<Option<Debtor>, StoreError> {
    let row: Option<DebtorRow> = sqlx::query_as("SELECT number, since, until FROM debtors WHERE number = ?1")
        .bind(number)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Debtor::from))
}
