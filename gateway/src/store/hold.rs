//! One process a log: two that wrote under one origin would mark each other's requests as interrupted.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::OpenError;
use super::address::{Address, server_fault};
use super::open::reach;

/// How long a process that is going may take to let go.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Between two looks whether the session that holds the lock still lives.
const LOOK: Duration = Duration::from_secs(1);

/// A log, held for this process until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Hold(By);

#[derive(Debug)]
enum By {
    /// A lock on a file beside the database.
    File { _lock: File },
    /// An advisory lock of a session that does nothing else, taken again when the server ended it.
    Session { keeping: JoinHandle<()>, displaced: watch::Receiver<bool> },
}

impl Hold {
    /// Waits until another process holds the log, which it can take only while the database server is away from this one. Whoever
    /// held it must stop then.
    pub async fn displaced(&self) {
        if let By::Session { displaced, .. } = &self.0
            && displaced.clone().wait_for(|displaced| *displaced).await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let By::Session { keeping, .. } = &self.0 {
            keeping.abort();
        }
    }
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
                return Ok(Hold(by));
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
        Address::Postgres(options) => {
            let number = number(origin);
            let Some(session) = Session::begin(&options, number).await? else { return Ok(None) };
            let (say, displaced) = watch::channel(false);
            let keeping = tokio::spawn(session.keep(options, number, say));
            Ok(Some(By::Session { keeping, displaced }))
        }
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
fn number(origin: &str) -> i64 {
    let digest = evidence::Digest::of(format!("log {origin}").as_bytes());
    digest.as_bytes().first_chunk().map_or(0, |octets| i64::from_be_bytes(*octets))
}

/// A session with the lock.
struct Session {
    connection: PgConnection,
    /// What the server knows it by: its process and since when.
    process: (i32, String),
}

impl Session {
    /// `None` while another session has the lock.
    async fn begin(options: &PgConnectOptions, number: i64) -> Result<Option<Self>, OpenError> {
        let mut connection = reach(options).await?;
        let begun: (bool, i32, String) = sqlx::query_as(
            "SELECT pg_try_advisory_lock($1), pid, backend_start::text
             FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        )
        .bind(number)
        .fetch_one(&mut connection)
        .await
        .map_err(|error| server_fault(options, error))?;
        let (locked, pid, since) = begun;
        Ok(locked.then_some(Self { connection, process: (pid, since) }))
    }

    /// Watches over the session for ever. The server ends it when it restarts, fails over, or loses this process from sight.
    async fn keep(mut self, options: Box<PgConnectOptions>, number: i64, displaced: watch::Sender<bool>) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, self.connection.ping()).await {
                continue;
            }
            tracing::warn!("the session that holds the log is gone");
            match self.again(&options, number).await {
                Some(session) => self = session,
                None => break,
            }
            tracing::info!("the log is held again");
        }
        // Nobody listens any more when the hold is dropped.
        let _ = displaced.send(true);
    }

    /// Takes the lock with another session, as soon as the server answers. `None` when another process has it and keeps it.
    async fn again(&self, options: &PgConnectOptions, number: i64) -> Option<Self> {
        let mut taken: Option<Instant> = None;
        loop {
            match Self::begin(options, number).await {
                Ok(Some(session)) => return Some(session),
                Ok(None) if taken.is_some_and(|since| since.elapsed() > PATIENCE) => return None,
                Ok(None) => {
                    taken.get_or_insert_with(Instant::now);
                    self.end_remains(options).await;
                }
                Err(_) => taken = None,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A server that lost sight of this process may keep the old session, and its lock, for hours.
    async fn end_remains(&self, options: &PgConnectOptions) {
        let Ok(mut connection) = reach(options).await else { return };
        let (pid, since) = &self.process;
        let ended = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2",
        )
        .bind(pid)
        .bind(since)
        .execute(&mut connection)
        .await;
        if let Err(error) = ended {
            tracing::warn!(error = &error as &dyn std::error::Error, "an old session cannot be ended");
        }
    }
}
