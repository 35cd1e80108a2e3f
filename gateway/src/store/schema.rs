//! Which schema a database has, and which one this program was built for.

use sqlx::migrate::{MigrateError, Migrator};

use super::{OpenError, StoreError};

pub(super) static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// What `negiz migrate` did: versions of the schema, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Migrated {
    pub before: i64,
    pub after: i64,
}

/// The newest version this program knows.
pub(super) fn newest(known: &Migrator) -> i64 {
    known.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Version and checksum of each migration in the database.
pub(super) type Applied = Vec<(i64, Vec<u8>)>;

pub(super) const APPLIED: &str =
    "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";

/// The database's version, unless it comes from another or a newer program.
pub(super) fn version(known: &Migrator, applied: &Applied) -> Result<i64, OpenError> {
    let mut found = 0;
    for (version, checksum) in applied {
        match known.iter().find(|migration| migration.version == *version) {
            None => return Err(OpenError::SchemaNewer { found: *version, known: newest(known) }),
            Some(migration) if migration.checksum != checksum.as_slice() => {
                return Err(OpenError::SchemaDiffers { version: *version });
            }
            Some(_) => found = *version,
        }
    }
    Ok(found)
}

/// Whether the program and the database fit together.
pub(super) fn fits(known: &Migrator, applied: &Applied) -> Result<(), OpenError> {
    let needed = newest(known);
    match version(known, applied)? {
        0 => Err(OpenError::NotMigrated),
        found if found < needed => Err(OpenError::SchemaOlder { found, needed }),
        _ => Ok(()),
    }
}

/// What a failed migration means.
pub(super) fn fault(known: &Migrator, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => OpenError::SchemaNewer { found, known: newest(known) },
        MigrateError::VersionMismatch(version) => OpenError::SchemaDiffers { version },
        error => OpenError::Store(StoreError::Migration(error)),
    }
}
