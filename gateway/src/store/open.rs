//! Opening a store by its address, and bringing its schema up to date.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::address::{Address, file_fault, secure, server_fault};
use super::postgres::PgStore;
use super::schema::{self, Applied, Migrated};
use super::sqlite::{self, SqliteStore};
use super::{OpenError, Store, StoreError};

/// How long a server may take to answer the first connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the store at `url`: `sqlite:FILE` or `postgres://…`. `connections` is how many requests read at once.
///
/// # Errors
/// [`OpenError`]: the address, the file or server behind it, or its schema, which has to be the one of this program.
pub async fn connect(url: &str, connections: u32) -> Result<Arc<dyn Store>, OpenError> {
    match url.parse()? {
        Address::Sqlite { file, path } => {
            secure(&path, false)?;
            let store =
                SqliteStore::open(file, connections).await.map_err(|error| file_fault(&path, error))?;
            let mut connection = store.readers().acquire().await.map_err(|error| file_fault(&path, error))?;
            let applied = in_file(&mut connection).await.map_err(|error| file_fault(&path, error))?;
            drop(connection);
            schema::fits(&schema::SQLITE, &applied)?;
            Ok(Arc::new(store))
        }
        Address::Postgres(options) => {
            let mut connection = reach(&options).await?;
            let applied = on_server(&mut connection).await.map_err(|error| server_fault(&options, error))?;
            durable(&mut connection).await?;
            connection.close().await.map_err(StoreError::Database)?;
            schema::fits(&schema::POSTGRES, &applied)?;
            Ok(Arc::new(PgStore::open(*options, connections)))
        }
    }
}

/// Brings the schema of the database at `url` up to date; creates the file of a SQLite database.
///
/// On PostgreSQL this runs as the owner of the tables, not as the role the gateway uses.
///
/// # Errors
/// [`OpenError`], as [`connect`].
pub async fn migrate(url: &str) -> Result<Migrated, OpenError> {
    match url.parse()? {
        Address::Sqlite { file, path } => {
            secure(&path, true)?;
            migrate_file(file, &path).await
        }
        Address::Postgres(options) => migrate_server(&options).await,
    }
}

async fn migrate_file(file: SqliteConnectOptions, path: &Path) -> Result<Migrated, OpenError> {
    let mut connection = sqlite::options(file).connect().await.map_err(|error| file_fault(path, error))?;
    let applied = in_file(&mut connection).await.map_err(|error| file_fault(path, error))?;
    let before = schema::version(&schema::SQLITE, &applied)?;
    schema::SQLITE.run(&mut connection).await.map_err(|error| schema::fault(&schema::SQLITE, error))?;
    connection.close().await.map_err(StoreError::Database)?;
    Ok(Migrated { before, after: schema::newest(&schema::SQLITE) })
}

async fn migrate_server(options: &PgConnectOptions) -> Result<Migrated, OpenError> {
    let mut connection = reach(options).await?;
    let applied = on_server(&mut connection).await.map_err(|error| server_fault(options, error))?;
    let before = schema::version(&schema::POSTGRES, &applied)?;
    schema::POSTGRES.run(&mut connection).await.map_err(|error| schema::fault(&schema::POSTGRES, error))?;
    connection.close().await.map_err(StoreError::Database)?;
    Ok(Migrated { before, after: schema::newest(&schema::POSTGRES) })
}

/// One connection, soon or not at all: a pool would go on trying.
pub(super) async fn reach(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    match tokio::time::timeout(PATIENCE, options.connect()).await {
        Ok(connected) => connected.map_err(|error| server_fault(options, error)),
        Err(_) => Err(server_fault(options, sqlx::Error::PoolTimedOut)),
    }
}

async fn in_file(connection: &mut SqliteConnection) -> Result<Applied, sqlx::Error> {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *connection)
            .await?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    sqlx::query_as(schema::APPLIED).fetch_all(connection).await
}

async fn on_server(connection: &mut PgConnection) -> Result<Applied, sqlx::Error> {
    let tables: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !tables {
        return Ok(Vec::new());
    }
    sqlx::query_as(schema::APPLIED).fetch_all(connection).await
}

/// `fsync` cannot be set by a session: a server without it loses what was promised.
async fn durable(connection: &mut PgConnection) -> Result<(), OpenError> {
    let fsync: String = sqlx::query_scalar("SELECT current_setting('fsync')")
        .fetch_one(connection)
        .await
        .map_err(StoreError::Database)?;
    if fsync == "on" { Ok(()) } else { Err(OpenError::NotDurable { setting: "fsync" }) }
}
