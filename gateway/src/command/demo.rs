//! `negiz demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::command::complain;
use crate::demo::gateway::Ports;
use crate::demo::{self, Options};
use crate::telemetry;

/// Builds certificate authorities, agencies, officers, cases, registries and a gateway on loopback, and serves them until it is
/// stopped. Prints what to try. Started again on the same directory it goes on where it was.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where everything is kept.
    #[arg(long, default_value = "negiz-demo")]
    dir: PathBuf,
    /// Port of the exchange listener; 0 picks a free one.
    #[arg(long, default_value_t = 8443, value_name = "PORT")]
    exchange: u16,
    /// Port of the console listener; 0 picks a free one.
    #[arg(long, default_value_t = 9443, value_name = "PORT")]
    console: u16,
    /// Port of the admin listener; 0 picks a free one.
    #[arg(long, default_value_t = 9090, value_name = "PORT")]
    admin: u16,
    /// Keep the state in this database instead of a file: postgres://user:password@host/name.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Demo {
    pub(super) async fn run(self) -> ExitCode {
        let ports = Ports { exchange: self.exchange, console: self.console, admin: self.admin };
        let settings = crate::config::Telemetry::default();
        let _telemetry = match telemetry::start(&settings) {
            Ok(telemetry) => telemetry,
            Err(error) => return complain(&error),
        };
        match demo::run(Options { dir: self.dir, ports, database: self.database }).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error),
        }
    }
}
