//! Grants that never got an outcome are marked as interrupted, so that none stays open for ever: after a crash at the start, after a
//! failure of the database as soon as it takes entries again.

use std::time::Duration;

use evidence::statement::Statement;

use crate::declined::About;
use crate::entry::StoredEntry;
use crate::journal::draft::DraftError;
use crate::journal::kept::Kept;
use crate::journal::{Draft, Happened, Journal, WriteError};
use crate::store::Store;
use crate::vault::VaultError;

/// Between two attempts to settle what is owed.
const PAUSE: Duration = Duration::from_secs(2);

impl Journal {
    /// Marks this log's open grants as interrupted and says how many there were. Called before the first request is taken: a
    /// grant that is open then belongs to a process that is gone.
    ///
    /// # Errors
    /// When an entry cannot be read or written.
    pub async fn recover(&self, store: &dyn Store, origin: &str) -> Result<usize, WriteError> {
        let open = store.open_grants(origin).await.map_err(|error| WriteError::Store(error.into()))?;
        let mut interrupted = 0_usize;
        for grant in &open {
            interrupted = interrupted.saturating_add(usize::from(self.interrupt(grant).await?));
        }
        Ok(interrupted)
    }

    /// Marks grants as interrupted whose outcome this process could not write, or which it took for not written, for ever.
    pub async fn settle(&self, origin: &str) {
        loop {
            tokio::time::sleep(PAUSE).await;
            if let Err(error) = self.settle_owed(origin).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "grants without an outcome are still open"
                );
            }
        }
    }

    /// An outcome that was reported as not written may be there all the same, when only the word of the commit was lost: what is
    /// still open is what counts.
    async fn settle_owed(&self, origin: &str) -> Result<(), WriteError> {
        let Some(owed) = self.owed.now() else { return Ok(()) };
        let open = self.store.open_grants(origin).await.map_err(|error| WriteError::Store(error.into()))?;
        for grant in open.iter().filter(|grant| owed.has(grant)) {
            if self.interrupt(grant).await? {
                tracing::warn!(grant = grant.index, "a grant without an outcome was marked as interrupted");
            }
        }
        self.owed.settled(&owed);
        Ok(())
    }

    /// `false` if its outcome came meanwhile.
    async fn interrupt(&self, grant: &StoredEntry) -> Result<bool, WriteError> {
        let about = self.about_grant(grant).await?;
        match self.write(Draft { happened: Happened::Interrupted, about, effect: None }).await {
            Ok(_) => Ok(true),
            Err(WriteError::Ended) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn about_grant(&self, grant: &StoredEntry) -> Result<About, WriteError> {
        let statement = self.statement(grant).await?;
        let request = statement.as_ref().and_then(|statement| statement.request.as_ref());
        let case = statement.as_ref().and_then(|statement| statement.case.as_ref());
        Ok(About {
            request: grant.request,
            digest: request.map(|request| *request.digest.as_bytes()),
            agency: grant.agency.clone(),
            case: case.map(|case| (case.kind.clone(), case.number.clone())),
            grant: Some(grant.index),
            ..About::default()
        })
    }

    /// What an entry states; `None` once its key was destroyed: then only its place in the log is known.
    async fn statement(&self, entry: &StoredEntry) -> Result<Option<Statement>, WriteError> {
        let unreadable = |error: DraftError| WriteError::from(error);
        let Some(case) = &entry.case_ref else { return Ok(None) };
        match self.vault.open(case, &entry.content, self.clock.now()).await {
            Ok(clear) => {
                let kept = Kept::from_bytes(&clear).and_then(|kept| kept.read());
                kept.map(Some).map_err(|error| unreadable(error.into()))
            }
            Err(VaultError::Destroyed) => Ok(None),
            Err(error) => Err(unreadable(error.into())),
        }
    }
}
