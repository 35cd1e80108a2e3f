//! The newest cosigned checkpoint of each log, in PostgreSQL.

use sqlx::PgPool;

use crate::entry::Head;
use crate::store::StoreError;
use crate::store::journal_row::{HeadRow, signed};

pub(super) async fn head(db: &PgPool, origin: &str) -> Result<Option<Head>, StoreError> {
    let row: Option<HeadRow> =
        sqlx::query_as("SELECT size, root, checkpoint FROM log_cosigned WHERE origin = $1")
            .bind(origin)
            .fetch_optional(db)
            .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn put(db: &PgPool, origin: &str, head: &Head) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO log_cosigned AS kept (origin, size, root, checkpoint) VALUES ($1, $2, $3, $4)
         ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint
         WHERE kept.size < excluded.size",
    )
    .bind(origin)
    .bind(signed(head.size)?)
    .bind(head.root.as_slice())
    .bind(head.checkpoint.as_str())
    .execute(db)
    .await?;
    Ok(())
}
