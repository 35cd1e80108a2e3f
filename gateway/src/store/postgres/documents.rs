//! Documents kept once, by digest, in PostgreSQL.

use sqlx::PgPool;

use crate::store::StoreError;

pub(super) async fn keep(pool: &PgPool, documents: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError> {
    let digests: Vec<&[u8]> = documents.iter().map(|(digest, _)| digest.as_slice()).collect();
    let bytes: Vec<&[u8]> = documents.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    sqlx::query(
        "INSERT INTO documents (digest, bytes) SELECT * FROM unnest($1::bytea[], $2::bytea[])
         ON CONFLICT DO NOTHING",
    )
    .bind(&digests)
    .bind(&bytes)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn find(pool: &PgPool, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = sqlx::query_scalar("SELECT bytes FROM documents WHERE digest = $1")
        .bind(digest.as_slice())
        .fetch_optional(pool)
        .await?;
    Ok(found)
}
