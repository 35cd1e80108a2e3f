//! Carries out destructions that are confirmed: first the entry in this node's log, then the key.

use std::sync::Arc;
use std::time::Duration;

use certs::Bin;
use evidence::leaf::ActKind;
use evidence::statement::Destroyed;
use serde_json::json;
use tokio::sync::Mutex;

use super::Destruction;
use crate::clock::Clock;
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

    /// Carries out everything that is confirmed and that this node's log says nothing of yet.
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
        let Going { keys, agency } = self.going(destruction, case).await?;
        let mut entries = Vec::new();
        for key in &keys {
            entries.extend(self.register.sealed(case, key, &self.origin).await?);
        }
        entries.sort_unstable();
        let index = match entries.is_empty() {
            true => None,
            // Said before it is done: what is gone is always accounted for.
            false => Some(self.record(destruction, entries).await?),
        };
        for key in &keys {
            self.store.destroy_case_key(key, self.clock.now()).await?;
            self.vault.forget(key);
        }
        self.register.forget_subjects(case, agency.as_deref()).await?;
        self.custody.settle(&destruction.id, &self.origin, index).await?;
        tracing::info!(cause = destruction.cause.name(), "the content of a case was destroyed");
        Ok(())
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

    async fn record(&self, destruction: &Destruction, entries: Vec<u64>) -> Result<u64, DestructionError> {
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
        Ok(written.index)
    }
}
