//! Time-stamped checkpoints, in PostgreSQL.

use sqlx::PgPool;

use crate::entry::StampedHead;
use crate::store::StoreError;
use crate::store::journal_row::signed;
use crate::store::row::records;
use crate::store::stamp_row::{StampRow, relied_on};

pub(super) async fn beyond(
    db: &PgPool,
    origin: &str,
    index: u64,
    limit: u32,
) -> Result<Vec<StampedHead>, StoreError> {
    let rows: Vec<StampRow> = sqlx::query_as(
        "SELECT size, root, checkpoint, token, relied_on FROM log_stamps
         WHERE origin = $1 AND size > $2 ORDER BY size LIMIT $3",
    )
    .bind(origin)
    .bind(signed(index)?)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    records(rows)
}

pub(super) async fn newest(db: &PgPool, origin: &str) -> Result<Option<StampedHead>, StoreError> {
    let row: Option<StampRow> = sqlx::query_as(
        "SELECT size, root, checkpoint, token, relied_on FROM log_stamps
         WHERE origin = $1 ORDER BY size DESC LIMIT 1",
    )
    .bind(origin)
    .fetch_optional(db)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn put(db: &PgPool, origin: &str, stamp: &StampedHead) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO log_stamps (origin, size, root, checkpoint, token, relied_on) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (origin, size) DO NOTHING",
    )
    .bind(origin)
    .bind(signed(stamp.head.size)?)
    .bind(stamp.head.root.as_slice())
    .bind(stamp.head.checkpoint.as_str())
    .bind(stamp.token.as_slice())
    .bind(relied_on(stamp)?)
    .execute(db)
    .await?;
    Ok(())
}
