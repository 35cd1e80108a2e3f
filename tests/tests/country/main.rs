//! The contract, held from outside against a whole demonstration country: every statement on SQLite and on PostgreSQL.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use std::sync::OnceLock;

use negiz_tests::country::Country;

/// Makes each statement a test on either database.
macro_rules! on_both_databases {
    ($($statement:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $statement() { super::$statement(crate::sqlite()); })*
        }
        mod on_postgres {
            $(#[test] fn $statement() { super::$statement(crate::postgres()); })*
        }
    };
}

mod accounts;
mod answers;
mod asking;
mod certificates;
mod copies;
mod crash;
mod database;
mod destroying;
mod feeds;
mod flood;
mod forms;
mod imports;
mod keys;
mod legible;
mod lifecycle;
mod load;
mod log;
mod matrix;
mod nodes;
mod notices;
mod numbers;
mod presented;
mod proving;
mod quorum;
mod refusals;
mod register;
mod review;
mod revocation;
mod room;
mod rotation;
mod rules;
mod sanctions;
mod signatures;
mod stamps;
mod stopping;
mod storm;
mod streams;
mod tampering;
mod tokens;
mod tour;
mod tracks;
mod urgency;
mod watch;
mod witness;

fn sqlite() -> &'static Country {
    static COUNTRY: OnceLock<Country> = OnceLock::new();
    COUNTRY.get_or_init(|| Country::start(None))
}

fn postgres() -> &'static Country {
    static COUNTRY: OnceLock<Country> = OnceLock::new();
    COUNTRY.get_or_init(|| Country::start(Some(&negiz_tests::postgres::database().unwrap().owner)))
}
