//! What was committed and waits to be cosigned. All that came while a round ran shares the next one.

use std::sync::Arc;

use evidence::tree::LogFull;
use evidence::{Head, NodeHash, Tree};
use tokio::sync::oneshot;

use crate::journal::{WriteError, Written};
use crate::witnesses::Target;

/// A batch of the log, durable.
#[derive(Debug)]
pub struct Committed {
    /// The tree it was appended to.
    pub before: Tree,
    pub leaves: Vec<NodeHash>,
    pub head: Head,
    pub checkpoint: Arc<str>,
    /// Those of its entries that a receipt is made over.
    pub waiting: Vec<Waiting>,
}

/// An entry that waits, and who waits for it.
#[derive(Debug)]
pub struct Waiting {
    pub written: Written,
    pub reply: oneshot::Sender<Result<Written, WriteError>>,
}

/// Batches that follow on each other.
#[derive(Debug, Default)]
pub(super) struct Group {
    batches: Option<Joined>,
}

#[derive(Debug)]
struct Joined {
    before: Tree,
    leaves: Vec<NodeHash>,
    head: Head,
    checkpoint: Arc<str>,
    waiting: Vec<Waiting>,
}

impl Group {
    /// Takes the next batch.
    pub(super) fn take(&mut self, batch: Committed) {
        let Committed { before, leaves, head, checkpoint, waiting } = batch;
        match &mut self.batches {
            Some(joined) => {
                joined.leaves.extend(leaves);
                joined.waiting.extend(waiting);
                (joined.head, joined.checkpoint) = (head, checkpoint);
            }
            none => *none = Some(Joined { before, leaves, head, checkpoint, waiting }),
        }
    }

    /// Whether somebody waits.
    pub(super) fn is_awaited(&self) -> bool {
        self.batches.as_ref().is_some_and(|joined| !joined.waiting.is_empty())
    }

    /// Whether there is anything to cosign.
    pub(super) const fn is_empty(&self) -> bool {
        self.batches.is_none()
    }

    /// Gives up the waiting: nobody will cosign for them now.
    pub(super) fn fail(&mut self, error: &WriteError) {
        let waiting = self.batches.as_mut().map(|joined| std::mem::take(&mut joined.waiting));
        for Waiting { reply, .. } in waiting.unwrap_or_default() {
            let _ = reply.send(Err(error.clone()));
        }
    }

    /// The target of a round over everything taken so far, and what to do when it is cosigned.
    ///
    /// # Errors
    /// When the log is full.
    pub(super) fn close(&mut self) -> Result<Option<(Target, Closed)>, LogFull> {
        let Some(Joined { before, leaves, head, checkpoint, waiting }) = self.batches.take() else {
            return Ok(None);
        };
        let appended = before.append(&leaves)?;
        let proof = appended.consistency().unwrap_or_default();
        let target = Target { head, checkpoint, base: before.size(), proof };
        Ok(Some((target, Closed { appended, waiting })))
    }
}

/// A group in its round.
#[derive(Debug)]
pub(super) struct Closed {
    appended: evidence::Appended,
    waiting: Vec<Waiting>,
}

impl Closed {
    /// Tells everybody who waits: their entry, proven under the cosigned checkpoint, or that there is none.
    pub(super) fn settle(self, cosigned: Result<&Arc<str>, &WriteError>) {
        for Waiting { written, reply } in self.waiting {
            let settled = match cosigned {
                Ok(checkpoint) => match self.appended.proof(written.index) {
                    Some(proof) => Ok(Written { proof, checkpoint: Arc::clone(checkpoint), ..written }),
                    None => Err(WriteError::Closed),
                },
                Err(error) => Err(error.clone()),
            };
            // The waiting task may be gone; the entry stays.
            let _ = reply.send(settled);
        }
    }
}
