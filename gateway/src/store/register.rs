//! The register of requests in both databases, over connections of its own: neither a search nor the indexing stands in the
//! way of a request.

mod condition;
mod postgres;
mod row;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::address::{Address, file_fault};
use super::{OpenError, StoreError};
use crate::entry::StoredEntry;
use crate::register::{Key, Place, Portion, Progress, Query, Registered, Scope};

/// What reviewers and the indexer do. Every method is one transaction.
#[async_trait]
pub trait Register: std::fmt::Debug + Send + Sync {
    /// Every log of the deployment and how far it is in the register.
    async fn progress(&self) -> Result<Vec<Progress>, StoreError>;

    /// Entries of a log from `from`, at most `limit`, in order.
    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError>;

    /// Entries that a portion had best have when nobody waits for it.
    fn portion(&self) -> usize;

    /// Takes a portion of a log; `false`, and nothing taken, if another node has taken it meanwhile.
    async fn take(&self, portion: &Portion) -> Result<bool, StoreError>;

    /// Requests that fit the query, newest first.
    async fn search(&self, query: &Query) -> Result<Vec<Registered>, StoreError>;

    /// Every request with this id that the scope lets see: an id is single use for each signer, not for all.
    async fn requests(&self, id: &Uuid, scope: &Scope) -> Result<Vec<Registered>, StoreError>;

    /// The outcome of a grant.
    async fn outcome(&self, origin: &str, grant: u64) -> Result<Option<StoredEntry>, StoreError>;

    /// The entries of a log that are sealed under the key of a case, in order.
    async fn sealed(&self, case: Key, case_ref: &[u8; 32], origin: &str) -> Result<Vec<u64>, StoreError>;

    /// The requests at these places, of those that are in the register.
    async fn rows(&self, places: &[Place]) -> Result<Vec<Registered>, StoreError>;

    /// The first entry of a log that a stream did not deliver for certain.
    async fn streamed(&self, stream: &str, origin: &str) -> Result<u64, StoreError>;

    /// Moves a stream's place in a log forward; one that is further stays.
    async fn advance_stream(&self, stream: &str, origin: &str, next: u64) -> Result<(), StoreError>;

    /// Lets go of whom the requests of a case were about, once its material is destroyed (OI 5(5)); of one agency's alone, if one is
    /// named.
    async fn forget_subjects(&self, case: Key, agency: Option<&str>) -> Result<u64, StoreError>;

    /// The agencies that asked in a case, each once.
    async fn agencies(&self, case: Key) -> Result<Vec<String>, StoreError>;
}

/// Opens the register of the database at `url`.
///
/// # Errors
/// [`OpenError`], as [`super::connect`], which checks the schema.
pub async fn open(url: &str) -> Result<Arc<dyn Register>, OpenError> {
    Ok(match url.parse()? {
        Address::Sqlite { file, path } => {
            let opened = sqlite::SqliteRegister::open(file).await;
            Arc::new(opened.map_err(|error| file_fault(&path, error))?)
        }
        Address::Postgres(options) => Arc::new(postgres::PgRegister::open(*options)),
    })
}
