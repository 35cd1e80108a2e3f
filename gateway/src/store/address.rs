//! Where the database is, as the operator writes it, and what can be wrong with it.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::StoreError;

/// Why the database cannot be used, in one line for the operator. Never shows a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a database address begins with sqlite: or postgres:, not with {found}")]
    Scheme { found: String },
    #[error("the database address cannot be read; expected sqlite:FILE or postgres://USER@HOST:PORT/NAME")]
    Address(#[source] sqlx::Error),
    #[error("a database in memory forgets the journal; name a file: sqlite:FILE")]
    InMemory,
    #[error("there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    #[error("the directory {} can be written by everybody: chmod o-w it", .0.display())]
    OpenDirectory(PathBuf),
    #[error("{} can be read by others (mode {mode:03o}): chmod 600 it", path.display())]
    OpenFile { path: PathBuf, mode: u32 },
    #[error("{} cannot be written", .0.display())]
    ReadOnly(PathBuf),
    #[error("{} is not a database", .0.display())]
    NotADatabase(PathBuf),
    #[error("the database server at {at} cannot be reached")]
    Unreachable { at: String, source: sqlx::Error },
    #[error("the database server at {at} does not admit the user {user}")]
    NotAdmitted { at: String, user: String, source: sqlx::Error },
    #[error("the database server at {at} has no database {name}")]
    NoDatabase { at: String, name: String },
    #[error("the database server runs with {setting} = off: a commit would not be durable")]
    NotDurable { setting: &'static str },
    #[error("the database has no tables yet: run `negiz migrate`")]
    NotMigrated,
    #[error("the database's schema is version {found}, this program needs {needed}: run `negiz migrate`")]
    SchemaOlder { found: i64, needed: i64 },
    #[error(
        "the database's schema is version {found}, this program knows {known} at most: use a newer program"
    )]
    SchemaNewer { found: i64, known: i64 },
    #[error("migration {version} of the database is not the one this program was built with")]
    SchemaDiffers { version: i64 },
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
}

/// A database address that was understood.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made at start, and taken apart at once")]
pub(super) enum Address {
    Sqlite { file: SqliteConnectOptions, path: PathBuf },
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Address {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", rest)) => {
                if rest.contains(":memory:") || rest.contains("mode=memory") {
                    return Err(OpenError::InMemory);
                }
                let file = SqliteConnectOptions::from_str(url).map_err(OpenError::Address)?;
                let path = file.get_filename().to_path_buf();
                Ok(Self::Sqlite { file, path })
            }
            Some(("postgres" | "postgresql", _)) => {
                let options = PgConnectOptions::from_str(url).map_err(OpenError::Address)?;
                Ok(Self::Postgres(Box::new(options)))
            }
            Some((found, _)) => Err(OpenError::Scheme { found: format!("{found}:") }),
            None => Err(OpenError::Scheme { found: url.chars().take(20).collect() }),
        }
    }
}

/// Makes sure the file is there and only its owner's; creates it when `create` is set.
pub(super) fn secure(path: &Path, create: bool) -> Result<(), OpenError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mode = std::fs::metadata(directory)
        .ok()
        .filter(std::fs::Metadata::is_dir)
        .ok_or_else(|| OpenError::NoDirectory(directory.to_path_buf()))?
        .permissions()
        .mode();
    // Whoever can write the directory can put another file in the place of this one, unless it is sticky like /tmp.
    if mode & 0o002 != 0 && mode & 0o1000 == 0 {
        return Err(OpenError::OpenDirectory(directory.to_path_buf()));
    }
    match OpenOptions::new().read(true).write(true).create(create).mode(0o600).truncate(false).open(path) {
        Ok(file) => owned(path, &file),
        Err(error) if error.kind() == ErrorKind::NotFound && !create => Err(OpenError::NotMigrated),
        Err(_) => Err(OpenError::ReadOnly(path.to_path_buf())),
    }
}

fn owned(path: &Path, file: &std::fs::File) -> Result<(), OpenError> {
    let metadata = file.metadata().map_err(|_| OpenError::ReadOnly(path.to_path_buf()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_file() {
        return Err(OpenError::NotADatabase(path.to_path_buf()));
    }
    if mode & 0o077 != 0 {
        return Err(OpenError::OpenFile { path: path.to_path_buf(), mode });
    }
    Ok(())
}

/// What a failure to open the file means.
pub(super) fn file_fault(path: &Path, error: sqlx::Error) -> OpenError {
    let code = error.as_database_error().and_then(|error| error.code()).map(std::borrow::Cow::into_owned);
    // https://sqlite.org/rescode.html: READONLY 8 and its extensions, CANTOPEN 14, NOTADB 26.
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(8 | 14) => OpenError::ReadOnly(path.to_path_buf()),
        Some(26) => OpenError::NotADatabase(path.to_path_buf()),
        _ => StoreError::Database(error).into(),
    }
}

/// What a failure to connect means.
pub(super) fn server_fault(options: &PgConnectOptions, error: sqlx::Error) -> OpenError {
    let at = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| format!("{}, port {}", socket.display(), options.get_port()),
    );
    let code = error.as_database_error().and_then(|error| error.code()).map(std::borrow::Cow::into_owned);
    // https://www.postgresql.org/docs/15/errcodes-appendix.html
    match code.as_deref() {
        Some("3D000") => {
            let name = options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
            OpenError::NoDatabase { at, name }
        }
        Some("28000" | "28P01" | "42501") => {
            OpenError::NotAdmitted { at, user: options.get_username().to_owned(), source: error }
        }
        Some(_) => StoreError::Database(error).into(),
        None => OpenError::Unreachable { at, source: error },
    }
}
