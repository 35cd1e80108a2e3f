//! The `negiz` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;
use gateway::command::Command;
use mimalloc::MiMalloc;

/// A request makes some thousand short-lived pieces on whichever thread carries it on; the system's allocator takes a seventh of its
/// CPU time (docs/decisions/dependencies.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Usage errors end here with status 2 and a line that says what was expected.
    Command::parse().run()
}
