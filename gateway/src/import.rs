//! What operators hand in as files: agencies, users, cases, registries.
//!
//! A file is checked as a whole, against itself and against what is enrolled, before anything is stored. Every error is
//! reported, up to [`MOST_ERRORS`], with file, line, field, what was found and what was expected. The shapes are in
//! `docs/import.md`.

mod acts;
mod agencies;
mod cases;
mod document;
mod fault;
mod field;
mod instant;
mod known;
mod record;
mod registries;
mod separate;
mod table;
mod users;

pub use acts::{read_acts, read_debtors};
pub use agencies::read_agencies;
pub use cases::{CaseFile, read_cases};
pub use fault::{ImportError, MOST_ERRORS};
pub use known::{CheckDigits, Known};
pub use registries::{Unlisted, read_registries};
pub use users::read_users;

/// A file as the operator named it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// As it appears in errors.
    pub name: &'a str,
    pub bytes: &'a [u8],
    pub format: Format,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    /// The format a file's name ends in.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        if ending.eq_ignore_ascii_case("csv") {
            Some(Self::Csv)
        } else if ending.eq_ignore_ascii_case("json") {
            Some(Self::Json)
        } else {
            None
        }
    }
}
