//! Wrapped keys of cases in SQLite.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{SqliteStore, write};
use crate::clock::Millis;
use crate::store::StoreError;
use crate::store::lookups::Offered;
use crate::store::row::{digest, hex_list, list};

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

/// Makes the keys, but for those that somebody else made before: then theirs hold.
pub(super) async fn make(
    db: &mut SqliteConnection,
    offered: &[Offered],
) -> Result<HashMap<Offered, Option<Vec<u8>>>, StoreError> {
    let row = |it: &&Offered| (hex::encode(it.case_ref), hex::encode(&it.wrapped), it.at);
    let rows: Vec<_> = Offered::in_order(offered).iter().map(row).collect();
    let mut tx = write(db).await?;
    sqlx::query(
        "INSERT INTO case_keys (case_ref, wrapped, made_at)
         SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2 FROM json_each(?1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(list(&rows)?)
    .execute(&mut *tx)
    .await?;
    let case_refs: Vec<[u8; 32]> = offered.iter().map(|it| it.case_ref).collect();
    let keys = find(&mut tx, &case_refs).await?;
    tx.commit().await?;
    Ok(Offered::held(offered, &keys))
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
