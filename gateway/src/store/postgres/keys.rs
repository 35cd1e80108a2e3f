//! Wrapped keys of cases in PostgreSQL.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};

use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::lookups::Offered;
use crate::store::row::digest;

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

/// Makes the keys, but for those that somebody else made before: then theirs hold.
pub(super) async fn make(
    db: &mut PgConnection,
    offered: &[Offered],
) -> Result<HashMap<Offered, Option<Vec<u8>>>, StoreError> {
    let ordered = Offered::in_order(offered);
    // Waits for a node that writes one of the keys at this moment; what it wrote is then found.
    sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at)
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) ON CONFLICT DO NOTHING",
    )
    .bind(ordered.iter().map(|it| it.case_ref.as_slice()).collect::<Vec<_>>())
    .bind(ordered.iter().map(|it| it.wrapped.as_slice()).collect::<Vec<_>>())
    .bind(ordered.iter().map(|it| it.at.0).collect::<Vec<_>>())
    .execute(&mut *db)
    .await?;
    let case_refs: Vec<[u8; 32]> = offered.iter().map(|it| it.case_ref).collect();
    Ok(Offered::held(offered, &find(db, &case_refs).await?))
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
