//! What a witness remembers: of each log the checkpoint it cosigned last, in one SQLite file.
//!
//! A witness that forgets would cosign a log that was rolled back. So the file is made once, on purpose, and never again of
//! itself; a head is on the disk before its cosignature leaves; and the database itself lets no log shrink, whoever asks.

use std::path::{Path, PathBuf};

use evidence::witness::Cosigned;
use evidence::{Checkpoint, Head, NodeHash, VerifierKey};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Marks the file as a witness's (SQLite `application_id`: "NzWt").
const APPLICATION: i64 = 0x4e7a_5774;

const SCHEMA: &str = "
    CREATE TABLE heads (
        origin     TEXT    NOT NULL PRIMARY KEY,
        size       INTEGER NOT NULL CHECK (size >= 0),
        root       BLOB    NOT NULL CHECK (length(root) = 32),
        -- With the log's signature and the witness's own, as evidence of both.
        checkpoint TEXT    NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER heads_grow BEFORE UPDATE ON heads
    WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
    BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
    CREATE TRIGGER heads_stay BEFORE DELETE ON heads
    BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END;
    PRAGMA application_id = 1316640628;";

/// The memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error("{} is not there: --new makes it, for a witness that has never cosigned", .0.display())]
    Missing(PathBuf),
    #[error("{} is there already: a witness begins once", .0.display())]
    Exists(PathBuf),
    #[error("{} is not the memory of a witness", .0.display())]
    Other(PathBuf),
    #[error("the memory of log {0} is not what this witness cosigned")]
    Spoilt(String),
    #[error("the memory failed")]
    Database(#[from] sqlx::Error),
}

/// A witness's memory.
#[derive(Debug)]
pub struct Memory {
    pool: SqlitePool,
}

impl Memory {
    /// Makes the memory of a witness that has never cosigned.
    ///
    /// # Errors
    /// [`MemoryError::Exists`]; when the file cannot be written.
    pub async fn create(file: &Path) -> Result<Self, MemoryError> {
        if file.exists() {
            return Err(MemoryError::Exists(file.to_path_buf()));
        }
        let pool = connect(file, true).await?;
        // A file that lacks its mark was never finished, and is refused: nothing was cosigned with it.
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Opens a memory that was made before.
    ///
    /// # Errors
    /// [`MemoryError::Missing`], [`MemoryError::Other`]; when the file cannot be read.
    pub async fn open(file: &Path) -> Result<Self, MemoryError> {
        if !file.exists() {
            return Err(MemoryError::Missing(file.to_path_buf()));
        }
        let pool = connect(file, false).await?;
        let mark: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&pool).await?;
        if mark != APPLICATION {
            return Err(MemoryError::Other(file.to_path_buf()));
        }
        Ok(Self { pool })
    }

    /// Holds each remembered head against the cosignature of `witness` over it.
    ///
    /// # Errors
    /// [`MemoryError::Spoilt`].
    pub async fn check(&self, witness: &VerifierKey) -> Result<(), MemoryError> {
        let rows: Vec<(String, i64, Vec<u8>, String)> =
            sqlx::query_as("SELECT origin, size, root, checkpoint FROM heads").fetch_all(&self.pool).await?;
        for (origin, size, root, checkpoint) in rows {
            let holds = head(size, &root).is_some_and(|head| cosigned(&checkpoint, &origin, &head, witness));
            if !holds {
                return Err(MemoryError::Spoilt(origin));
            }
        }
        Ok(())
    }

    /// The head cosigned last; [`Head::EMPTY`] for a log that never was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(&self, origin: &str) -> Result<Head, MemoryError> {
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT size, root FROM heads WHERE origin = ?1")
            .bind(origin)
            .fetch_optional(&self.pool)
            .await?;
        match row {
            None => Ok(Head::EMPTY),
            Some((size, root)) => head(size, &root).ok_or_else(|| MemoryError::Spoilt(origin.to_owned())),
        }
    }

    /// Moves a log from `before` to what was cosigned. `false`: it is not there any more, another process has moved it.
    /// Durable when returned.
    ///
    /// # Errors
    /// When the database fails; whether the log moved is then not known.
    pub async fn advance(&self, before: &Head, cosigned: &Cosigned) -> Result<bool, MemoryError> {
        let spoilt = || MemoryError::Spoilt(cosigned.origin.clone());
        let size = |head: &Head| i64::try_from(head.size).map_err(|_| spoilt());
        let moved = sqlx::query(
            "INSERT INTO heads (origin, size, root, checkpoint)
             SELECT ?1, ?2, ?3, ?4 WHERE ?5 = coalesce((SELECT size FROM heads WHERE origin = ?1), 0)
             ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, checkpoint = excluded.checkpoint",
        )
        .bind(&cosigned.origin)
        .bind(size(&cosigned.head)?)
        .bind(cosigned.head.root.as_bytes().as_slice())
        .bind(cosigned.checkpoint.to_string())
        .bind(size(before)?)
        .execute(&self.pool)
        .await?;
        Ok(moved.rows_affected() == 1)
    }
}

async fn connect(file: &Path, new: bool) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(new)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("recursive_triggers", "ON");
    let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    pool.max_lifetime(None).idle_timeout(None).connect_with(options).await
}

fn head(size: i64, root: &[u8]) -> Option<Head> {
    Some(Head { size: u64::try_from(size).ok()?, root: NodeHash::from_bytes(root.try_into().ok()?) })
}

fn cosigned(text: &str, origin: &str, head: &Head, witness: &VerifierKey) -> bool {
    let Ok(checkpoint) = Checkpoint::parse(text) else { return false };
    let lines = checkpoint.cosignatures(std::slice::from_ref(witness));
    checkpoint.origin() == origin && checkpoint.stated() == head && lines.is_ok_and(|lines| !lines.is_empty())
}
