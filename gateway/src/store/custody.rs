//! How long content is kept and under which keys: destructions, retention clocks, wrapped keys. Durable when returned.

mod postgres;
mod row;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::address::{Address, file_fault};
use super::{OpenError, StoreError};
use crate::clock::Millis;
use crate::destruction::{Destruction, Termination};
use crate::enrolment::Fingerprint;

/// A case that has ended, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionClock {
    pub kind: String,
    pub number: String,
    pub started_at: Millis,
    pub noticed_at: Option<Millis>,
}

/// A log that says what of a destruction was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub origin: String,
    /// The entry; `None` if nothing was.
    pub index: Option<u64>,
}

/// A node's first look at a destruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Entries of its log then: the account names what stood below, and what came later is for the last look.
    pub size: u64,
    pub at: Millis,
    /// Whether the key goes too that bodies had in common before each had its own.
    pub shared: bool,
}

/// Every method is one transaction, or does the same when done again.
#[async_trait]
pub trait Custody: std::fmt::Debug + Send + Sync {
    /// Asks for a destruction; `false` if one was asked for the same case before.
    async fn ask(&self, destruction: &Destruction) -> Result<bool, StoreError>;

    /// Confirms one that is not confirmed yet, by another than who asked; `false` if there is none such.
    async fn confirm(&self, id: &Uuid, by: &str, at: Millis) -> Result<bool, StoreError>;

    /// The newest destructions.
    async fn destructions(&self, limit: u16) -> Result<Vec<Destruction>, StoreError>;

    async fn destruction(&self, id: &Uuid) -> Result<Option<Destruction>, StoreError>;

    /// Confirmed, and not yet at its end in this log; first those this node did not look at yet; some of many.
    async fn unsettled(&self, origin: &str) -> Result<Vec<Destruction>, StoreError>;

    /// Notes which entry of a log accounts for it; `None` where that log holds nothing of it.
    async fn account(&self, id: &Uuid, origin: &str, index: Option<u64>) -> Result<(), StoreError>;

    /// The logs that account for it, each with the entry.
    async fn accounts(&self, id: &Uuid) -> Result<Vec<Account>, StoreError>;

    /// Notes that nothing of a log comes under its keys any more, and which entry accounts for what came late.
    async fn end(&self, id: &Uuid, origin: &str, late: Option<u64>) -> Result<(), StoreError>;

    /// Keeps what a node found when it first looked; gives back what it found then, and the first node's word on what goes.
    async fn look(&self, id: &Uuid, origin: &str, now: Look) -> Result<Look, StoreError>;

    /// The entries of a log from `from` on that are sealed under a key, in order.
    async fn sealed_from(&self, case_ref: &[u8; 32], origin: &str, from: u64)
    -> Result<Vec<u64>, StoreError>;

    /// The entry of a log that says that `entry`, kept under this key, is gone.
    async fn accounted(
        &self,
        case_ref: &[u8; 32],
        origin: &str,
        entry: u64,
    ) -> Result<Option<u64>, StoreError>;

    /// Starts the clocks of cases of this kind that are closed, stops those of cases that are not.
    async fn run_clocks(&self, kind: &str, now: Millis) -> Result<(), StoreError>;

    /// Clocks that started before `before` and of which no notice was given; some of many.
    async fn clocks_unnoticed(&self, kind: &str, before: Millis) -> Result<Vec<RetentionClock>, StoreError>;

    /// Notes that notice was given.
    async fn notice(&self, clock: &RetentionClock, at: Millis) -> Result<(), StoreError>;

    /// Clocks that started before `started`, with notice before `noticed`, for whose case no destruction was asked; some of many.
    async fn clocks_ended(
        &self,
        kind: &str,
        started: Millis,
        noticed: Millis,
    ) -> Result<Vec<RetentionClock>, StoreError>;

    /// Keeps that a record was terminated; `false` if that was reported before.
    async fn terminate(&self, termination: &Termination) -> Result<bool, StoreError>;

    /// Terminations of which the prosecutor is to be told by `now`, and for which no destruction was asked; some of many.
    async fn terminations_due(&self, now: Millis) -> Result<Vec<Termination>, StoreError>;

    /// Whether the holder of this reviewing credential administers users at this instant: as an official in office, or as the operator.
    async fn administers(&self, certificate: &Fingerprint, at: Millis) -> Result<bool, StoreError>;

    /// Wrapped keys in the order of their cases, from after `after`.
    async fn wrapped(&self, after: &[u8; 32], limit: u16) -> Result<Vec<([u8; 32], Vec<u8>)>, StoreError>;

    /// Puts a key wrapped anew in the place of the same key wrapped before; `false` if that is not there any more.
    async fn rewrap(&self, case_ref: &[u8; 32], before: &[u8], after: &[u8]) -> Result<bool, StoreError>;
}

/// Opens the custody of the database at `url`.
///
/// # Errors
/// [`OpenError`], as [`super::connect`], which checks the schema.
pub async fn open(url: &str) -> Result<Arc<dyn Custody>, OpenError> {
    Ok(match url.parse()? {
        Address::Sqlite { file, path } => {
            let opened = sqlite::SqliteCustody::open(file).await;
            Arc::new(opened.map_err(|error| file_fault(&path, error))?)
        }
        Address::Postgres(options) => Arc::new(postgres::PgCustody::open(*options)),
    })
}
