//! `negiz migrate`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use secrecy::ExposeSecret as _;

use crate::command::{complain, say};
use crate::config::Config;
use crate::store::migrate;

/// Brings the schema of a database up to date; nothing is changed if it is. On PostgreSQL this runs as the owner of the tables, not
/// as the role the gateway uses (docs/database.md).
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Migrate {
    /// Take the database from this configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: sqlite:FILE or postgres://user:password@host/name.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Migrate {
    pub(super) async fn run(self) -> ExitCode {
        let url = match (self.database, self.config) {
            (Some(url), _) => url,
            (None, Some(file)) => match Config::load(&file) {
                Ok(config) => config.database.url.expose_secret().to_owned(),
                Err(error) => return complain(&error),
            },
            (None, None) => String::new(),
        };
        match migrate(&url).await {
            Ok(migrated) => {
                say(format_args!("schema: from version {} to {}", migrated.before, migrated.after));
                ExitCode::SUCCESS
            }
            Err(error) => complain(&error),
        }
    }
}
