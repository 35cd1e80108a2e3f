//! Commands of `negiz` that end by themselves.

use std::process::{Command, Output};

use crate::binary::negiz;

/// What a command did.
#[derive(Clone, Debug)]
pub struct Done {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub said: String,
    /// Standard error.
    pub complained: String,
}

/// Runs `negiz` with these arguments.
#[must_use]
pub fn run(arguments: &[&str]) -> Done {
    run_with(arguments, &[])
}

/// Runs `negiz` with these arguments and variables.
#[must_use]
pub fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    let mut command = Command::new(negiz());
    command.args(arguments).envs(variables.iter().copied());
    let Output { status, stdout, stderr } = command.output().expect("negiz runs");
    Done {
        status: status.code().unwrap_or(-1),
        said: String::from_utf8_lossy(&stdout).into_owned(),
        complained: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
