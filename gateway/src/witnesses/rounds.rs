//! The one task that shows this node's log to its witnesses, a round at a time.
//!
//! A round begins as soon as somebody waits and none runs: nobody lingers when there is little to do, and under load all that
//! was committed during a round shares the next. When a quorum is lost, whoever waits is told at once, and the newest
//! checkpoint is tried again every second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::{Checkpoint, LogSigner};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::entry::Head;
use crate::journal::WriteError;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics;
use crate::witnesses::group::{Committed, Group};
use crate::witnesses::{NoQuorum, Standing, Target, Witnesses};

/// Between two attempts without a quorum; and the longest that entries nobody waits for stay without cosignature.
const QUIET: Duration = Duration::from_secs(1);
/// Between two writes of the newest cosigned checkpoint: it is read only when a proof is asked for later.
const KEEP: Duration = Duration::from_millis(100);
/// Batches that may wait while a round runs; admission bounds the requests in flight well below.
const QUEUE: usize = 4096;

/// Rounds of one log.
#[derive(Debug)]
pub struct Rounds {
    witnesses: Witnesses,
    standing: Arc<Standing>,
    store: Arc<dyn Store>,
    signer: Arc<LogSigner>,
    origin: String,
}

impl Rounds {
    /// Rounds of the log that `signer` signs.
    #[must_use]
    pub fn new(
        witnesses: Witnesses,
        standing: Arc<Standing>,
        store: Arc<dyn Store>,
        signer: Arc<LogSigner>,
    ) -> Self {
        let origin = signer.origin().to_owned();
        Self { witnesses, standing, store, signer, origin }
    }

    /// Shows the witnesses the log as it is stored, then starts the task. Ends when the sender is dropped and all is settled.
    ///
    /// # Errors
    /// When the stored head cannot be read. Without a quorum it starts all the same and goes on trying.
    pub async fn start(self) -> Result<(mpsc::Sender<Committed>, JoinHandle<()>), StoreError> {
        if let Some(target) = self.stored().await? {
            if let Err(lost) = self.round(target).await {
                self.complain(&lost);
            }
        } else {
            // An empty log has nothing to be cosigned.
            self.standing.publish_empty();
        }
        let (send, committed) = mpsc::channel(QUEUE);
        Ok((send, tokio::spawn(self.run(committed))))
    }

    async fn run(self, mut committed: mpsc::Receiver<Committed>) {
        let keeping = tokio::spawn(keep(Arc::clone(&self.store), self.origin.clone(), self.standing.watch()));
        let mut group = Group::default();
        let mut due = tokio::time::Instant::now() + QUIET;
        loop {
            let idle = group.is_empty() && self.standing.is_quorate();
            tokio::select! {
                batch = committed.recv() => match batch {
                    Some(batch) => group.take(batch),
                    None => break,
                },
                () = tokio::time::sleep_until(due), if !idle => {}
            }
            while let Ok(batch) = committed.try_recv() {
                group.take(batch);
            }
            if idle {
                // What nobody waits for has time: its outcome will follow, and take it along.
                due = tokio::time::Instant::now() + QUIET;
            }
            let is_due = tokio::time::Instant::now() >= due;
            if !self.standing.is_quorate() && !is_due {
                group.fail(&WriteError::NoQuorum);
            } else if group.is_awaited() || is_due {
                self.cosign(&mut group).await;
                due = tokio::time::Instant::now() + QUIET;
            }
        }
        self.cosign(&mut group).await;
        keeping.abort();
        self.put().await;
    }

    /// One round over everything in the group, or over the stored head if there is nothing in it.
    async fn cosign(&self, group: &mut Group) {
        let (target, closed) = match group.close() {
            Ok(Some((target, closed))) => (target, Some(closed)),
            Ok(None) => match self.stored().await {
                Ok(Some(target)) if !self.standing.is_quorate() => (target, None),
                Ok(_) => return,
                Err(error) => {
                    return tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the head cannot be read"
                    );
                }
            },
            Err(error) => {
                return tracing::error!(error = &error as &dyn std::error::Error, "the log takes no more");
            }
        };
        let outcome = self.round(target).await;
        if let Err(lost) = &outcome {
            self.complain(lost);
        }
        if let Some(closed) = closed {
            closed.settle(outcome.as_ref().map_err(|_| &WriteError::NoQuorum));
        }
    }

    async fn round(&self, target: Target) -> Result<Arc<str>, NoQuorum> {
        let (target, begun) = (Arc::new(target), Instant::now());
        let cosigned = self.witnesses.ask(Arc::clone(&target)).await;
        metrics::witness_round(cosigned.is_ok().then(|| begun.elapsed()));
        match &cosigned {
            Ok(checkpoint) => {
                let (size, root) = (target.head.size, *target.head.root.as_bytes());
                self.standing.publish(Head { size, root, checkpoint: checkpoint.to_string() });
            }
            Err(_) => self.standing.lose(),
        }
        cosigned
    }

    /// The stored head as a target; its proofs are read from the database.
    async fn stored(&self) -> Result<Option<Target>, StoreError> {
        let Some(head) = self.store.head(&self.origin).await? else { return Ok(None) };
        let stated = evidence::Head { size: head.size, root: evidence::NodeHash::from_bytes(head.root) };
        let key = std::slice::from_ref(self.signer.verifier());
        let own = Checkpoint::parse(&head.checkpoint).is_ok_and(|checkpoint| checkpoint.verify(key).is_ok());
        let checkpoint = match own {
            true => Arc::from(head.checkpoint),
            // The log's key is another since: witnesses are to see the same head under it.
            false => {
                let signed =
                    self.signer.sign(&stated).map_err(|error| StoreError::Seal(error.to_string()))?;
                Arc::from(signed.to_string())
            }
        };
        Ok(Some(Target { head: stated, checkpoint, base: 0, proof: Vec::new() }))
    }

    fn complain(&self, lost: &NoQuorum) {
        tracing::error!(
            origin = self.origin,
            error = lost as &dyn std::error::Error,
            "no quorum of witnesses"
        );
    }

    async fn put(&self) {
        if let Some(head) = self.standing.newest() {
            put(&*self.store, &self.origin, &head).await;
        }
    }
}

/// Writes the newest cosigned checkpoint whenever there is another, for whoever asks for a proof later.
async fn keep(
    store: Arc<dyn Store>,
    origin: String,
    mut newest: tokio::sync::watch::Receiver<Option<Arc<Head>>>,
) {
    while newest.changed().await.is_ok() {
        let head = newest.borrow_and_update().clone();
        if let Some(head) = head {
            put(&*store, &origin, &head).await;
        }
        tokio::time::sleep(KEEP).await;
    }
}

async fn put(store: &dyn Store, origin: &str, head: &Head) {
    if let Err(error) = store.put_cosigned(origin, head).await {
        // The receipts hold it; the next one is written with it.
        tracing::warn!(error = &error as &dyn std::error::Error, "a cosigned checkpoint was not kept");
    }
}
