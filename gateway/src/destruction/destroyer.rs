//! Carries out destructions that are confirmed: first the entry in every log that holds something of it, then the key.

use std::sync::Arc;
use std::time::Duration;

use certs::Bin;
use evidence::leaf::ActKind;
use evidence::statement::Destroyed;
use serde_json::json;
use tokio::sync::Mutex;

use super::Destruction;
use crate::clock::{Clock, Millis};
use crate::config::Retention;
use crate::declined::About;
use crate::exchange::Exchange;
use crate::journal::Acted;
use crate::refusal::Refusal;
use crate::register::{IndexError, Indexer, Key, Keyring};
use crate::store::custody::Custody;
use crate::store::register::Register;
use crate::store::{Store, StoreError};
use crate::vault::Vault;

/// How often a node looks whether another, or a feed, has something for it to destroy.
const EVERY: Duration = Duration::from_secs(1);

/// How long after the confirmation a key stays because another node has not yet said what of it is in its log; that one is gone then,
/// and says it when it is back.
const PATIENCE: i64 = 60_000;
/// How long after a key is gone a node looks for entries that came under it late: longer than a commit may take.
const SETTLED: i64 = 20_000;

/// Why a destruction did not come to its end. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum DestructionError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the register cannot be brought up to date")]
    Index(#[from] IndexError),
    #[error("the journal did not take it: {}", .0.code)]
    Journal(Refusal),
}

/// What a destruction takes.
struct Going {
    /// Names of data keys.
    keys: Vec<[u8; 32]>,
    /// Whose requests the register lets go of; everybody's in a case.
    agency: Option<String>,
}

/// Destroys.
#[derive(Debug)]
pub struct Destroyer {
    pub custody: Arc<dyn Custody>,
    pub register: Arc<dyn Register>,
    pub indexer: Arc<Indexer>,
    pub keyring: Keyring,
    pub store: Arc<dyn Store>,
    pub vault: Arc<Vault>,
    pub exchange: Arc<Exchange>,
    pub clock: Arc<dyn Clock>,
    /// This node's log.
    pub origin: Arc<str>,
    pub rules: Vec<Retention>,
    /// Days between telling the prosecutor and destroying operational material (OI 5(5)).
    pub notice_days: u32,
    pub turn: Mutex<()>,
}

impl Destroyer {
    /// Destroys for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            let mut done = self.carry_out().await;
            if done.is_ok() {
                done = self.keep_time().await;
            }
            if let Err(error) = done {
                tracing::error!(error = &error as &dyn std::error::Error, "a destruction is not done yet");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Takes everything that is confirmed and not yet at its end in this node's log one step further.
    ///
    /// # Errors
    /// [`DestructionError`]; what was begun is begun again, and said twice rather than not at all.
    pub async fn carry_out(&self) -> Result<(), DestructionError> {
        let _turn = self.turn.lock().await;
        for destruction in self.custody.unsettled(&self.origin).await? {
            self.destroy(&destruction).await?;
        }
        Ok(())
    }

    async fn destroy(&self, destruction: &Destruction) -> Result<(), DestructionError> {
        self.indexer.catch_up().await?;
        let case = self.keyring.case(&destruction.kind, &destruction.number);
        let going = self.going(destruction, case).await?;
        // Said before it is done: what is gone is always accounted for.
        let account = self.account(destruction, &going, case).await?;
        if self.must_wait(destruction, &going, case).await? {
            return Ok(());
        }
        let mut since = Millis(i64::MIN);
        for key in &going.keys {
            if self.store.destroy_case_key(key, self.clock.now()).await? {
                tracing::info!(cause = destruction.cause.name(), "the content of a case was destroyed");
            }
            self.vault.forget(key);
            since = since.max(self.custody.gone_since(key).await?.unwrap_or(Millis(i64::MAX)));
        }
        self.register.forget_subjects(case, going.agency.as_deref()).await?;
        if self.clock.now().since(since) < SETTLED {
            return Ok(());
        }
        let mut late = self.sealed(&going, case, &self.origin).await?;
        late.retain(|index| account.is_none_or(|account| *index > account));
        let index = self.say(destruction, late).await?;
        Ok(self.custody.end(&destruction.id, &self.origin, index).await?)
    }

    /// The entry of this log that says what of it is gone, written now unless it was before.
    async fn account(
        &self,
        destruction: &Destruction,
        going: &Going,
        case: Key,
    ) -> Result<Option<u64>, DestructionError> {
        let accounts = self.custody.accounts(&destruction.id).await?;
        if let Some(own) = accounts.into_iter().find(|account| *account.origin == *self.origin) {
            return Ok(own.index);
        }
        let index = self.say(destruction, self.sealed(going, case, &self.origin).await?).await?;
        self.custody.account(&destruction.id, &self.origin, index).await?;
        Ok(index)
    }

    /// Whether another log that holds something of it says nothing of that yet.
    async fn must_wait(
        &self,
        destruction: &Destruction,
        going: &Going,
        case: Key,
    ) -> Result<bool, StoreError> {
        let confirmed = destruction.confirmed.as_ref().map_or(Millis(i64::MIN), |(_, at)| *at);
        if self.clock.now().since(confirmed) >= PATIENCE {
            return Ok(false);
        }
        let accounts = self.custody.accounts(&destruction.id).await?;
        for log in self.register.progress().await? {
            let accounted = accounts.iter().any(|account| account.origin == log.origin);
            if !accounted && !self.sealed(going, case, &log.origin).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The entries of a log whose content goes, in order.
    async fn sealed(&self, going: &Going, case: Key, origin: &str) -> Result<Vec<u64>, StoreError> {
        let mut entries = Vec::new();
        for key in &going.keys {
            entries.extend(self.register.sealed(case, key, origin).await?);
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// What goes: the key that was named; and if that is one body's for material that rests on no case, also the key under which
    /// content from before bodies had keys of their own stands, where nobody else asked under that number.
    async fn going(&self, destruction: &Destruction, case: Key) -> Result<Going, StoreError> {
        let Destruction { case_ref, kind, number, .. } = destruction;
        let agencies = self.register.agencies(case).await?;
        let whose = |agency: &String| {
            let bin: Option<Bin> = agency.parse().ok();
            bin.is_some_and(|bin| self.keyring.material_ref(kind, number, &bin) == *case_ref)
        };
        let shared = self.keyring.case_ref(kind, number);
        if shared == *case_ref {
            return Ok(Going { keys: vec![*case_ref], agency: None });
        }
        let (agency, alone) = (agencies.iter().find(|agency| whose(agency)).cloned(), agencies.len() == 1);
        let mut keys = vec![*case_ref];
        // Also when another node was first and it is gone: each says what of it was in its own log.
        if agency.is_some() && alone && !self.store.find_case_keys(&[shared]).await?.is_empty() {
            keys.push(shared);
        }
        Ok(Going { keys, agency })
    }

    /// Writes into this log that the content of these entries goes, and why; nothing of none.
    async fn say(
        &self,
        destruction: &Destruction,
        entries: Vec<u64>,
    ) -> Result<Option<u64>, DestructionError> {
        if entries.is_empty() {
            return Ok(None);
        }
        let destroyed = Destroyed { entries, reason: destruction.words() };
        let by = destruction.confirmed.as_ref().map(|(by, _)| by.clone());
        let acted = Acted {
            kind: ActKind::Destruction,
            code: destruction.cause.name(),
            actor: by,
            destroyed: Some(destroyed),
        };
        // Not under the key of the case, which goes: named as a fact, kept under the key of the day.
        let case = json!({ "kind": destruction.kind, "number": destruction.number });
        let about = About { facts: [("case".to_owned(), case)].into(), ..About::default() };
        let written = self.exchange.journal.act(acted, about).await.map_err(DestructionError::Journal)?;
        Ok(Some(written.index))
    }
}
