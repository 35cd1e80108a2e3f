//! The `negiz` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use gateway::command::Command;

fn main() -> ExitCode {
    // Usage errors end here with status 2 and a line that says what was expected.
    Command::parse().run()
}
