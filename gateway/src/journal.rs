//! Steps 7 and 9: what happened, durable before anything follows from it.
//!
//! [`Recorded`] is the proof: it exists only after the database's COMMIT returned. Everything else waits for one.

mod draft;
pub mod kept;
mod owed;
mod recent;
mod recovery;
mod writer;

use std::sync::Arc;

use evidence::NodeHash;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::clock::{Clock, Millis};
use crate::commitment::Commitments;
use crate::declined::{About, Declined, Stage};
use crate::journal::draft::DraftError;
use crate::journal::owed::Owed;
use crate::keys::Roster;
use crate::memory::Memory;
use crate::refusal::{Code, Refusal};
use crate::register::Clerk;
use crate::store::{Store, StoreError};
use crate::urgent::Effect;
use crate::vault::Vault;
use crate::witnesses::{Rounds, Standing};

pub(crate) use crate::journal::draft::ID_GIVEN;
pub use crate::journal::draft::{Acted, Draft, Happened};
pub use crate::journal::recent::{Fresh, Recent};
pub(crate) use crate::journal::writer::edge;
pub use crate::journal::writer::{Job, WriteError, Writer};

/// Jobs that may wait for the writer. Admission bounds the requests in flight well below this.
const QUEUE: usize = 4096;
/// Documents remembered as kept; lists change daily, authorities hardly ever.
const KNOWN: usize = 4096;

/// Proof that `T` was recorded: the transaction that holds it has committed.
///
/// Private fields, no `Clone`, no `Default`, no `Deserialize`; its one origin is [`Journal::record`].
#[derive(Debug)]
#[must_use = "a record nobody acts on was made for nothing"]
pub struct Recorded<T> {
    value: T,
    written: Written,
}

impl<T> Recorded<T> {
    /// What was recorded.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Where it stands in the log.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// Gives up the proof for its parts.
    pub fn into_parts(self) -> (T, Written) {
        (self.value, self.written)
    }
}

/// An entry's place in the log with the proof that it is there.
#[derive(Clone, Debug)]
pub struct Written {
    pub index: u64,
    pub at: Millis,
    /// Names the request in the receipt: its id, or a name given here when it had none that could be read.
    pub reference: Uuid,
    pub leaf: Arc<[u8]>,
    pub proof: Vec<NodeHash>,
    /// The signed head that the proof leads to.
    pub checkpoint: Arc<str>,
}

/// Something the journal can hold.
pub trait Enter: Stage {
    /// What happened, in the journal's terms; what it is about is [`Stage::about`].
    fn happened(&self) -> Happened;

    /// What it does to the clock of an urgent measure, in the same transaction.
    fn effect(&self) -> Option<Effect> {
        None
    }
}

/// The journal of this node.
#[derive(Debug)]
pub struct Journal {
    clock: Arc<dyn Clock>,
    vault: Arc<Vault>,
    commitments: Arc<Commitments>,
    jobs: mpsc::Sender<Job>,
    store: Arc<dyn Store>,
    recent: Arc<Recent>,
    standing: Arc<Standing>,
    /// Keys in tokens, with which receipts and the log are signed.
    signing: Roster,
    /// Takes down what the register will ask for.
    clerk: Option<Clerk>,
    /// Documents known to be kept.
    known: Memory<[u8; 32], ()>,
    /// Grants that may stand open because the database failed.
    owed: Owed,
    /// One at a time keeps documents: a new revocation list comes with every request of that moment, and it is large.
    keeping: tokio::sync::Mutex<()>,
}

/// What a journal reads of what its writer wrote.
struct Behind {
    store: Arc<dyn Store>,
    recent: Arc<Recent>,
    owed: Owed,
}

impl Behind {
    fn of(writer: &Writer) -> Self {
        Self { store: writer.store(), recent: writer.recent(), owed: Owed::new(writer.failing()) }
    }
}

impl Journal {
    /// Starts the writer. The journal is closed by dropping it; the returned task ends once all that was accepted is written.
    #[must_use]
    pub fn open(
        writer: Writer,
        clock: Arc<dyn Clock>,
        vault: Arc<Vault>,
        commitments: Arc<Commitments>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let standing = Arc::new(Standing::new(evidence::Quorum::none()));
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let behind = Behind::of(&writer);
        let task = tokio::spawn(writer.run(waiting, None));
        (Self::over(jobs, behind, standing, clock, vault, commitments), task)
    }

    /// As [`Journal::open`]; what a receipt is made over is given back only once enough witnesses have cosigned it.
    ///
    /// # Errors
    /// When the head to show them first cannot be read.
    pub async fn open_witnessed(
        writer: Writer,
        clock: Arc<dyn Clock>,
        vault: Arc<Vault>,
        commitments: Arc<Commitments>,
        (rounds, standing): (Rounds, Arc<Standing>),
    ) -> Result<(Self, tokio::task::JoinHandle<()>), StoreError> {
        let (committed, cosigning) = rounds.start().await?;
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let behind = Behind::of(&writer);
        let task = tokio::spawn(async move {
            writer.run(waiting, Some(committed)).await;
            let _ = cosigning.await;
        });
        Ok((Self::over(jobs, behind, standing, clock, vault, commitments), task))
    }

    /// A journal whose entries a writer takes from `jobs`.
    fn over(
        jobs: mpsc::Sender<Job>,
        behind: Behind,
        standing: Arc<Standing>,
        clock: Arc<dyn Clock>,
        vault: Arc<Vault>,
        commitments: Arc<Commitments>,
    ) -> Self {
        let Behind { store, recent, owed } = behind;
        Self {
            clock,
            vault,
            commitments,
            jobs,
            store,
            recent,
            standing,
            signing: Roster::default(),
            clerk: None,
            known: Memory::of(KNOWN),
            owed,
            keeping: tokio::sync::Mutex::default(),
        }
    }

    /// Grants nothing while one of these keys does not sign.
    #[must_use]
    pub fn signing_with(self, signing: Roster) -> Self {
        Self { signing, ..self }
    }

    /// Has the particulars of each request taken down as it is entered, so that the register need not open what was just sealed.
    #[must_use]
    pub fn taken_down_by(self, clerk: Clerk) -> Self {
        Self { clerk: Some(clerk), ..self }
    }

    /// What was written last, for those who read the log behind the flow.
    #[must_use]
    pub fn recent(&self) -> Arc<Recent> {
        Arc::clone(&self.recent)
    }

    /// Records `value`. When this returns `Ok`, it is durable.
    ///
    /// # Errors
    /// `duplicate-request` when the signer used this request id before (on any node), `evidence-unavailable` when the entry
    /// cannot be written, or is written and not cosigned by enough witnesses. None leaves a trace of `value` that anybody acts on.
    pub async fn record<T: Enter>(&self, value: T) -> Result<Recorded<T>, Declined> {
        let draft = Draft { happened: value.happened(), about: value.about(), effect: value.effect() };
        if matches!(draft.happened, Happened::Granted) {
            match (self.standing.is_quorate(), self.signing.signs()) {
                (true, true) => {}
                (false, _) => return Err(self.hold_back(&value, draft, &WriteError::NoQuorum).await),
                (_, false) => return Err(self.hold_back(&value, draft, &WriteError::NoKey).await),
            }
        }
        let grant = draft.about.grant;
        match self.write(draft).await {
            Ok(written) => Ok(Recorded { value, written }),
            Err(error) => {
                if let Some(grant) = grant {
                    self.owed.outcome_of(grant);
                }
                Err(value.decline(not_recorded(&error, grant)))
            }
        }
    }

    /// Records an act, before anything follows from it. When this returns `Ok`, it is durable.
    ///
    /// # Errors
    /// `evidence-unavailable` when the entry cannot be written: then nothing may follow.
    pub async fn act(&self, acted: Acted, about: About) -> Result<Written, Refusal> {
        let draft = Draft { happened: Happened::Acted(acted), about, effect: None };
        self.write(draft).await.map_err(|error| not_recorded(&error, None))
    }

    /// Nothing is asked of a registry whose answer could not be given out: without witnesses, or a key that signs, a grant becomes
    /// a refusal.
    async fn hold_back<T: Enter>(&self, value: &T, draft: Draft, why: &WriteError) -> Declined {
        let refusal = not_recorded(why, None);
        let happened = Happened::Declined { refusal: refusal.clone() };
        match self.write(Draft { happened, about: draft.about, effect: None }).await {
            Ok(_) | Err(WriteError::NoQuorum) => value.decline(refusal),
            Err(error) => value.decline(not_recorded(&error, None)),
        }
    }

    async fn write(&self, draft: Draft) -> Result<Written, WriteError> {
        self.keep_common(&draft).await?;
        let (clerk, at) = (self.clerk.as_ref(), self.clock.now());
        let entered = draft.enter(&self.vault, &self.commitments, clerk, at).await?;
        let grant = owed::name(&entered);
        let (reply, written) = oneshot::channel();
        self.jobs.send(Job { entered, reply }).await.map_err(|_| WriteError::Closed)?;
        let written = written.await.map_err(|_| WriteError::Closed)?;
        if let (Some(grant), Err(WriteError::Store(error))) = (grant, &written)
            && owed::is_doubtful(error)
        {
            self.owed.doubt(grant);
        }
        written
    }
}

impl Journal {
    /// Keeps what an entry relies on and others do too. Before the entry: what it names must be there.
    async fn keep_common(&self, draft: &Draft) -> Result<(), WriteError> {
        if self.unknown(draft).next().is_none() {
            return Ok(());
        }
        let _turn = self.keeping.lock().await;
        // Others may have kept them while this one waited for its turn.
        let unknown: Vec<([u8; 32], Vec<u8>)> =
            self.unknown(draft).map(|(digest, bytes)| (*digest.as_bytes(), bytes.to_vec())).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let kept = self.store.keep_documents(&unknown).await;
        kept.map_err(|error| WriteError::Store(Arc::new(error)))?;
        unknown.into_iter().for_each(|(digest, _)| self.known.keep(digest, ()));
        Ok(())
    }
}

impl Journal {
    fn unknown<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = (&'a evidence::Digest, &'a [u8])> {
        draft.common().filter(|(digest, _)| self.known.get(digest.as_bytes()).is_none())
    }
}

impl From<DraftError> for WriteError {
    fn from(error: DraftError) -> Self {
        Self::Draft(Arc::new(error))
    }
}

fn not_recorded(error: &WriteError, grant: Option<u64>) -> Refusal {
    if matches!(error, WriteError::Duplicate) {
        let detail = "This signer has used this request id before. A new request needs a new id.";
        return Refusal::new(Code::DuplicateRequest, detail);
    }
    if matches!(error, WriteError::NoQuorum) {
        let detail = "What was decided is recorded, but too few witnesses of the log confirm it now. Ask for the outcome later.";
        return Refusal::new(Code::EvidenceUnavailable, detail);
    }
    if grant.is_none() && error.is_of_destroyed_material() {
        let detail = "The material of this case was destroyed, and nothing more is obtained in it.";
        return Refusal::new(Code::CaseNotOpen, detail).citing("SLS 16-3(3)");
    }
    if matches!(error, WriteError::NoKey) {
        let detail = "No receipt could be signed now, so no registry was asked. Ask again later.";
        return Refusal::new(Code::EvidenceUnavailable, detail);
    }
    tracing::error!(error = error as &dyn std::error::Error, "an entry could not be written");
    let detail = match grant {
        None => "The request cannot be recorded now; nothing was done.",
        Some(_) => "The outcome of this request cannot be recorded now, so it is withheld.",
    };
    Refusal::new(Code::EvidenceUnavailable, detail)
}
