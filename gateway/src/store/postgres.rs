//! The store of production: several gateway nodes on one PostgreSQL.
//!
//! Rows go in by `unnest` over arrays: one statement and one plan for every size of batch. Not by COPY, which is no
//! faster and stalls over TCP where the driver leaves Nagle's algorithm on.

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

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use certs::{Bin, Iin};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Postgres};
use uuid::Uuid;

use super::gather::Gather;
use super::kept::Kept;
use super::lookups::{LOOKUPS, Lookups, lookups};
use super::tried::Tried;
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

/// A request that gets no connection in this time is better refused than kept.
const PATIENCE: Duration = Duration::from_secs(3);

/// A connection that was idle longer is asked whether it still lives; in a busy pool none is.
const IDLE: Duration = Duration::from_secs(1);

/// Connections of imports and feeds.
const WRITERS: u32 = 2;

/// Lookups, the journal, keys of cases and other writes have connections of their own: a rush of one cannot keep another waiting.
#[derive(Debug)]
pub(super) struct PgStore {
    lookups: PgPool,
    /// The journal's own connection.
    journal: Kept<Postgres>,
    tried: Mutex<Tried>,
    writes: PgPool,
    asked: Lookups,
}

impl PgStore {
    /// Pools that open connections when they are needed.
    pub(super) fn open(options: PgConnectOptions, connections: u32) -> Self {
        let options = options.application_name("negiz");
        let lookups =
            pool(connections.max(1).saturating_add(LOOKUPS), BY_KEY).connect_lazy_with(options.clone());
        let writes = pool(WRITERS, DURABLE).connect_lazy_with(options.clone());
        let keys = pool(1, DURABLE).connect_lazy_with(options.clone());
        let journal = pool(1, JOURNAL).connect_lazy_with(options);
        Self {
            asked: lookups!(lookups, Arc::new(Kept::of(&keys))),
            lookups,
            journal: Kept::of(&journal),
            tried: Mutex::default(),
            writes,
        }
    }
}

/// Returned means durable. Stricter settings (a synchronous standby's) are kept.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// As [`DURABLE`], and no wait for a lock outlives who asked: a batch whose commit waits for a standby that is gone holds the log's head, and
/// each attempt behind it would otherwise leave a session waiting. Claims are looked up by the index, however few there are.
const JOURNAL: &str =
    "SELECT set_config('lock_timeout', '5s', false), set_config('enable_seqscan', 'off', false),
    set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
        THEN 'on' ELSE current_setting('synchronous_commit') END, false)";

/// As [`DURABLE`], for lookups by key. How many keys there are makes the server plan each question anew, which costs it more than
/// the answer; one plan does for all, as long as it goes by the index, key by key, however small the table was when it was made.
const BY_KEY: &str = "SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false), set_config('enable_material', 'off', false),
    set_config('jit', 'off', false),
    set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
        THEN 'on' ELSE current_setting('synchronous_commit') END, false)";

fn pool(connections: u32, settings: &'static str) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::query(settings).execute(connection).await?;
                Ok(())
            })
        })
}

#[async_trait]
impl Store for PgStore {
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.lookups).await?;
        Ok(())
    }

    async fn enrolment(&self, certificate: &Fingerprint) -> Result<Option<Enrolment>, StoreError> {
        self.asked.enrolment(certificate).await
    }

    async fn user(&self, iin: &Iin) -> Result<Option<User>, StoreError> {
        let mut connection = self.lookups.acquire().await?;
        enrolled::user(&mut connection, iin).await
    }

    async fn known(&self, asked: Asked) -> Result<Known, StoreError> {
        self.asked.known(asked).await
    }

    async fn replica_cases(&self, number: &str) -> Result<Vec<ReplicaCase>, StoreError> {
        let mut connection = self.lookups.acquire().await?;
        cases::replica_cases(&mut connection, number).await
    }

    async fn case_sources(&self) -> Result<Vec<CaseSource>, StoreError> {
        cases::sources(&self.lookups).await
    }

    async fn put_case_sources(&self, sources: &[CaseSource]) -> Result<(), StoreError> {
        cases::put_sources(&self.writes, sources).await
    }

    async fn feed_cases(&self, source: &str, as_of: Millis, cases: &[CaseState]) -> Result<Fed, StoreError> {
        cases::feed(&self.writes, source, as_of, cases).await
    }

    async fn agency_book(&self) -> Result<AgencyBook, StoreError> {
        enrolled::agency_book(&self.lookups).await
    }

    async fn import_agencies(&self, book: &AgencyBook) -> Result<Imported, StoreError> {
        enrolled::import_agencies(&self.writes, book).await
    }

    async fn import_users(&self, users: &[User]) -> Result<Imported, StoreError> {
        enrolled::import_users(&self.writes, users).await
    }

    async fn import_registries(&self, entries: &[(String, String)]) -> Result<Imported, StoreError> {
        catalogue::import(&self.writes, entries).await
    }

    async fn catalogue(&self) -> Result<(i64, Vec<(String, String)>), StoreError> {
        catalogue::read(&self.lookups).await
    }

    async fn catalogue_version(&self) -> Result<i64, StoreError> {
        catalogue::version(&self.lookups).await
    }

    async fn import_acts(&self, acts: &[JointAct]) -> Result<Imported, StoreError> {
        acts::import(&self.writes, acts).await
    }

    async fn acts(&self) -> Result<Vec<JointAct>, StoreError> {
        acts::read(&self.lookups).await
    }

    async fn import_debtors(&self, debtors: &[Debtor]) -> Result<Imported, StoreError> {
        acts::import_debtors(&self.writes, debtors).await
    }

    async fn debtor(&self, number: &str) -> Result<Option<Debtor>, StoreError> {
        acts::debtor(&self.lookups, number).await
    }

    async fn agency(&self, bin: &Bin) -> Result<Option<(Agency, Vec<Official>)>, StoreError> {
        oversight::agency(&self.lookups, bin).await
    }

    async fn put_resolution(&self, resolution: &KeptResolution) -> Result<(), StoreError> {
        oversight::put_resolution(&self.writes, resolution).await
    }

    async fn resolution_count(&self) -> Result<i64, StoreError> {
        oversight::resolution_count(&self.lookups).await
    }

    async fn resolutions(&self) -> Result<Vec<KeptResolution>, StoreError> {
        oversight::resolutions(&self.lookups).await
    }

    async fn running(&self, clock: &ClockOf) -> Result<Option<Running>, StoreError> {
        oversight::running(&self.lookups, clock).await
    }

    async fn overdue(&self, origin: &str, now: Millis) -> Result<Vec<Running>, StoreError> {
        oversight::overdue(&self.lookups, origin, now).await
    }

    async fn flag(&self, clock: &ClockOf, at: Millis, notice: &Notice) -> Result<(), StoreError> {
        oversight::flag(&self.writes, clock, at, notice).await
    }

    async fn unsanctioned(&self, request: &Uuid, agency: &Bin) -> Result<bool, StoreError> {
        oversight::unsanctioned(&self.lookups, request, agency).await
    }

    async fn put_notice(&self, notice: &Notice) -> Result<(), StoreError> {
        oversight::tell(&self.writes, notice).await
    }

    async fn take_notices(&self, origin: &str, now: Millis, again: Millis) -> Result<Vec<Due>, StoreError> {
        oversight::take_notices(&self.writes, origin, now, again).await
    }

    async fn oldest_notice(&self) -> Result<Option<Millis>, StoreError> {
        oversight::oldest_notice(&self.lookups).await
    }

    async fn notice_told(&self, id: &Uuid, told: Told, all: Option<Millis>) -> Result<(), StoreError> {
        oversight::notice_told(&self.writes, id, told, all).await
    }

    async fn propose_matrix(&self, proposal: &Proposal) -> Result<bool, StoreError> {
        matrices::propose_matrix(&self.writes, proposal).await
    }

    async fn matrix_proposal(&self, set: &[u8; 32]) -> Result<Option<Proposal>, StoreError> {
        matrices::matrix_proposal(&self.lookups, set).await
    }

    async fn approve_matrix(
        &self,
        set: &[u8; 32],
        approver: &[u8; 32],
        at: Millis,
    ) -> Result<bool, StoreError> {
        matrices::approve_matrix(&self.writes, set, approver, at).await
    }

    async fn matrix_in_force(&self) -> Result<Option<Proposal>, StoreError> {
        matrices::matrix_in_force(&self.lookups).await
    }

    async fn keep_set(&self, set: &KeptSet, now: Millis) -> Result<(), StoreError> {
        matrices::keep_set(&self.writes, set, now).await
    }

    async fn kept_set(&self, digest: &[u8; 32]) -> Result<Option<KeptSet>, StoreError> {
        matrices::kept_set(&self.lookups, digest).await
    }

    async fn kept_sets(&self) -> Result<Vec<([u8; 32], Millis)>, StoreError> {
        matrices::kept_sets(&self.lookups).await
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
        documents::keep(&self.lookups, documents).await
    }

    async fn document(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        documents::find(&self.lookups, digest).await
    }

    async fn destroy_case_key(&self, case_ref: &[u8; 32], at: Millis) -> Result<bool, StoreError> {
        keys::destroy(&self.writes, case_ref, at).await
    }

    async fn head(&self, origin: &str) -> Result<Option<Head>, StoreError> {
        journal::head(&self.lookups, origin).await
    }

    async fn cosigned(&self, origin: &str) -> Result<Option<Head>, StoreError> {
        cosigned::head(&self.lookups, origin).await
    }

    async fn put_cosigned(&self, origin: &str, head: &Head) -> Result<(), StoreError> {
        cosigned::put(&self.writes, origin, head).await
    }

    async fn stamps(&self, origin: &str, index: u64, limit: u32) -> Result<Vec<StampedHead>, StoreError> {
        stamps::beyond(&self.lookups, origin, index, limit).await
    }

    async fn newest_stamp(&self, origin: &str) -> Result<Option<StampedHead>, StoreError> {
        stamps::newest(&self.lookups, origin).await
    }

    async fn put_stamp(&self, origin: &str, stamp: &StampedHead) -> Result<(), StoreError> {
        stamps::put(&self.writes, origin, stamp).await
    }

    async fn append(
        &self,
        origin: &str,
        claims: &[Claim],
        sealing: Sealing,
    ) -> Result<Vec<bool>, StoreError> {
        journal::append((&self.journal, &self.tried), origin, claims, sealing).await
    }

    async fn nodes(&self, origin: &str, indexes: &[u64]) -> Result<Vec<[u8; 32]>, StoreError> {
        journal::nodes(&self.lookups, origin, indexes).await
    }

    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError> {
        journal::entries(&self.lookups, origin, from, limit).await
    }

    async fn nodes_between(
        &self,
        origin: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
        inspect::nodes_between(&self.lookups, origin, from, to).await
    }

    async fn claims_of(&self, requests: &[Uuid]) -> Result<Vec<Claim>, StoreError> {
        inspect::claims_of(&self.lookups, requests).await
    }

    async fn find_case_keys(&self, cases: &[[u8; 32]]) -> Result<Vec<FoundKey>, StoreError> {
        inspect::case_keys(&self.lookups, cases).await
    }

    async fn documents_after(
        &self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<KeptDocument>, StoreError> {
        inspect::documents_after(&self.lookups, after, limit).await
    }

    async fn tallies(&self, origin: &str) -> Result<Tallies, StoreError> {
        inspect::tallies(&self.lookups, origin).await
    }

    async fn outcomes(&self, request: &Uuid, agency: &Bin) -> Result<Vec<Outcome>, StoreError> {
        journal::outcomes(&self.lookups, request, agency).await
    }

    async fn open_grants(&self, origin: &str) -> Result<Vec<StoredEntry>, StoreError> {
        journal::open_grants(&self.lookups, origin).await
    }
}
