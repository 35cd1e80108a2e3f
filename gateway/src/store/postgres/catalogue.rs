//! The catalogue of registries in PostgreSQL.

use sqlx::PgPool;

use super::enrolled::put;
use crate::store::row::{distinct, list};
use crate::store::{Imported, StoreError};

const PUT_REGISTRIES: &str = "WITH put AS (
    INSERT INTO registries AS t (code, entry)
    SELECT r.value ->> 0, r.value ->> 1 FROM json_array_elements($1::text::json) AS r ORDER BY 1
    ON CONFLICT (code) DO UPDATE SET entry = excluded.entry WHERE t.entry <> excluded.entry
    RETURNING xmax = 0 AS added
) SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM put";

pub(super) async fn import(db: &PgPool, entries: &[(String, String)]) -> Result<Imported, StoreError> {
    distinct(entries.iter().map(|(code, _)| code).collect(), "a registry")?;
    let rows = list(entries)?;
    let mut tx = db.begin().await?;
    // First: imports come one after the other.
    sqlx::query("UPDATE catalogue SET version = version + 1").execute(&mut *tx).await?;
    let imported = put(&mut tx, PUT_REGISTRIES, &rows, entries.len()).await?;
    tx.commit().await?;
    Ok(imported)
}

pub(super) async fn read(db: &PgPool) -> Result<(i64, Vec<(String, String)>), StoreError> {
    let mut tx = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let version = sqlx::query_scalar("SELECT version FROM catalogue").fetch_one(&mut *tx).await?;
    let entries =
        sqlx::query_as("SELECT code, entry FROM registries ORDER BY code").fetch_all(&mut *tx).await?;
    tx.commit().await?;
    Ok((version, entries))
}

pub(super) async fn version(db: &PgPool) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT version FROM catalogue").fetch_one(db).await?)
}
