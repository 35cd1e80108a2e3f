//! Wrapped keys of cases in PostgreSQL.

use sqlx::PgPool;

use crate::clock::Millis;
use crate::store::StoreError;

const FIND: &str = "SELECT wrapped FROM case_keys WHERE case_ref = $1";

pub(super) async fn case_key(
    db: &PgPool,
    case_ref: &[u8; 32],
    candidate: &[u8],
    at: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<Option<Vec<u8>>> =
        sqlx::query_scalar(FIND).bind(case_ref.as_slice()).fetch_optional(db).await?;
    if let Some(found) = found {
        return Ok(found);
    }
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
