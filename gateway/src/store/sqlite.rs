//! The store of a single node: one file, one writer, readers beside it.
//!
//! A statement costs a hop to the connection's own thread (50 to 75 µs), so a batch is a handful of statements over many
//! rows, never a statement a row.

mod acts;
mod cases;
mod catalogue;
mod cosigned;
mod documents;
mod enrolled;
mod inspect;
pub(super) mod journal;
mod keys;
mod matrices;
mod oversight;
mod stamps;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use certs::{Bin, Iin};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use uuid::Uuid;

use super::gather::Gather;
use super::kept::Kept;
use super::lookups::{LOOKUPS, Lookups, lookups};
use super::{
    AgencyBook, Asked, Fed, FoundKey, Imported, KeptDocument, Known, Sealing, Store, StoreError, Tallies,
};
use crate::acts::{Debtor, JointAct};
use crate::clock::Millis;
use crate::enrolment::{Agency, Enrolment, Fingerprint, Official, User};
use crate::entry::{Claim, Head, Outcome, StampedHead, StoredEntry};
use crate::matrices::{KeptSet, Proposal};
use crate::outbox::{Due, Notice, Told};
use crate::replica::{CaseSource, CaseState, ReplicaCase};
use crate::resolutions::KeptResolution;
use crate::urgent::{ClockOf, Running};

/// How long a writer waits for another process (`negiz agencies import` beside `negiz serve`) before it gives up.
const BUSY: Duration = Duration::from_secs(10);

/// Batches of every size up to the chunk limits keep a prepared statement of their own.
const STATEMENTS: usize = 512;

/// Rows that a reading connection's thread may be ahead of who reads them: each time it is not, both wait for each other.
const ROWS: usize = 1024;

#[derive(Debug)]
pub(super) struct SqliteStore {
    writer: Arc<Kept<Sqlite>>,
    readers: SqlitePool,
    asked: Lookups,
}

/// How every connection to the file behaves.
pub(super) fn options(file: SqliteConnectOptions) -> SqliteConnectOptions {
    file.journal_mode(SqliteJournalMode::Wal)
        // Returned means durable: a commit waits for the disk.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        // REPLACE removes rows without asking the triggers that forbid it, unless this is on.
        .pragma("recursive_triggers", "ON")
        // A destroyed key leaves no copy in a free page (SLS 16-3(3)).
        .pragma("secure_delete", "ON")
        .create_if_missing(false)
}

impl SqliteStore {
    /// Opens a file that exists, with `readers` connections beside the one that writes.
    pub(super) async fn open(file: SqliteConnectOptions, readers: u32) -> Result<Self, sqlx::Error> {
        let options = options(file);
        let pool = SqlitePoolOptions::new().test_before_acquire(false).max_lifetime(None).idle_timeout(None);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        let readers = pool
            .max_connections(readers.max(1).saturating_add(LOOKUPS))
            .connect_with(options.read_only(true).row_buffer_size(ROWS))
            .await?;
        let writer = Arc::new(Kept::of(&writer));
        Ok(Self { asked: lookups!(readers, Arc::clone(&writer)), writer, readers })
    }

    /// Connections that read, for the check of the schema.
    pub(super) const fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

/// A transaction that holds the write lock from its first statement, so that it cannot fail half-way for want of it.
async fn write(connection: &mut SqliteConnection) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
    connection.begin_with("BEGIN IMMEDIATE").await
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT version FROM catalogue").execute(&self.readers).await?;
        Ok(())
    }

    async fn enrolment(&self, certificate: &Fingerprint) -> Result<Option<Enrolment>, StoreError> {
        self.asked.enrolment(certificate).await
    }

    async fn user(&self, iin: &Iin) -> Result<Option<User>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        enrolled::user(&mut connection, iin).await
    }

    async fn known(&self, asked: Asked) -> Result<Known, StoreError> {
        self.asked.known(asked).await
    }

    async fn replica_cases(&self, number: &str) -> Result<Vec<ReplicaCase>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        cases::replica_cases(&mut connection, number).await
    }

    async fn case_sources(&self) -> Result<Vec<CaseSource>, StoreError> {
        cases::sources(&self.readers).await
    }

    async fn put_case_sources(&self, sources: &[CaseSource]) -> Result<(), StoreError> {
        cases::put_sources(self, sources).await
    }

    async fn feed_cases(&self, source: &str, as_of: Millis, cases: &[CaseState]) -> Result<Fed, StoreError> {
        cases::feed(self, source, as_of, cases).await
    }

    async fn agency_book(&self) -> Result<AgencyBook, StoreError> {
        enrolled::agency_book(&self.readers).await
    }

    async fn import_agencies(&self, book: &AgencyBook) -> Result<Imported, StoreError> {
        enrolled::import_agencies(self, book).await
    }

    async fn import_users(&self, users: &[User]) -> Result<Imported, StoreError> {
        enrolled::import_users(self, users).await
    }

    async fn import_registries(&self, entries: &[(String, String)]) -> Result<Imported, StoreError> {
        catalogue::import(self, entries).await
    }

    async fn catalogue(&self) -> Result<(i64, Vec<(String, String)>), StoreError> {
        catalogue::read(&self.readers).await
    }

    async fn catalogue_version(&self) -> Result<i64, StoreError> {
        catalogue::version(&self.readers).await
    }

    async fn import_acts(&self, acts: &[JointAct]) -> Result<Imported, StoreError> {
        acts::import(self, acts).await
    }

    async fn acts(&self) -> Result<Vec<JointAct>, StoreError> {
        acts::read(&self.readers).await
    }

    async fn import_debtors(&self, debtors: &[Debtor]) -> Result<Imported, StoreError> {
        acts::import_debtors(self, debtors).await
    }

    async fn debtor(&self, number: &str) -> Result<Option<Debtor>, StoreError> {
        acts::debtor(&self.readers, number).await
    }

    async fn agency(&self, bin: &Bin) -> Result<Option<(Agency, Vec<Official>)>, StoreError> {
        oversight::agency(&self.readers, bin).await
    }

    async fn put_resolution(&self, resolution: &KeptResolution) -> Result<(), StoreError> {
        oversight::put_resolution(self, resolution).await
    }

    async fn resolution_count(&self) -> Result<i64, StoreError> {
        oversight::resolution_count(&self.readers).await
    }

    async fn resolutions(&self) -> Result<Vec<KeptResolution>, StoreError> {
        oversight::resolutions(&self.readers).await
    }

    async fn running(&self, clock: &ClockOf) -> Result<Option<Running>, StoreError> {
        oversight::running(&self.readers, clock).await
    }

    async fn overdue(&self, origin: &str, now: Millis) -> Result<Vec<Running>, StoreError> {
        oversight::overdue(&self.readers, origin, now).await
    }

    async fn flag(&self, clock: &ClockOf, at: Millis, notice: &Notice) -> Result<(), StoreError> {
        oversight::flag(self, clock, at, notice).await
    }

    async fn unsanctioned(&self, request: &Uuid, agency: &Bin) -> Result<bool, StoreError> {
        oversight::unsanctioned(&self.readers, request, agency).await
    }

    async fn put_notice(&self, notice: &Notice) -> Result<(), StoreError> {
        oversight::tell(self, notice).await
    }

    async fn take_notices(&self, origin: &str, now: Millis, again: Millis) -> Result<Vec<Due>, StoreError> {
        oversight::take_notices(self, origin, now, again).await
    }

    async fn oldest_notice(&self) -> Result<Option<Millis>, StoreError> {
        oversight::oldest_notice(&self.readers).await
    }

    async fn notice_told(&self, id: &Uuid, told: Told, all: Option<Millis>) -> Result<(), StoreError> {
        oversight::notice_told(self, id, told, all).await
    }

    async fn propose_matrix(&self, proposal: &Proposal) -> Result<bool, StoreError> {
        matrices::propose_matrix(self, proposal).await
    }

    async fn matrix_proposal(&self, set: &[u8; 32]) -> Result<Option<Proposal>, StoreError> {
        matrices::matrix_proposal(&self.readers, set).await
    }

    async fn approve_matrix(
        &self,
        set: &[u8; 32],
        approver: &[u8; 32],
        at: Millis,
    ) -> Result<bool, StoreError> {
        matrices::approve_matrix(self, set, approver, at).await
    }

    async fn matrix_in_force(&self) -> Result<Option<Proposal>, StoreError> {
        matrices::matrix_in_force(&self.readers).await
    }

    async fn keep_set(&self, set: &KeptSet, now: Millis) -> Result<(), StoreError> {
        matrices::keep_set(self, set, now).await
    }

    async fn kept_set(&self, digest: &[u8; 32]) -> Result<Option<KeptSet>, StoreError> {
        matrices::kept_set(&self.readers, digest).await
    }

    async fn kept_sets(&self) -> Result<Vec<([u8; 32], Millis)>, StoreError> {
        matrices::kept_sets(&self.readers).await
    }

    async fn case_key(
        &self,
        case_ref: &[u8; 32],
        candidate: &[u8],
        at: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.asked.case_key(case_ref, candidate, at).await
    }

    async fn keep_documents(&self, documents: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError> {
        documents::keep(self, documents).await
    }

    async fn document(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        documents::find(self, digest).await
    }

    async fn destroy_case_key(&self, case_ref: &[u8; 32], at: Millis) -> Result<bool, StoreError> {
        keys::destroy(self, case_ref, at).await
    }

    async fn head(&self, origin: &str) -> Result<Option<Head>, StoreError> {
        journal::head(&self.readers, origin).await
    }

    async fn cosigned(&self, origin: &str) -> Result<Option<Head>, StoreError> {
        cosigned::head(&self.readers, origin).await
    }

    async fn put_cosigned(&self, origin: &str, head: &Head) -> Result<(), StoreError> {
        cosigned::put(self, origin, head).await
    }

    async fn stamps(&self, origin: &str, index: u64, limit: u32) -> Result<Vec<StampedHead>, StoreError> {
        stamps::beyond(&self.readers, origin, index, limit).await
    }

    async fn newest_stamp(&self, origin: &str) -> Result<Option<StampedHead>, StoreError> {
        stamps::newest(&self.readers, origin).await
    }

    async fn put_stamp(&self, origin: &str, stamp: &StampedHead) -> Result<(), StoreError> {
        stamps::put(self, origin, stamp).await
    }

    async fn append(
        &self,
        origin: &str,
        claims: &[Claim],
        sealing: Sealing,
    ) -> Result<Vec<bool>, StoreError> {
        journal::append(self, origin, claims, sealing).await
    }

    async fn nodes(&self, origin: &str, indexes: &[u64]) -> Result<Vec<[u8; 32]>, StoreError> {
        journal::nodes(&self.readers, origin, indexes).await
    }

    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        journal::entries(&self.readers, origin, from, limit).await
    }

    async fn nodes_between(
        &self,
        origin: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
        inspect::nodes_between(&self.readers, origin, from, to).await
    }

    async fn claims_of(&self, requests: &[Uuid]) -> Result<Vec<Claim>, StoreError> {
        inspect::claims_of(&self.readers, requests).await
    }

    async fn find_case_keys(&self, cases: &[[u8; 32]]) -> Result<Vec<FoundKey>, StoreError> {
        inspect::case_keys(&self.readers, cases).await
    }

    async fn documents_after(
        &self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<KeptDocument>, StoreError> {
        inspect::documents_after(&self.readers, after, limit).await
    }

    async fn tallies(&self, origin: &str) -> Result<Tallies, StoreError> {
        inspect::tallies(&self.readers, origin).await
    }

    async fn outcomes(&self, request: &Uuid, agency: &Bin) -> Result<Vec<Outcome>, StoreError> {
        journal::outcomes(&self.readers, request, agency).await
    }

    async fn open_grants(&self, origin: &str) -> Result<Vec<StoredEntry>, StoreError> {
        journal::open_grants(&self.readers, origin).await
    }
}
