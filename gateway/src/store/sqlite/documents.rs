//! Documents kept once, by digest, in SQLite.

use super::SqliteStore;
use crate::store::StoreError;

pub(super) async fn keep(store: &SqliteStore, documents: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    for (digest, bytes) in documents {
        sqlx::query("INSERT INTO documents (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
            .bind(digest.as_slice())
            .bind(bytes.as_slice())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn find(store: &SqliteStore, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = sqlx::query_scalar("SELECT bytes FROM documents WHERE digest = ?1")
        .bind(digest.as_slice())
        .fetch_optional(&store.readers)
        .await?;
    Ok(found)
}
