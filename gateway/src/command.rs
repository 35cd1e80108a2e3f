//! What `negiz` can be told to do.
//!
//! Exit status: 0 done, 1 refused or not verified, 2 usage, 3 could not run.

mod cases;
mod demo;
mod import;
mod keys;
mod log;
mod migrate;
mod policy;
mod request;
mod search;
mod serve;
mod trust;
mod verify;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client::ClientError;

/// The status of a command that was refused, or whose subject did not verify.
pub const REFUSED: u8 = 1;
/// The status of a command that was not told what it needs.
pub const USAGE: u8 = 2;
/// The status of a command that could not run.
pub const COULD_NOT: u8 = 3;

/// No record without a verified ground, and a proof of every answer and refusal that anyone can check later.
#[derive(Debug, Parser)]
#[command(name = "negiz", version, propagate_version = true, arg_required_else_help = true)]
pub struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build a whole small country on loopback and serve it: the quickest way to see Negiz work.
    Demo(demo::Demo),
    /// Run a gateway node.
    Serve(serve::Serve),
    /// Build, sign and send a request, check the receipt, print the record.
    Request(Box<request::Request>),
    /// Check receipts and evidence bundles offline.
    Verify(verify::Verify),
    /// Judge certificates and signed files offline, show the authorities trusted.
    Trust(Box<trust::Trust>),
    /// The log: check it from storage, print its checkpoint, search it.
    Log(log::Log),
    /// Evidence of single requests.
    Evidence(log::Evidence),
    /// Sets of rules: check, print, prove, and decide recorded requests again.
    Policy(policy::Policy),
    /// Run a witness: a process of its own that cosigns checkpoints of logs only if each extends the one before.
    Witness(witness::Witness),
    /// Bring a database's schema up to date.
    Migrate(migrate::Migrate),
    /// Agencies, their systems and officials.
    Agencies(import::Import),
    /// Registered persons.
    Users(import::Import),
    /// Cases of a replica source, and the destruction of what is kept of them.
    Cases(cases::Cases),
    /// The catalogue of registries.
    Registries(import::Import),
    /// The gateway's own keys.
    Keys(keys::KeysCommand),
    /// Joint acts: which bodies, grounds, roles and registries they allow.
    Acts(import::Import),
    /// Declared debtors, for the ground of bankruptcy.
    Debtors(import::Import),
}

impl Command {
    /// Runs to the end and gives the exit status.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return complain(&error),
        };
        runtime.block_on(async move {
            match self.task {
                Task::Demo(demo) => demo.run().await,
                Task::Serve(serve) => serve.run().await,
                Task::Request(request) => request.run().await,
                Task::Verify(verify) => verify.run().await,
                Task::Trust(trust) => trust.run(),
                Task::Log(log) => log.run().await,
                Task::Evidence(evidence) => evidence.run().await,
                Task::Policy(policy) => policy.run().await,
                Task::Witness(witness) => witness.run().await,
                Task::Migrate(migrate) => migrate.run().await,
                Task::Agencies(import) => import.run(import::Subject::Agencies).await,
                Task::Users(import) => import.run(import::Subject::Users).await,
                Task::Cases(cases) => cases.run().await,
                Task::Keys(keys) => keys.run().await,
                Task::Acts(import) => import.run(import::Subject::Acts).await,
                Task::Debtors(import) => import.run(import::Subject::Debtors).await,
                Task::Registries(import) => import.run(import::Subject::Registries).await,
            }
        })
    }
}

/// As [`complain`], with the status that says whether what was typed is at fault.
pub(crate) fn complain_of(error: &ClientError) -> ExitCode {
    let status = complain(error);
    if error.is_usage() { ExitCode::from(USAGE) } else { status }
}

/// Says in one line why nothing could be done, with what lies behind it.
#[expect(clippy::print_stderr, reason = "a command's errors go to the person who ran it")]
pub(crate) fn complain(error: &dyn std::error::Error) -> ExitCode {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries repeat the cause in their own text.
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    eprintln!("negiz: {line}");
    ExitCode::from(COULD_NOT)
}

/// Prints a line of a command's result. A reader that has read enough and closed its end is no error.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
