//! The catalogue of registries in SQLite.

use sqlx::SqlitePool;

use super::enrolled::{Put, put};
use super::{SqliteStore, write};
use crate::store::row::{distinct, list};
use crate::store::{Imported, StoreError};

const REGISTRIES: Put = Put {
    known: "SELECT count(*) FROM json_each(?1) AS j JOIN registries AS t ON t.code = j.value ->> 0",
    upsert:
        "INSERT INTO registries (code, entry) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
        ON CONFLICT (code) DO UPDATE SET entry = excluded.entry WHERE registries.entry <> excluded.entry",
};

pub(super) async fn import(
    store: &SqliteStore,
    entries: &[(String, String)],
) -> Result<Imported, StoreError> {
    distinct(entries.iter().map(|(code, _)| code).collect(), "a registry")?;
    let rows = list(entries)?;
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    let imported = put(&mut tx, &REGISTRIES, &rows, entries.len()).await?;
    sqlx::query("UPDATE catalogue SET version = version + 1").execute(&mut *tx).await?;
    tx.commit().await?;
    connection.keep();
    Ok(imported)
}

pub(super) async fn read(db: &SqlitePool) -> Result<(i64, Vec<(String, String)>), StoreError> {
    let mut tx = db.begin().await?;
    let version = sqlx::query_scalar("SELECT version FROM catalogue").fetch_one(&mut *tx).await?;
    let entries =
        sqlx::query_as("SELECT code, entry FROM registries ORDER BY code").fetch_all(&mut *tx).await?;
    Ok((version, entries))
}

pub(super) async fn version(db: &SqlitePool) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT version FROM catalogue").fetch_one(db).await?)
}
