//! A migrated database of the test's own, and stores on it.

use std::sync::Arc;

use gateway::store::{Store, connect, migrate};
use tempfile::TempDir;

pub(crate) struct House {
    pub(crate) store: Arc<dyn Store>,
    /// As the gateway sees it.
    pub(crate) url: String,
    /// As whoever migrates sees it.
    pub(crate) owner: String,
    _directory: Option<TempDir>,
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("negiz.db").display());
        Self::build(url.clone(), url, Some(directory)).await
    }

    pub(crate) async fn postgres() -> Self {
        let database = negiz_tests::postgres::database().unwrap();
        Self::build(database.gateway, database.owner, None).await
    }

    async fn build(url: String, owner: String, directory: Option<TempDir>) -> Self {
        migrate(&owner).await.unwrap();
        let store = connect(&url, 4).await.unwrap();
        Self { store, url, owner, _directory: directory }
    }

    /// Another process on the same database.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        connect(&self.url, 4).await.unwrap()
    }

    /// Runs a statement as the owner of the tables, past the store.
    pub(crate) async fn by_hand(&self, statement: &'static str) -> Result<(), sqlx::Error> {
        run(&self.owner, statement).await
    }
}

/// Runs a statement at an address.
pub(crate) async fn run(url: &str, statement: &'static str) -> Result<(), sqlx::Error> {
    use sqlx::{Connection as _, PgConnection, SqliteConnection};
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await?;
        sqlx::raw_sql(statement).execute(&mut connection).await?;
    } else {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(statement).execute(&mut connection).await?;
    }
    Ok(())
}
