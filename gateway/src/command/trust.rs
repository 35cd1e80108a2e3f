//! `negiz trust`: whom to trust, and whether a file holds.

mod check;
mod folder;
mod list;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Judges certificates and signed files, and shows the authorities trusted.
#[derive(Debug, Args)]
pub(super) struct Trust {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Check(Box<check::Check>),
    List(list::List),
}

impl Trust {
    pub(super) fn run(self) -> ExitCode {
        match self.task {
            Task::Check(check) => check.run(),
            Task::List(list) => list.run(),
        }
    }
}
