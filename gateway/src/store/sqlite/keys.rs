//! Wrapped keys of cases in SQLite.

use super::SqliteStore;
use crate::clock::Millis;
use crate::store::StoreError;

const FIND: &str = "SELECT wrapped FROM case_keys WHERE case_ref = ?1";

pub(super) async fn case_key(
    store: &SqliteStore,
    case_ref: &[u8; 32],
    candidate: &[u8],
    at: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    // Most requests are about a case that has its key: the writer is not disturbed for them.
    let found: Option<Option<Vec<u8>>> =
        sqlx::query_scalar(FIND).bind(case_ref.as_slice()).fetch_optional(&store.readers).await?;
    if let Some(found) = found {
        return Ok(found);
    }
    let mut tx = store.write().await?;
    sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )
    .bind(case_ref.as_slice())
    .bind(candidate)
    .bind(at.0)
    .execute(&mut *tx)
    .await?;
    let key = sqlx::query_scalar(FIND).bind(case_ref.as_slice()).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(key)
}

pub(super) async fn destroy(
    store: &SqliteStore,
    case_ref: &[u8; 32],
    at: Millis,
) -> Result<bool, StoreError> {
    let destroyed = sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at, destroyed_at) VALUES (?1, NULL, ?2, ?2)
         ON CONFLICT (case_ref) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
         WHERE case_keys.destroyed_at IS NULL",
    )
    .bind(case_ref.as_slice())
    .bind(at.0)
    .execute(&store.writer)
    .await?;
    Ok(destroyed.rows_affected() == 1)
}
