//! Carries out destructions that are confirmed: first the entry in every log that holds something of it, then the key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use certs::Bin;
use evidence::leaf::ActKind;
use evidence::statement::Destroyed;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::Destruction;
use crate::clock::{Clock, Millis};
use crate::config::Retention;
use crate::declined::About;
use crate::exchange::Exchange;
use crate::journal::Acted;
use crate::refusal::Refusal;
use crate::register::{IndexError, Indexer, Key, Keyring};
use crate::store::custody::{Custody, Look};
use crate::store::register::Register;
use crate::store::{Store, StoreError};
use crate::vault::Vault;

/// How often a node looks whether another, or a feed, has something for it to destroy.
const EVERY: Duration = Duration::from_secs(1);

/// How long a key stays because another node has not yet said what of it is in its log: that one is gone then, and says it when it is
/// back. Counted from this node's first look.
const PATIENCE: i64 = 60_000;
/// How long after it let go of a key a node looks for entries that came under it late: longer than a commit may take.
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
#[derive(Clone, Debug)]
struct Going {
    case: Key,
    /// Names of data keys.
    keys: Vec<[u8; 32]>,
    /// Whose requests the register lets go of; everybody's in a case.
    agency: Option<String>,
    look: Look,
}

/// Keys that are gone and were let go of here, until this node has looked once more what came under them.
#[derive(Debug, Default)]
pub struct LetGo(HashMap<Uuid, (Millis, Vec<[u8; 32]>)>);

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
    pub turn: Mutex<LetGo>,
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
        let mut turn = self.turn.lock().await;
        for destruction in self.custody.unsettled(&self.origin).await? {
            match turn.0.get(&destruction.id) {
                // A request under way may have brought it back into memory.
                Some((since, keys)) if self.clock.now().since(*since) < SETTLED => {
                    keys.iter().for_each(|key| self.vault.forget(key));
                }
                _ => self.destroy(&destruction, &mut turn).await?,
            }
        }
        Ok(())
    }

    async fn destroy(&self, destruction: &Destruction, turn: &mut LetGo) -> Result<(), DestructionError> {
        self.indexer.catch_up().await?;
        let going = self.going(destruction).await?;
        // Said before it is done: what is gone is always accounted for.
        self.account(destruction, &going).await?;
        if !self.is_gone(&going).await? && self.must_wait(destruction, &going).await? {
            return Ok(());
        }
        if turn.0.contains_key(&destruction.id) {
            // Whom the latest were about, too.
            self.register.forget_subjects(going.case, going.agency.as_deref()).await?;
            self.end(destruction, &going).await?;
            turn.0.remove(&destruction.id);
            return Ok(());
        }
        for key in &going.keys {
            if self.store.destroy_case_key(key, self.clock.now()).await? {
                tracing::info!(cause = destruction.cause.name(), "the content of a case was destroyed");
            }
            self.vault.forget(key);
        }
        self.register.forget_subjects(going.case, going.agency.as_deref()).await?;
        turn.0.insert(destruction.id, (self.clock.now(), going.keys));
        Ok(())
    }

    /// The last look: what came under the keys after the first.
    async fn end(&self, destruction: &Destruction, going: &Going) -> Result<(), DestructionError> {
        let mut late = Vec::new();
        for key in &going.keys {
            late.extend(self.custody.sealed_from(key, &self.origin, going.look.size).await?);
        }
        late.sort_unstable();
        let index = self.say(destruction, late).await?;
        Ok(self.custody.end(&destruction.id, &self.origin, index).await?)
    }

    /// Whether another node has taken the keys.
    async fn is_gone(&self, going: &Going) -> Result<bool, StoreError> {
        let found = self.store.find_case_keys(&going.keys).await?;
        Ok(going.keys.iter().all(|key| found.iter().any(|(name, held)| name == key && held.is_none())))
    }

    /// Says in this log what of it is gone, unless it was said before.
    async fn account(&self, destruction: &Destruction, going: &Going) -> Result<(), DestructionError> {
        let accounts = self.custody.accounts(&destruction.id).await?;
        if accounts.iter().any(|account| *account.origin == *self.origin) {
            return Ok(());
        }
        let mut entries = self.sealed(going, &self.origin).await?;
        entries.retain(|index| *index < going.look.size);
        let index = self.say(destruction, entries).await?;
        Ok(self.custody.account(&destruction.id, &self.origin, index).await?)
    }

    /// Whether another log that holds something of it says nothing of that yet.
    async fn must_wait(&self, destruction: &Destruction, going: &Going) -> Result<bool, StoreError> {
        if self.clock.now().since(going.look.at) >= PATIENCE {
            return Ok(false);
        }
        let accounts = self.custody.accounts(&destruction.id).await?;
        for log in self.register.progress().await? {
            let accounted = accounts.iter().any(|account| account.origin == log.origin);
            if !accounted && !self.sealed(going, &log.origin).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The entries of a log whose content goes, in order, as far as the register knows them.
    async fn sealed(&self, going: &Going, origin: &str) -> Result<Vec<u64>, StoreError> {
        let mut entries = Vec::new();
        for key in &going.keys {
            entries.extend(self.register.sealed(going.case, key, origin).await?);
        }
        entries.sort_unstable();
        Ok(entries)
    }

    /// What goes: the key that was named; and if that is one body's for material that rests on no case, also the key under which
    /// content from before bodies had keys of their own stands, where nobody else asked under that number.
    async fn going(&self, destruction: &Destruction) -> Result<Going, StoreError> {
        let Destruction { case_ref, kind, number, .. } = destruction;
        let case = self.keyring.case(kind, number);
        let common = self.keyring.case_ref(kind, number);
        let (mut agency, mut shared) = (None, false);
        if common != *case_ref {
            let agencies = self.register.agencies(case).await?;
            let whose = |agency: &&String| {
                let bin: Option<Bin> = agency.parse().ok();
                bin.is_some_and(|bin| self.keyring.material_ref(kind, number, &bin) == *case_ref)
            };
            agency = agencies.iter().find(whose).cloned();
            let alone = agency.is_some() && agencies.len() == 1;
            shared = alone && !self.store.find_case_keys(&[common]).await?.is_empty();
        }
        let logs = self.register.progress().await?;
        let size = logs.iter().find(|log| *log.origin == *self.origin).map_or(0, |log| log.next);
        let now = Look { size, at: self.clock.now(), shared };
        let look = self.custody.look(&destruction.id, &self.origin, now).await?;
        let common = look.shared.then_some(common);
        Ok(Going { case, keys: std::iter::once(*case_ref).chain(common).collect(), agency, look })
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
        let about = About { facts: [("case", case)].into(), ..About::default() };
        let written = self.exchange.journal.act(acted, about).await.map_err(DestructionError::Journal)?;
        Ok(Some(written.index))
    }
}
