//! Documents kept once, by digest, in SQLite.

use super::{SqliteStore, write};
use crate::store::StoreError;

pub(super) async fn keep(store: &SqliteStore, documents: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError> {
    let mut connection = store.writer.lend().await?;
    let mut tx = write(&mut connection).await?;
    for (digest, bytes) in documents {
        sqlx::query("INSERT INTO documents (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
            .bind(digest.as_slice())
            .bind(bytes.as_slice())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    connection.keep();
    Ok(())
}

pub(super) async fn find(store: &SqliteStore, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = sqlx::query_scalar("SELECT bytes FROM documents WHERE digest = ?1")
        .bind(digest.as_slice())
        .fetch_optional(&store.readers)
        .await?;
    Ok(found)
}
