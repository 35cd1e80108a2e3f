//! Wrapped keys of cases in SQLite.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{SqliteStore, write};
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::row::{digest, hex_list};

const FIND: &str = "SELECT wrapped FROM case_keys WHERE case_ref = ?1";

/// The keys that were made; a destroyed one is `None`.
pub(super) async fn find(
    db: &mut SqliteConnection,
    case_refs: &[[u8; 32]],
) -> Result<HashMap<[u8; 32], Option<Vec<u8>>>, StoreError> {
    let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT case_ref, wrapped FROM case_keys WHERE case_ref IN (SELECT unhex(value) FROM json_each(?1))",
    )
    .bind(hex_list(case_refs)?)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(case_ref, wrapped)| Ok((digest(&case_ref, "a case reference")?, wrapped)))
        .collect()
}

/// Makes the key, unless another node was first: then that one's.
pub(super) async fn make(
    store: &SqliteStore,
    case_ref: &[u8; 32],
    candidate: &[u8],
    at: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
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
    connection.keep();
    Ok(key)
}

pub(super) async fn destroy(
    store: &SqliteStore,
    case_ref: &[u8; 32],
    at: Millis,
) -> Result<bool, StoreError> {
    let mut connection = store.writer.lend().await?;
    let destroyed = sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at, destroyed_at) VALUES (?1, NULL, ?2, ?2)
         ON CONFLICT (case_ref) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
         WHERE case_keys.destroyed_at IS NULL",
    )
    .bind(case_ref.as_slice())
    .bind(at.0)
    .execute(&mut *connection)
    .await?;
    connection.keep();
    Ok(destroyed.rows_affected() == 1)
}
