//! One process a log: two that wrote under one origin would mark each other's requests as interrupted.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::OpenError;
use super::address::{Address, server_fault};
use super::open::reach;

/// How long a process that is going may take to let go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// A log, held for this process until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Hold {
    _by: By,
}

#[derive(Debug)]
enum By {
    /// A lock on a file beside the database.
    File { _lock: File },
    /// An advisory lock of a session that does nothing else.
    Session { _connection: Box<PgConnection> },
}

/// Why a log cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("another process writes the log {origin}; give each node a name of its own (deployment.node)")]
    Taken { origin: String },
    #[error("the lock {} cannot be made", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Holds the log `origin` in the database at `url` for this process.
///
/// # Errors
/// [`HoldError::Taken`] if another process holds it and does not let go soon.
pub async fn hold(url: &str, origin: &str) -> Result<Hold, HoldError> {
    let tried = async {
        loop {
            if let Some(by) = attempt(url, origin).await? {
                return Ok(Hold { _by: by });
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, tried).await {
        Ok(held) => held,
        Err(_) => Err(HoldError::Taken { origin: origin.to_owned() }),
    }
}

async fn attempt(url: &str, origin: &str) -> Result<Option<By>, HoldError> {
    match url.parse()? {
        Address::Sqlite { path, .. } => in_folder(&path, origin),
        Address::Postgres(options) => on_server(&options, origin).await,
    }
}

fn in_folder(database: &Path, origin: &str) -> Result<Option<By>, HoldError> {
    let mut path = database.as_os_str().to_owned();
    path.push(format!(".{}.lock", origin.replace('/', "-")));
    let path = PathBuf::from(path);
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = opened.map_err(|source| HoldError::File { path: path.clone(), source })?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(By::File { _lock: lock })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(HoldError::File { path, source }),
    }
}

/// Advisory locks are numbers: the first eight octets of the origin's digest.
async fn on_server(options: &PgConnectOptions, origin: &str) -> Result<Option<By>, HoldError> {
    let digest = evidence::Digest::of(format!("log {origin}").as_bytes());
    let number = digest.as_bytes().first_chunk().map_or(0, |octets| i64::from_be_bytes(*octets));
    let mut connection = reach(options).await?;
    let held: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(number)
        .fetch_one(&mut connection)
        .await
        .map_err(|error| server_fault(options, error))?;
    Ok(held.then(|| By::Session { _connection: Box::new(connection) }))
}
