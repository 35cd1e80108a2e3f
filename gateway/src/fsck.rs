//! The check of a whole log from its storage: every row, node, key, claim and document, against what the log itself commits to.
//!
//! `evidence::audit` holds leaves, tree and checkpoints against each other; here are the columns and tables around them. What is
//! wrong is named, and the check goes on, so that one run tells all.

mod columns;
mod examined;
mod pass;
mod stamps;
mod tables;
mod watched;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use evidence::audit::{Audit, Audited};
use evidence::checkpoint::CheckpointMalformed;
use evidence::{Checkpoint, Quorum, VerifierKey};
use futures_util::{StreamExt as _, stream};

use crate::commitment::Commitments;
use crate::entry::Head;
use crate::fsck::pass::{Opened, Pass};
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use crate::verify::Signatures;

pub use watched::survey;

/// Rows read at a time.
const PAGE: u32 = 2048;
/// Pages that are read and opened at once, at most: as many connections are there for it.
const AHEAD: usize = 4;
/// No more findings of one kind than this are kept; the rest are counted.
const MAX_FINDINGS: usize = 1000;

/// A log to be checked, and what to check it with.
#[derive(Debug)]
pub struct Fsck {
    pub store: Arc<dyn Store>,
    pub vault: Arc<Vault>,
    pub commitments: Arc<Commitments>,
    pub origin: String,
    /// The log's key, and those it had before.
    pub keys: Vec<VerifierKey>,
    /// Who must have cosigned the checkpoint that is stored as cosigned.
    pub quorum: Quorum,
    /// Verifies time-stamps; without it only what they are over is looked at.
    pub signatures: Option<Signatures>,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    pub audited: Audited,
    /// What is wrong beyond the audit's own findings.
    pub wrong: Wrong,
    /// Entries whose content was destroyed, as the log says.
    pub destroyed: usize,
    /// Time-stamps on checkpoints that verify.
    pub stamps: usize,
}

impl Found {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.audited.findings.is_empty() && self.wrong.words.is_empty()
    }
}

/// Findings in words, in the order they were made.
#[derive(Debug, Default)]
pub struct Wrong {
    pub words: Vec<String>,
    /// How many there were beyond the limit.
    pub more: usize,
}

impl Wrong {
    pub(crate) fn find(&mut self, words: String) {
        if self.words.len() < MAX_FINDINGS { self.words.push(words) } else { self.more += 1 }
    }
}

impl Fsck {
    /// Checks everything; `kept` are checkpoints from elsewhere that the log must still begin with.
    ///
    /// # Errors
    /// When the database cannot be read at all.
    pub async fn run(self: Arc<Self>, kept: Vec<Checkpoint>) -> Result<Found, StoreError> {
        let mut wrong = Wrong::default();
        let mut checkpoints = self.checkpoints(kept, &mut wrong).await?;
        let stamps = stamps::check(&self, &mut checkpoints, &mut wrong).await?;
        let mut pass = Pass::new(Audit::new(&checkpoints, &self.keys), wrong);
        self.follow(&mut pass).await?;
        let (audited, mut wrong, mentioned) = pass.finish();
        tables::check(&self, &mentioned, &mut wrong).await?;
        Ok(Found { audited, wrong, destroyed: mentioned.destroyed, stamps })
    }

    /// Leads the pass over all entries, in order.
    async fn follow(self: &Arc<Self>, pass: &mut Pass) -> Result<(), StoreError> {
        let tallies = self.store.tallies(&self.origin).await?;
        // Neither number alone can be believed: together they bound the work.
        let whole = tallies.entries.min(tallies.size) / u64::from(PAGE) * u64::from(PAGE);
        let spans = (0..whole).step_by(PAGE as usize).map(|from| from..from.saturating_add(PAGE.into()));
        let reading = |span| tokio::spawn(Opened::read(Arc::clone(self), span));
        let ahead = thread::available_parallelism().map_or(1, NonZeroUsize::get).saturating_add(1).min(AHEAD);
        let mut pages = stream::iter(spans.map(reading)).buffered(ahead);
        while let Some(opened) = pages.next().await {
            pass.take(opened.map_err(|_| StoreError::Corrupt("the check ended early".to_owned()))??);
        }
        // The rest, and whatever should not be there.
        let mut next = Some(whole);
        while let Some(from) = next {
            let opened = Opened::read(Arc::clone(self), from..u64::MAX).await?;
            next = opened.page.next();
            pass.take(opened);
        }
        Ok(())
    }

    /// The stored checkpoints that can be read, and those that were kept elsewhere.
    async fn checkpoints(
        &self,
        kept: Vec<Checkpoint>,
        wrong: &mut Wrong,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        let mut all = kept;
        let head = self.head(wrong, "head", self.store.head(&self.origin).await)?;
        let cosigned = self.head(wrong, "cosigned head", self.store.cosigned(&self.origin).await)?;
        if let Some(checkpoint) = head.and_then(|head| stated("head", &head, wrong)) {
            all.push(checkpoint);
        }
        if let Some(checkpoint) = cosigned.and_then(|head| stated("cosigned head", &head, wrong)) {
            if let Err(missing) = self.quorum.verify(&checkpoint) {
                wrong.find(format!("the checkpoint stored as cosigned is not: {missing}"));
            }
            all.push(checkpoint);
        } else if self.quorum.needed() > 0 {
            wrong.find("the log has witnesses, and no checkpoint that they cosigned is stored".to_owned());
        }
        Ok(all)
    }

    fn head(
        &self,
        wrong: &mut Wrong,
        what: &str,
        head: Result<Option<Head>, StoreError>,
    ) -> Result<Option<Head>, StoreError> {
        match head {
            Err(StoreError::Corrupt(why)) => {
                wrong.find(format!("the {what} of {} cannot be read: {why}", self.origin));
                Ok(None)
            }
            other => other,
        }
    }
}

/// The checkpoint of a stored head, held against the columns beside it.
fn stated(what: &str, head: &Head, wrong: &mut Wrong) -> Option<Checkpoint> {
    let checkpoint: Result<Checkpoint, CheckpointMalformed> = Checkpoint::parse(&head.checkpoint);
    match checkpoint {
        Ok(checkpoint) => {
            let stated = checkpoint.stated();
            if stated.size != head.size || stated.root.as_bytes() != &head.root {
                wrong.find(format!(
                    "the {what} is stored with another size or root than its checkpoint states"
                ));
            }
            Some(checkpoint)
        }
        Err(why) => {
            wrong.find(format!("the checkpoint of the {what} cannot be read: {why}"));
            None
        }
    }
}
