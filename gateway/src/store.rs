//! What the gateway keeps: enrolment, cases, catalogue and journal.
//!
//! One trait, two databases: SQLite for a single node and the demo, PostgreSQL for production with several nodes on it.
//! Each has its own SQL and its own migrations; both pass the same tests.

mod act_row;
mod address;
mod append;
pub mod custody;
mod enrolment_row;
mod feed;
mod gather;
mod hold;
mod holder_row;
mod inspect;
mod journal_row;
mod kept;
mod known;
mod lookups;
mod open;
mod oversight_row;
mod postgres;
pub mod register;
mod row;
mod schema;
mod sqlite;
mod stamp_row;
mod tried;

use async_trait::async_trait;

pub use address::OpenError;
pub use feed::FeedFault;
pub use hold::{Hold, HoldError, hold};
pub use inspect::Tallies;
pub use known::{Asked, Held, Known};
pub use open::{connect, migrate};
pub use schema::Migrated;

use crate::acts::{Debtor, JointAct};
use crate::clock::Millis;
use crate::enrolment::{Agency, Enrolment, Fingerprint, Holder, Official, System, User};
use crate::entry::{Batch, Claim, Head, Outcome, StampedHead, StoredEntry};
use crate::matrices::{KeptSet, Proposal};
use crate::outbox::{Due, Notice, Told};
use crate::replica::{CaseSource, CaseState, ReplicaCase};
use crate::resolutions::KeptResolution;
use crate::urgent::{ClockOf, Running};

/// The database could not do what was asked. Never shown to clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused or failed")]
    Database(#[from] sqlx::Error),
    #[error("the database's schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A lookup that was asked together with others.
    #[error("the database refused or failed")]
    Shared(#[source] std::sync::Arc<StoreError>),
    #[error("the store is closed")]
    Closed,
    #[error("a stored value is not what was written: {0}")]
    Corrupt(String),
    #[error("the log of {origin} stands at {found}, not at {expected}: another process writes it")]
    HeadMoved { origin: String, expected: u64, found: u64 },
    #[error("the database did not say within {seconds} s whether it committed")]
    Late { seconds: u64 },
    #[error("the batch could not be sealed: {0}")]
    Seal(String),
    #[error("the feed of {source_code} is not taken: {fault}")]
    Feed { source_code: String, fault: FeedFault },
    #[error("{what} occurs twice in one import")]
    Repeated { what: String },
}

/// A case with its wrapped key, `None` if it was destroyed.
pub type FoundKey = ([u8; 32], Option<Vec<u8>>);

/// A kept document with its digest.
pub type KeptDocument = ([u8; 32], Vec<u8>);

/// Turns the claims that hold into the batch to write. Called once; once more if another node took one of them meanwhile: then what the
/// first call gave is not written.
///
/// `held[i]` says whether claim `i` of the call was new. Entries of claims that did not hold must not be in the batch.
pub type Sealing = Box<dyn FnMut(&[bool]) -> Result<Batch, StoreError> + Send>;

/// What changed by an import, for the operator to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    pub added: u64,
    pub changed: u64,
    pub unchanged: u64,
}

impl std::ops::Add for Imported {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            added: self.added.saturating_add(more.added),
            changed: self.changed.saturating_add(more.changed),
            unchanged: self.unchanged.saturating_add(more.unchanged),
        }
    }
}

/// What a feed of cases did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fed {
    /// Cases that are new or newer than what was held.
    pub applied: u64,
    /// Cases whose version was already held, or older: left as they were.
    pub unchanged: u64,
}

impl Fed {
    /// What came of a feed of `total` cases of which `applied` were taken.
    fn of(total: usize, applied: u64) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Self { applied, unchanged: total.saturating_sub(applied) }
    }
}

/// Agencies with their systems and officials, imported together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgencyBook {
    pub agencies: Vec<Agency>,
    pub systems: Vec<System>,
    pub officials: Vec<Official>,
    /// Of the systems for the console that a person holds.
    pub holders: Vec<Holder>,
}

/// The gateway's memory. Every method is one transaction.
#[async_trait]
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The enrolled system with this TLS certificate and its agency, in whatever state they are.
    async fn enrolment(&self, certificate: &Fingerprint) -> Result<Option<Enrolment>, StoreError>;

    /// The registered person with this IIN, in whatever state.
    async fn user(&self, iin: &certs::Iin) -> Result<Option<User>, StoreError>;

    /// What is known of all that a request names, as of one moment.
    async fn known(&self, asked: Asked) -> Result<Known, StoreError>;

    /// Every replica case with this number, of any kind, each with its source as it stands now.
    async fn replica_cases(&self, number: &str) -> Result<Vec<ReplicaCase>, StoreError>;

    /// The case sources, replica and live.
    async fn case_sources(&self) -> Result<Vec<CaseSource>, StoreError>;

    /// Adds or replaces case sources (configuration, not facts: `as_of` of a known source is kept).
    async fn put_case_sources(&self, sources: &[CaseSource]) -> Result<(), StoreError>;

    /// Takes a feed from `source` whose state is as of `as_of`. A case is replaced only by a higher version.
    /// The source's `as_of` only moves forward. All of the batch or none of it.
    /// A case stays with the source that reported it first: [`FeedFault::OtherSource`] if another one speaks of it.
    async fn feed_cases(&self, source: &str, as_of: Millis, cases: &[CaseState]) -> Result<Fed, StoreError>;

    /// Everyone enrolled: agencies, systems and officials, each in the order of their keys.
    async fn agency_book(&self) -> Result<AgencyBook, StoreError>;

    /// Adds or replaces agencies, systems and officials.
    async fn import_agencies(&self, book: &AgencyBook) -> Result<Imported, StoreError>;

    /// Adds or replaces registered persons.
    async fn import_users(&self, users: &[User]) -> Result<Imported, StoreError>;

    /// Adds or replaces catalogue entries: registry code and the entry as canonical JSON.
    async fn import_registries(&self, entries: &[(String, String)]) -> Result<Imported, StoreError>;

    /// The whole catalogue: code and JSON, with a number that grows with every import.
    async fn catalogue(&self) -> Result<(i64, Vec<(String, String)>), StoreError>;

    /// The number of the catalogue alone, for cheap polling.
    async fn catalogue_version(&self) -> Result<i64, StoreError>;

    /// Adds or replaces joint acts. Raises the number of the catalogue: running nodes take them up with it.
    async fn import_acts(&self, acts: &[JointAct]) -> Result<Imported, StoreError>;

    /// All joint acts on record, by number.
    async fn acts(&self) -> Result<Vec<JointAct>, StoreError>;

    /// Adds or replaces declared debtors.
    async fn import_debtors(&self, debtors: &[Debtor]) -> Result<Imported, StoreError>;

    /// The declared debtor with this IIN or BIN, whenever his procedure is.
    async fn debtor(&self, number: &str) -> Result<Option<Debtor>, StoreError>;

    /// An agency by its BIN, and its officials, in whatever state.
    async fn agency(&self, bin: &certs::Bin) -> Result<Option<(Agency, Vec<Official>)>, StoreError>;

    /// Keeps a prosecutor's resolution; one that is there stays as it is. Durable when returned.
    async fn put_resolution(&self, resolution: &KeptResolution) -> Result<(), StoreError>;

    /// How many resolutions are kept, for cheap polling.
    async fn resolution_count(&self) -> Result<i64, StoreError>;

    /// All resolutions.
    async fn resolutions(&self) -> Result<Vec<KeptResolution>, StoreError>;

    /// The clock of an urgent measure, if it ever began.
    async fn running(&self, clock: &ClockOf) -> Result<Option<Running>, StoreError>;

    /// Clocks this node began that ran out unsanctioned and are not flagged yet.
    async fn overdue(&self, origin: &str, now: Millis) -> Result<Vec<Running>, StoreError>;

    /// Flags everything granted on a clock as unsanctioned, and puts the notice of it in the outbox.
    async fn flag(&self, clock: &ClockOf, at: Millis, notice: &Notice) -> Result<(), StoreError>;

    /// Whether a request of this agency was granted on an urgent decision whose sanction never came.
    async fn unsanctioned(&self, request: &uuid::Uuid, agency: &certs::Bin) -> Result<bool, StoreError>;

    /// Puts a notice in the outbox; one that is there stays as it is.
    async fn put_notice(&self, notice: &Notice) -> Result<(), StoreError>;

    /// Takes notices that are due and this node's to deliver, or that their own node left for a minute; they are due again at `again` unless
    /// delivered until then.
    async fn take_notices(&self, origin: &str, now: Millis, again: Millis) -> Result<Vec<Due>, StoreError>;

    /// When the oldest notice was made that was not told by every way.
    async fn oldest_notice(&self) -> Result<Option<Millis>, StoreError>;

    /// Keeps by which ways a notice was told; with an instant, that it was by all.
    async fn notice_told(&self, id: &uuid::Uuid, told: Told, all: Option<Millis>) -> Result<(), StoreError>;

    /// Keeps a proposed matrix; `false` if it is the one in force, which one person alone cannot take back by proposing it.
    async fn propose_matrix(&self, proposal: &Proposal) -> Result<bool, StoreError>;

    /// The proposal of this set that awaits its approval.
    async fn matrix_proposal(&self, set: &[u8; 32]) -> Result<Option<Proposal>, StoreError>;

    /// Approves a proposal; `false` if there is none, it is approved already, or the approver proposed it.
    async fn approve_matrix(
        &self,
        set: &[u8; 32],
        approver: &[u8; 32],
        at: Millis,
    ) -> Result<bool, StoreError>;

    /// The proposal approved last.
    async fn matrix_in_force(&self) -> Result<Option<Proposal>, StoreError>;

    /// Keeps a set that is about to decide; one that is there stays as it is. Durable when returned.
    async fn keep_set(&self, set: &KeptSet, now: Millis) -> Result<(), StoreError>;

    /// The set with this digest.
    async fn kept_set(&self, digest: &[u8; 32]) -> Result<Option<KeptSet>, StoreError>;

    /// Digests of all sets that decided, and since when, the first one first.
    async fn kept_sets(&self) -> Result<Vec<([u8; 32], Millis)>, StoreError>;

    /// The data key of `case_ref`, wrapped; stores `candidate` if there is none yet. The first writer wins on every node.
    /// `None` when the key was destroyed (SLS 16-3(3)): it is never made again.
    async fn case_key(
        &self,
        case_ref: &[u8; 32],
        candidate: &[u8],
        at: Millis,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Destroys the key of `case_ref`, and with it everything sealed under it (SLS 16-3(3)); also when there was none.
    /// `true` if this call destroyed it, `false` if it was destroyed before.
    async fn destroy_case_key(&self, case_ref: &[u8; 32], at: Millis) -> Result<bool, StoreError>;

    /// Keeps documents by their SHA-256 digest; one that is there stays as it is. Durable when returned.
    async fn keep_documents(&self, documents: &[([u8; 32], Vec<u8>)]) -> Result<(), StoreError>;

    /// The document with this digest.
    async fn document(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The head of this origin's log; `None` before its first entry.
    async fn head(&self, origin: &str) -> Result<Option<Head>, StoreError>;

    /// The newest checkpoint of this origin's log that enough witnesses cosigned, with their lines; `None` before the first.
    async fn cosigned(&self, origin: &str) -> Result<Option<Head>, StoreError>;

    /// Keeps a cosigned checkpoint; an older one than is kept changes nothing.
    async fn put_cosigned(&self, origin: &str, head: &Head) -> Result<(), StoreError>;

    /// Time-stamped heads of this origin's log that cover the entry `index`, the smallest first.
    async fn stamps(&self, origin: &str, index: u64, limit: u32) -> Result<Vec<StampedHead>, StoreError>;

    /// The largest head of this origin's log that was time-stamped.
    async fn newest_stamp(&self, origin: &str) -> Result<Option<StampedHead>, StoreError>;

    /// Keeps a time-stamped head; one of a size that is kept changes nothing. Durable when returned.
    async fn put_stamp(&self, origin: &str, stamp: &StampedHead) -> Result<(), StoreError>;

    /// Calls `sealing` with which of the claims hold and, in one transaction, takes them in key order and writes entries, tree nodes
    /// and the new head. The head is compared and swapped: `HeadMoved` if another process wrote meanwhile.
    /// Returned means committed and durable.
    async fn append(&self, origin: &str, claims: &[Claim], sealing: Sealing)
    -> Result<Vec<bool>, StoreError>;

    /// Tree nodes by stored index, in the order asked; an absent one is `Corrupt`.
    async fn nodes(&self, origin: &str, indexes: &[u64]) -> Result<Vec<[u8; 32]>, StoreError>;

    /// Entries of a log from `from`, at most `limit`, in order.
    async fn entries(&self, origin: &str, from: u64, limit: u32) -> Result<Vec<StoredEntry>, StoreError>;

    /// Tree nodes with stored indexes from `from` to before `to`, those that are there, for the check of a whole log.
    async fn nodes_between(
        &self,
        origin: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<(u64, [u8; 32])>, StoreError>;

    /// The claims to these request ids, of whatever signer.
    async fn claims_of(&self, requests: &[uuid::Uuid]) -> Result<Vec<Claim>, StoreError>;

    /// The wrapped keys of these cases as they are, of those that have a row; `None` for one that was destroyed. Makes none.
    async fn find_case_keys(&self, cases: &[[u8; 32]]) -> Result<Vec<FoundKey>, StoreError>;

    /// Kept documents with their digests, in the order of these, after `after`.
    async fn documents_after(
        &self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<KeptDocument>, StoreError>;

    /// How much there is in the journal's tables.
    async fn tallies(&self, origin: &str) -> Result<Tallies, StoreError>;

    /// What became of this agency's requests with this id, the first few: outcomes of grants and grants without one, oldest
    /// first, then refusals, newest first. An id is single use per signer, so there may be several requests.
    async fn outcomes(&self, request: &uuid::Uuid, agency: &certs::Bin) -> Result<Vec<Outcome>, StoreError>;

    /// Grants of this origin without an outcome, oldest first: what a crash left behind.
    async fn open_grants(&self, origin: &str) -> Result<Vec<StoredEntry>, StoreError>;
}
