//! After a crash: grants that never got an outcome are marked as interrupted, so that none stays open for ever.

use serde_json::Value;

use crate::clock::Millis;
use crate::declined::About;
use crate::entry::StoredEntry;
use crate::journal::{Draft, Happened, Journal, WriteError};
use crate::store::Store;
use crate::vault::{Vault, VaultError};

impl Journal {
    /// Marks this log's open grants as interrupted and says how many there were. Called before the first request is taken: a
    /// grant that is open then belongs to a process that is gone.
    ///
    /// # Errors
    /// When an entry cannot be read or written.
    pub async fn recover(&self, store: &dyn Store, origin: &str) -> Result<usize, WriteError> {
        let open = store.open_grants(origin).await.map_err(|error| WriteError::Store(error.into()))?;
        for grant in &open {
            let about = self.about_grant(grant).await?;
            self.write(Draft { happened: Happened::Interrupted, about }).await?;
        }
        Ok(open.len())
    }

    async fn about_grant(&self, grant: &StoredEntry) -> Result<About, WriteError> {
        let statement = statement(&self.vault, grant, self.clock.now()).await?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let case = statement.get("case").and_then(|case| Some((text(case, "kind")?, text(case, "number")?)));
        let digest = text(&statement, "request").and_then(|text| text.parse::<evidence::Digest>().ok());
        Ok(About {
            request: grant.request,
            digest: digest.map(|digest| *digest.as_bytes()),
            agency: grant.agency.clone(),
            case,
            grant: Some(grant.index),
            ..About::default()
        })
    }
}

/// The grant's statement; empty once its key was destroyed: then only its place in the log is known.
async fn statement(vault: &Vault, grant: &StoredEntry, now: Millis) -> Result<Value, WriteError> {
    let Some(case) = &grant.case_ref else { return Ok(Value::Null) };
    match vault.open(case, &grant.content, now).await {
        Ok(clear) => Ok(serde_json::from_slice(&clear).unwrap_or(Value::Null)),
        Err(VaultError::Destroyed) => Ok(Value::Null),
        Err(error) => Err(crate::journal::draft::DraftError::from(error).into()),
    }
}
