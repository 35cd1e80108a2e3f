//! Wrapped keys of cases in PostgreSQL.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};

use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::row::digest;

const FIND: &str = "SELECT wrapped FROM case_keys WHERE case_ref = $1";

/// The keys that were made; a destroyed one is `None`.
pub(super) async fn find(
    db: &mut PgConnection,
    case_refs: &[[u8; 32]],
) -> Result<HashMap<[u8; 32], Option<Vec<u8>>>, StoreError> {
    let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT case_ref, wrapped FROM case_keys WHERE case_ref = ANY($1)")
            .bind(case_refs.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>())
            .fetch_all(db)
            .await?;
    rows.into_iter()
        .map(|(case_ref, wrapped)| Ok((digest(&case_ref, "a case reference")?, wrapped)))
        .collect()
}

/// Makes the key, unless another node was first: then that one's.
pub(super) async fn make(
    db: &PgPool,
    case_ref: &[u8; 32],
    candidate: &[u8],
    at: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    // Waits for a node that writes the same key at this moment; what it wrote is then found.
    sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    )
    .bind(case_ref.as_slice())
    .bind(candidate)
    .bind(at.0)
    .execute(db)
    .await?;
    Ok(sqlx::query_scalar(FIND).bind(case_ref.as_slice()).fetch_one(db).await?)
}

pub(super) async fn destroy(db: &PgPool, case_ref: &[u8; 32], at: Millis) -> Result<bool, StoreError> {
    let destroyed = sqlx::query(
        "INSERT INTO case_keys AS t (case_ref, wrapped, made_at, destroyed_at) VALUES ($1, NULL, $2, $2)
         ON CONFLICT (case_ref) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
         WHERE t.destroyed_at IS NULL",
    )
    .bind(case_ref.as_slice())
    .bind(at.0)
    .execute(db)
    .await?;
    Ok(destroyed.rows_affected() == 1)
}
