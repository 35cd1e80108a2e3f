//! The one task that writes this node's log: batches, tree, head, in one transaction each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use evidence::{Appended, Checkpoint, LogSigner, NodeHash, Tree};
use tokio::sync::{mpsc, oneshot};

use crate::clock::{Clock, Millis};
use crate::entry::{Batch, Claim, Head, Kind, StoredEntry};
use crate::journal::Written;
use crate::journal::draft::{DraftError, Entered, shared};
use crate::journal::recent::{Fresh, Recent};
use crate::register::Particulars;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics;
use crate::turn;
use crate::urgent::Effect;
use crate::vault::VaultError;
use crate::witnesses::{Committed, Waiting};

/// Most entries in one transaction.
const MAX_BATCH: usize = 256;
/// How long a commit may take; longer than SQLite waits for another writer. One that waits for a synchronous standby which is gone
/// would keep every client waiting until it is back.
const PATIENCE: Duration = Duration::from_secs(12);

/// Why an entry was not written. An entry reported so may still be in the log if the database failed while committing; it is
/// never the other way round.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the request id was claimed before")]
    Duplicate,
    #[error("the journal is closed")]
    Closed,
    #[error("the entry could not be made")]
    Draft(#[source] Arc<DraftError>),
    #[error("the database did not take the entry")]
    Store(#[source] Arc<StoreError>),
    #[error("the entry is written, but not cosigned by enough witnesses")]
    NoQuorum,
    #[error("a key in a token does not sign")]
    NoKey,
    #[error("the grant has its outcome")]
    Ended,
}

impl WriteError {
    /// The key of the case went with its material, for good.
    pub(super) fn is_of_destroyed_material(&self) -> bool {
        matches!(self, Self::Draft(error) if matches!(**error, DraftError::Vault(VaultError::Destroyed)))
    }
}

/// An entry waiting to be written, and who waits for it.
#[derive(Debug)]
pub struct Job {
    pub(super) entered: Entered,
    pub(super) reply: Reply,
}

type Reply = oneshot::Sender<Result<Written, WriteError>>;

/// Writes a log.
pub struct Writer {
    store: Arc<dyn Store>,
    signer: Arc<LogSigner>,
    clock: Arc<dyn Clock>,
    /// The edge as last committed; `None` when it must be read again because a commit's fate is not known.
    tree: Option<Tree>,
    /// The instant of the last entry: a log's times never go back, whatever the clock does.
    last: Millis,
    /// Whether the last batch was not written.
    failing: Arc<AtomicBool>,
    recent: Arc<Recent>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({})", self.signer.origin())
    }
}

/// What the transaction's closure leaves behind for the replies.
#[derive(Debug)]
struct Sealed {
    before: Tree,
    entries: Vec<Fresh>,
    leaves: Vec<NodeHash>,
    appended: Appended,
    checkpoint: Arc<str>,
}

/// A batch that was committed: each entry's place, and the batch as its witnesses are to see it.
type Placed = (Vec<Result<Written, WriteError>>, Committed);

impl Writer {
    #[must_use]
    pub fn new(store: Arc<dyn Store>, signer: Arc<LogSigner>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            signer,
            clock,
            tree: None,
            last: Millis(0),
            failing: Arc::default(),
            recent: Arc::default(),
        }
    }

    /// Whether the last batch was not written: shared with whoever watches over the node.
    #[must_use]
    pub fn failing(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.failing)
    }

    /// What was written last.
    pub(super) fn recent(&self) -> Arc<Recent> {
        Arc::clone(&self.recent)
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Reads the edge of the log and compares it with the stored head, so that a damaged log is found at start.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the nodes do not lead to the head.
    pub async fn resume(&mut self) -> Result<u64, StoreError> {
        let tree = self.load().await?;
        let size = tree.size();
        self.tree = Some(tree);
        Ok(size)
    }

    /// Writes until the journal is closed. Commits at once when idle; while a commit runs, what arrives forms the next batch, and
    /// before it is taken whoever can run has a turn to join it: under load batches are larger for it, and nobody waits for a timer.
    /// Entries that a receipt is made over go on to the witnesses, if there are any.
    pub(super) async fn run(
        mut self,
        mut jobs: mpsc::Receiver<Job>,
        witnesses: Option<mpsc::Sender<Committed>>,
    ) {
        while let Some(first) = jobs.recv().await {
            let batch = turn::batch(first, MAX_BATCH, || jobs.try_recv().ok()).await;
            self.write(batch, witnesses.as_ref()).await;
        }
    }

    async fn write(&mut self, jobs: Vec<Job>, witnesses: Option<&mpsc::Sender<Committed>>) {
        let jobs = match self.late(&jobs).await {
            Ok(late) => leave_out(jobs, &late),
            Err(error) => return self.fail(jobs.into_iter().map(|job| job.reply), error),
        };
        if jobs.is_empty() {
            return;
        }
        let (count, begun) = (jobs.len(), Instant::now());
        let (entered, replies): (Vec<_>, Vec<_>) =
            jobs.into_iter().map(|job| (job.entered, job.reply)).unzip();
        let receipted: Vec<bool> = entered.iter().map(is_receipted).collect();
        let placed = self.commit(entered).await;
        metrics::journal_batch(count, begun.elapsed());
        self.failing.store(false, Ordering::Release);
        let (results, mut committed) = match placed {
            Ok(placed) => placed,
            Err(error) => return self.fail(replies, error),
        };
        for ((reply, result), receipted) in replies.into_iter().zip(results).zip(receipted) {
            match result {
                Ok(written) if receipted && witnesses.is_some() => {
                    committed.waiting.push(Waiting { written, reply });
                }
                // The waiting task may be gone; the entry stays.
                result => drop(reply.send(result)),
            }
        }
        if let Some(witnesses) = witnesses.filter(|_| !committed.leaves.is_empty()) {
            // If they are gone, so is everybody who waits.
            let _ = witnesses.send(committed).await;
        }
    }

    fn fail(&mut self, replies: impl IntoIterator<Item = Reply>, error: StoreError) {
        self.tree = None;
        self.failing.store(true, Ordering::Release);
        let error = WriteError::Store(Arc::new(error));
        // The waiting task may be gone.
        replies.into_iter().for_each(|reply| drop(reply.send(Err(error.clone()))));
    }

    /// Grants that are to be marked as interrupted and have their outcome: one whose commit was reported lost, and came after those
    /// open were looked up. A second outcome would fail the whole batch.
    async fn late(&mut self, jobs: &[Job]) -> Result<BTreeSet<u64>, StoreError> {
        let interrupted = |job: &Job| job.entered.entry.grant.filter(|_| is_interruption(job));
        let mut asked: BTreeSet<u64> = jobs.iter().filter_map(interrupted).collect();
        if asked.is_empty() {
            return Ok(asked);
        }
        // The tree first: what is written after it was read moves the head, and this batch is not taken at all.
        if self.tree.is_none() {
            self.tree = Some(self.load().await?);
        }
        for open in self.store.open_grants(self.signer.origin()).await? {
            asked.remove(&open.index);
        }
        Ok(asked)
    }

    async fn commit(&mut self, entered: Vec<Entered>) -> Result<Placed, StoreError> {
        let tree = match self.tree.take() {
            Some(tree) => tree,
            None => self.load().await?,
        };
        let at = self.clock.now().max(self.last);
        let entered: Vec<Entered> = entered.into_iter().map(|entered| entered.at(at)).collect();
        let claims: Vec<Claim> = entered.iter().filter_map(|entered| entered.claim.clone()).collect();
        let replies: Vec<_> = entered.iter().map(Pending::of).collect();
        let left: Arc<Mutex<Option<Sealed>>> = Arc::default();
        let (signer, leave) = (Arc::clone(&self.signer), Arc::clone(&left));
        let mut candidates: Vec<Candidate> = entered.into_iter().map(Candidate::of).collect();
        let sealing = Box::new(move |held: &[bool]| {
            let (batch, sealed) = seal_batch(&tree, &signer, &mut candidates, held)?;
            *leave.lock().unwrap_or_else(PoisonError::into_inner) = Some(sealed);
            Ok(batch)
        });
        let appending = self.store.append(self.signer.origin(), &claims, sealing);
        let late = |_| StoreError::Late { seconds: PATIENCE.as_secs() };
        let held = tokio::time::timeout(PATIENCE, appending).await.map_err(late)??;
        let sealed = left.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sealed = sealed.ok_or_else(|| StoreError::Seal("the batch was never sealed".to_owned()))?;
        let results = place(replies, &held, &sealed);
        let Sealed { before, entries, leaves, appended, checkpoint } = sealed;
        self.recent.add(entries);
        let committed = Committed { before, leaves, head: appended.head(), checkpoint, waiting: Vec::new() };
        self.tree = Some(appended.tree());
        self.last = at;
        Ok((results, committed))
    }

    async fn load(&mut self) -> Result<Tree, StoreError> {
        let (tree, newest) = edge(&*self.store, &self.signer).await?;
        self.last = newest.max(self.last);
        Ok(tree)
    }
}

/// The edge of a log as stored and the instant of its newest entry, held against each other and the log's key.
///
/// # Errors
/// [`StoreError::Corrupt`] where they do not fit together.
pub(crate) async fn edge(store: &dyn Store, signer: &LogSigner) -> Result<(Tree, Millis), StoreError> {
    let origin = signer.origin();
    let corrupt = |what: &str| StoreError::Corrupt(format!("log {origin}: {what}"));
    let Some(head) = store.head(origin).await? else {
        let lost = !store.entries(origin, 0, 1).await?.is_empty();
        return if lost { Err(corrupt("it has entries and no head")) } else { Ok((Tree::new(), Millis(0))) };
    };
    // A head of another key is another log's: going on under it would leave two logs of one name.
    let signed = Checkpoint::parse(&head.checkpoint).ok();
    let signed = signed.and_then(|signed| signed.verify(signer.known()).ok());
    if signed
        .is_none_or(|signed| signed.head().size != head.size || signed.head().root.as_bytes() != &head.root)
    {
        return Err(corrupt(
            "its head was signed with no key configured for it (keys.log, keys.log_previous, keys.log_retired)",
        ));
    }
    let newest = match store.entries(origin, head.size.saturating_sub(1), 2).await?.as_slice() {
        [newest] => newest.at,
        [] => return Err(corrupt("its newest entry is missing")),
        _ => return Err(corrupt("it has entries beyond its head")),
    };
    let wanted = Tree::edge(head.size);
    let found = store.nodes(origin, &wanted).await?;
    let nodes: BTreeMap<u64, NodeHash> =
        wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
    let tree = Tree::restore(head.size, &nodes).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    if tree.head().root.as_bytes() != &head.root {
        return Err(corrupt("its nodes do not lead to its head"));
    }
    Ok((tree, newest))
}

fn is_interruption(job: &Job) -> bool {
    matches!(job.entered.entry.kind, Kind::Interrupted)
}

/// Leaves out interruptions of grants that have their outcome, and says so.
fn leave_out(jobs: Vec<Job>, late: &BTreeSet<u64>) -> Vec<Job> {
    if late.is_empty() {
        return jobs;
    }
    let is_late =
        |job: &Job| is_interruption(job) && job.entered.entry.grant.is_some_and(|it| late.contains(&it));
    let (left_out, kept): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(is_late);
    left_out.into_iter().for_each(|job| drop(job.reply.send(Err(WriteError::Ended))));
    kept
}

/// Whether a receipt is made over the entry: over outcomes and refusals, never over a grant.
fn is_receipted(entered: &Entered) -> bool {
    matches!(entered.entry.kind, Kind::Answer | Kind::Refusal | Kind::Failure)
}

/// What a reply needs besides its place.
struct Pending {
    claimed: bool,
    reference: uuid::Uuid,
    at: Millis,
    leaf: Arc<[u8]>,
}

impl Pending {
    fn of(entered: &Entered) -> Self {
        Self {
            claimed: entered.claim.is_some(),
            reference: entered.reference,
            at: entered.entry.at,
            leaf: shared(&entered.entry.leaf),
        }
    }
}

/// What becomes an entry if its claim holds.
struct Candidate {
    claims: bool,
    entry: Arc<StoredEntry>,
    particulars: Option<Arc<Particulars>>,
    effect: Option<Effect>,
}

impl Candidate {
    fn of(entered: Entered) -> Self {
        let Entered { entry, particulars, claim, effect, .. } = entered;
        Self { claims: claim.is_some(), entry: Arc::new(entry), particulars, effect }
    }
}

/// Leaves out the entries whose claim did not hold, numbers the rest, and signs the new head.
fn seal_batch(
    tree: &Tree,
    signer: &LogSigner,
    candidates: &mut [Candidate],
    held: &[bool],
) -> Result<(Batch, Sealed), StoreError> {
    let mut claims = held.iter();
    let kept: Vec<&mut Candidate> = candidates
        .iter_mut()
        .filter(|candidate| !candidate.claims || claims.next().copied().unwrap_or(false))
        .collect();
    let effects = kept.iter().filter_map(|candidate| candidate.effect.clone()).collect();
    let leaves: Vec<NodeHash> = kept.iter().map(|it| NodeHash::of_leaf(&it.entry.leaf)).collect();
    let appended = tree.append(&leaves).map_err(|error| StoreError::Seal(error.to_string()))?;
    let head = appended.head();
    let signed = signer.sign(&head).map_err(|error| StoreError::Seal(error.to_string()))?;
    let checkpoint: Arc<str> = Arc::from(signed.to_string());
    let number = |(candidate, index): (&mut Candidate, u64)| {
        Arc::make_mut(&mut candidate.entry).index = index;
        Fresh { entry: Arc::clone(&candidate.entry), particulars: candidate.particulars.clone() }
    };
    let fresh: Vec<Fresh> = kept.into_iter().zip(appended.first()..).map(number).collect();
    let nodes = appended.nodes().iter().map(|(index, hash)| (*index, *hash.as_bytes())).collect();
    let stored = Head { size: head.size, root: *head.root.as_bytes(), checkpoint: checkpoint.to_string() };
    let entries = fresh.iter().map(|fresh| Arc::clone(&fresh.entry)).collect();
    let sealed = Sealed { before: tree.clone(), entries: fresh, leaves, appended, checkpoint };
    Ok((Batch { before: tree.size(), entries, nodes, head: stored, effects }, sealed))
}

/// Gives every kept entry its place and proof, and every other its refusal.
fn place(pending: Vec<Pending>, held: &[bool], sealed: &Sealed) -> Vec<Result<Written, WriteError>> {
    let mut claims = held.iter();
    let mut next = sealed.appended.first();
    pending
        .into_iter()
        .map(|pending| {
            if pending.claimed && !claims.next().copied().unwrap_or(false) {
                return Err(WriteError::Duplicate);
            }
            let index = next;
            next = next.saturating_add(1);
            let proof = sealed.appended.proof(index).ok_or(WriteError::Closed)?;
            let Pending { reference, at, leaf, .. } = pending;
            Ok(Written { index, at, reference, leaf, proof, checkpoint: Arc::clone(&sealed.checkpoint) })
        })
        .collect()
}
