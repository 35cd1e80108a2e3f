//! From the journal into the register: in order, each entry once, behind the flow and never in its way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use certs::{Envelope, EnvelopeKind, Iin};
use evidence::statement::{Item, Role, StatedCase, StatedSigner};
use policy::Ground;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{Ended, Ending, Keyring, Place, Portion, Progress, Registered, Track};
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::document::is_code;
use crate::entry::{Kind, StoredEntry};
use crate::journal::Recent;
use crate::journal::kept::Kept;
use crate::registries::Catalogues;
use crate::store::StoreError;
use crate::store::register::Register;
use crate::turn;
use crate::vault::{Vault, VaultError};

/// How often a node looks for new entries. A search does not wait for it: it catches up itself. Few and large portions: a request that
/// is under way where a portion ends is written twice, and each time into every index.
const EVERY: Duration = Duration::from_secs(1);
/// Every so many looks a node also looks after the logs of others: they index their own, unless they are gone.
const OTHERS: u32 = 10;
/// Entries opened in one go: others on the thread wait for so many.
const STRETCH: usize = 32;
/// Entries of one portion: rows are a few kilobytes each.
const PORTION: u16 = 1024;

/// Why the register does not move on.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the register cannot be read or written")]
    Store(#[from] StoreError),
    #[error("log {0} has more entries than the register counts")]
    Beyond(String),
}

/// What the register takes from a statement. The rest is passed over: the facts are most of it, and the vault has vouched for the whole.
#[derive(Debug, Deserialize)]
struct Told {
    signer: Option<StatedSigner>,
    case: Option<StatedCase>,
    #[serde(default)]
    items: Vec<Item>,
}

/// Brings the register up to the journal. One at a time in a process; among nodes the first to write a portion wins.
#[derive(Debug)]
pub struct Indexer {
    register: Arc<dyn Register>,
    vault: Arc<Vault>,
    keyring: Keyring,
    catalogues: Arc<Catalogues>,
    clock: Arc<dyn Clock>,
    /// This node's own log.
    origin: Arc<str>,
    recent: Arc<Recent>,
    turn: Mutex<()>,
}

impl Indexer {
    #[must_use]
    pub fn new(
        register: Arc<dyn Register>,
        vault: Arc<Vault>,
        keyring: Keyring,
        catalogues: Arc<Catalogues>,
        clock: Arc<dyn Clock>,
        (origin, recent): (Arc<str>, Arc<Recent>),
    ) -> Self {
        Self { register, vault, keyring, catalogues, clock, origin, recent, turn: Mutex::default() }
    }

    /// Indexes for ever. What fails is tried again: the register is late then, never wrong.
    pub async fn run(self: Arc<Self>) {
        let mut complained = false;
        for look in (0..OTHERS).cycle() {
            match self.index(|log| look == 0 || log.origin == *self.origin).await {
                Ok(()) => complained = false,
                Err(error) if !complained => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the register falls behind");
                    complained = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Takes everything into the register that was in the journal when this was called.
    ///
    /// # Errors
    /// [`IndexError`]; the register then ends where it could not go on.
    pub async fn catch_up(&self) -> Result<(), IndexError> {
        self.index(|_| true).await
    }

    async fn index(&self, wanted: impl Fn(&Progress) -> bool) -> Result<(), IndexError> {
        let _turn = self.turn.lock().await;
        for log in self.register.progress().await?.into_iter().filter(wanted) {
            let mut next = log.next;
            while next < log.size {
                next = self.portion(&log, next).await?;
            }
        }
        Ok(())
    }

    /// Entries of a log from `from`, at most `limit`, in order: this node's newest from memory.
    ///
    /// # Errors
    /// As [`Register::entries`].
    pub async fn entries(
        &self,
        origin: &str,
        from: u64,
        limit: u16,
    ) -> Result<Vec<Arc<StoredEntry>>, StoreError> {
        let own = (origin == &*self.origin).then(|| self.recent.read(from, limit)).flatten();
        match own {
            Some(entries) => Ok(entries),
            None => {
                let stored = self.register.entries(origin, from, u32::from(limit)).await?;
                Ok(stored.into_iter().map(Arc::new).collect())
            }
        }
    }

    /// One portion; gives the first entry after it.
    async fn portion(&self, log: &Progress, from: u64) -> Result<u64, IndexError> {
        let entries = self.entries(&log.origin, from, PORTION).await?;
        let Some(last) = entries.last() else {
            return Err(StoreError::Corrupt(format!("log {} ends at {from}", log.origin)).into());
        };
        let to = last.index.saturating_add(1);
        let catalogue = self.catalogues.current();
        let mut requests: BTreeMap<Place, Registered> = BTreeMap::new();
        let mut ended = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if at % STRETCH == STRETCH - 1 {
                turn::for_others().await;
            }
            let place =
                |index| Place::new(log.log, index).ok_or_else(|| IndexError::Beyond(log.origin.clone()));
            match (entry.kind, entry.grant) {
                (Kind::Grant | Kind::Refusal, _) => {
                    let place = place(entry.index)?;
                    requests.insert(place, self.registered(place, entry, &catalogue).await?);
                }
                (Kind::Answer | Kind::Failure | Kind::Interrupted, Some(grant)) => {
                    let (place, ending) = (place(grant)?, ending(entry.kind));
                    match requests.get_mut(&place) {
                        Some(request) => (request.ending, request.code) = (ending, entry.code.clone()),
                        None => ended.push(Ended { place, ending, code: entry.code.clone() }),
                    }
                }
                _ => {}
            }
        }
        let requests = requests.into_values().collect();
        self.register.take(&Portion { log: log.log, from, to, requests, ended }).await?;
        Ok(to)
    }

    async fn registered(
        &self,
        place: Place,
        entry: &StoredEntry,
        catalogue: &Catalogue,
    ) -> Result<Registered, IndexError> {
        let mut row = Registered {
            place,
            at: entry.at,
            ending: ending(entry.kind),
            track: Track::Ordinary,
            request: entry.request,
            officer: None,
            subject: None,
            case: None,
            agency: entry.agency.clone(),
            registry: None,
            operation: None,
            code: entry.code.clone(),
        };
        if let Some((kept, told)) = self.open(entry).await? {
            let signer = told.signer.as_ref().map(|signer| Iin::parse_unchecked_digit(&signer.iin));
            row.officer = signer.and_then(Result::ok).map(|iin| self.keyring.officer(&iin));
            let case = told.case.as_ref();
            row.case = case.map(|case| self.keyring.case(&case.kind, &case.number));
            if let Some(document) = document(&kept, &told) {
                self.read(&mut row, &document, catalogue);
            }
        }
        Ok(row)
    }

    /// What the document says, as far as it can be read: also a refused one tells whom somebody tried to ask about.
    fn read(&self, row: &mut Registered, document: &Value, catalogue: &Catalogue) {
        let text = |path: &str| document.pointer(path).and_then(Value::as_str);
        let code = |path: &str| text(path).filter(|code| is_code(code)).map(str::to_owned);
        row.registry = code("/registry");
        row.operation = code("/operation");
        let ground = text("/basis/ground").and_then(|ground| ground.parse::<Ground>().ok());
        if let Some(ground) = ground {
            row.track = Track::of(ground);
            let number = text("/basis/case");
            row.case = row.case.or(number.map(|number| self.keyring.case(ground.as_str(), number)));
        }
        let registry = row.registry.as_deref().and_then(|code| catalogue.registry(code));
        let operation = registry.zip(row.operation.as_deref()).and_then(|(it, code)| it.operation(code));
        let named = operation.and_then(|operation| operation.listing().subject.as_deref());
        let subject = named.and_then(|name| document.get("parameters")?.get(name));
        row.subject = subject.map(|value| match value {
            Value::String(text) => self.keyring.subject(text),
            other => self.keyring.subject(&other.to_string()),
        });
    }

    /// `None` for content that was destroyed or spoilt: of such a request the register holds what the leaf does, and one bad row
    /// does not keep the others from being found.
    async fn open(&self, entry: &StoredEntry) -> Result<Option<(Kept, Told)>, StoreError> {
        let Some(case) = &entry.case_ref else { return Ok(None) };
        let clear = match self.vault.open(case, &entry.content, self.clock.now()).await {
            Ok(clear) => clear,
            Err(VaultError::Store(error)) => return Err(error),
            Err(VaultError::Destroyed) => return Ok(None),
            Err(error) => {
                let (index, error) = (entry.index, &error as &dyn std::error::Error);
                tracing::warn!(index, error, "an entry cannot be opened; `negiz log fsck` says more");
                return Ok(None);
            }
        };
        let Ok(kept) = Kept::from_bytes(&clear) else { return Ok(None) };
        let told = serde_json::from_slice(&kept.statement).ok();
        Ok(told.map(|told| (kept, told)))
    }
}

const fn ending(kind: Kind) -> Ending {
    match kind {
        Kind::Answer => Ending::Answered,
        Kind::Refusal => Ending::Refused,
        Kind::Failure | Kind::Interrupted => Ending::Failed,
        _ => Ending::Pending,
    }
}

/// The document inside the signed request that an entry keeps.
fn document(kept: &Kept, told: &Told) -> Option<Value> {
    let item = told.items.iter().find(|item| item.role == Role::SignedRequest)?;
    let kind = EnvelopeKind::from_media_type(&item.media_type)?;
    let envelope = Envelope::parse(kind, kept.document(&item.digest)?).ok()?;
    crate::json::read(envelope.content()).ok()
}
