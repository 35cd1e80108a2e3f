//! From the journal into the register: in order, each entry once, behind the flow and never in its way.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use certs::{Envelope, EnvelopeKind, Iin};
use evidence::statement::{Item, Role, StatedCase, StatedSigner};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::taken::{Newest, Taken};
use super::{Clerk, Ended, Ending, Particulars, Place, Portion, Progress, Registered};
use crate::clock::Clock;
use crate::entry::{Kind, StoredEntry};
use crate::journal::kept::Kept;
use crate::journal::{Fresh, Recent};
use crate::store::StoreError;
use crate::store::register::Register;
use crate::turn;
use crate::vault::{Vault, VaultError};

/// How often a node looks for new entries. A search does not wait for it: it catches up itself. Not more often: a request that is under
/// way when a node looks is written twice, and each time into every index.
const EVERY: Duration = Duration::from_secs(1);
/// Every so many looks a node also looks after the logs of others: they index their own, unless they are gone.
const OTHERS: u32 = 10;
/// Entries gone through in one go: others on the thread wait for so many.
const STRETCH: usize = 32;
/// Entries read in one go: from the database they are a few kilobytes each.
const WINDOW: u16 = 2048;
/// Entries written in one go by who is waited for.
const PORTION: usize = 1024;

/// Outcomes by the index of their grant.
type Outcomes = HashMap<u64, (Ending, Option<String>)>;

/// How fast entries are taken.
#[derive(Clone, Copy, Debug)]
struct Pace {
    hurried: bool,
    portion: usize,
    /// From one portion to the next.
    step: Duration,
    /// When the next portion is due.
    due: Instant,
}

impl Pace {
    /// Somebody waits for it.
    fn hurried(now: Instant) -> Self {
        Self { hurried: true, portion: PORTION, step: Duration::ZERO, due: now }
    }

    /// So many entries, some at a time, within the time until the next look: requests wait behind every burst. And no longer than that,
    /// however long the portions themselves take: the register would fall behind by as much again with every look.
    fn of(entries: u64, portion: usize, now: Instant) -> Self {
        let portions = usize::try_from(entries).unwrap_or(usize::MAX).div_ceil(portion);
        let step = EVERY / u32::try_from(portions).unwrap_or(u32::MAX).max(1);
        Self { hurried: false, portion, step, due: now + step }
    }

    /// When the next portion is due, if that is still to come.
    fn next(&mut self, now: Instant) -> Option<Instant> {
        let due = self.due;
        self.due += self.step;
        (now < due).then_some(due)
    }
}

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

/// Brings the register up to the journal. Whoever is the first to write a portion wins, in one process as among nodes.
#[derive(Debug)]
pub struct Indexer {
    register: Arc<dyn Register>,
    vault: Arc<Vault>,
    clerk: Clerk,
    clock: Arc<dyn Clock>,
    /// This node's own log.
    origin: Arc<str>,
    recent: Arc<Recent>,
    taken: Taken,
    /// Held by who is waited for, one after another: what one takes the next finds done.
    hurried: Mutex<()>,
}

impl Indexer {
    #[must_use]
    pub fn new(
        register: Arc<dyn Register>,
        vault: Arc<Vault>,
        clerk: Clerk,
        clock: Arc<dyn Clock>,
        (origin, recent): (Arc<str>, Arc<Recent>),
    ) -> Self {
        let (taken, hurried) = (Taken::default(), Mutex::default());
        Self { register, vault, clerk, clock, origin, recent, taken, hurried }
    }

    /// Indexes for ever. What fails is tried again: the register is late then, never wrong.
    pub async fn run(self: Arc<Self>) {
        let mut complained = false;
        for look in (0..OTHERS).cycle() {
            let again = Instant::now() + EVERY;
            match self.look(look == 0).await {
                Ok(()) => complained = false,
                Err(error) if !complained => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the register falls behind");
                    complained = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep_until(again).await;
        }
    }

    /// Takes what is new in this node's log, or in all, without haste. Whoever catches up meanwhile goes before.
    async fn look(&self, all: bool) -> Result<(), IndexError> {
        let (own, others): (Vec<_>, Vec<_>) =
            self.register.progress().await?.into_iter().partition(|log| log.origin == *self.origin);
        for log in own.iter().chain(others.iter().filter(|_| all)) {
            let pace = Pace::of(log.size.saturating_sub(log.next), self.register.portion(), Instant::now());
            self.index(log, pace).await?;
        }
        Ok(())
    }

    /// Takes everything into the register that was in the journal when this was called.
    ///
    /// # Errors
    /// [`IndexError`]; the register then ends where it could not go on.
    pub async fn catch_up(&self) -> Result<(), IndexError> {
        let _first = self.hurried.lock().await;
        let mut logs = self.register.progress().await?;
        let wanted: BTreeMap<i16, u64> = logs.iter().map(|log| (log.log, log.size)).collect();
        loop {
            logs.retain(|log| wanted.get(&log.log).is_some_and(|size| log.next < *size));
            if logs.is_empty() {
                return Ok(());
            }
            for log in &logs {
                self.index(log, Pace::hurried(Instant::now())).await?;
            }
            logs = self.register.progress().await?;
        }
    }

    /// Takes what is new in a log, portion by portion, as long as nobody else does.
    async fn index(&self, log: &Progress, mut pace: Pace) -> Result<(), IndexError> {
        let mut next = log.next;
        while next < log.size {
            let entries = self.entries(&log.origin, next, WINDOW).await?;
            if entries.is_empty() {
                return Err(StoreError::Corrupt(format!("log {} ends at {next}", log.origin)).into());
            }
            let mut outcomes = outcomes(&entries);
            for entries in entries.chunks(pace.portion) {
                if next > log.next
                    && let Some(due) = pace.next(Instant::now())
                {
                    tokio::time::sleep_until(due).await;
                }
                let portion = self.portion(log, next, entries, &mut outcomes).await?;
                let gives_way = !pace.hurried && self.hurried.try_lock().is_err();
                if gives_way || !self.register.take(&portion).await? {
                    return Ok(());
                }
                next = portion.to;
                if *log.origin == *self.origin {
                    self.taken.add(entries, portion.requests, log.size);
                }
            }
        }
        Ok(())
    }

    /// Entries of a log from `from`, at most `limit`, in order: this node's newest from memory, most of them without their content
    /// ([`Fresh`]).
    ///
    /// # Errors
    /// As [`Register::entries`].
    pub async fn entries(&self, origin: &str, from: u64, limit: u16) -> Result<Vec<Fresh>, StoreError> {
        let own = (origin == &*self.origin).then(|| self.recent.read(from, limit)).flatten();
        match own {
            Some(entries) => Ok(entries),
            None => {
                let stored = self.register.entries(origin, from, u32::from(limit)).await?;
                let stored = stored.into_iter().map(Arc::new);
                Ok(stored.map(|entry| Fresh { entry, particulars: None }).collect())
            }
        }
    }

    /// Entries of this node's log that are in the register, from `from` on and at most `limit`, each with the request it is a step of.
    /// `None` if they are not remembered: they may be in the register for all that.
    #[must_use]
    pub fn newest(&self, from: u64, limit: u16) -> Option<Newest> {
        let newest = self.taken.read(from, limit)?;
        let size = self.recent.size().unwrap_or(0).max(newest.size);
        Some(Newest { size, ..newest })
    }

    /// The rows of some entries of a log, from `from` on. What became of a request goes into its row at once if it is among `outcomes`.
    async fn portion(
        &self,
        log: &Progress,
        from: u64,
        entries: &[Fresh],
        outcomes: &mut Outcomes,
    ) -> Result<Portion, IndexError> {
        let place = |index| Place::new(log.log, index).ok_or_else(|| IndexError::Beyond(log.origin.clone()));
        let mut portion = Portion { log: log.log, from, to: from, requests: Vec::new(), ended: Vec::new() };
        for (at, fresh) in entries.iter().enumerate() {
            let entry = &fresh.entry;
            if at % STRETCH == STRETCH - 1 {
                turn::for_others().await;
            }
            match (entry.kind, entry.grant) {
                (Kind::Grant | Kind::Refusal, _) => {
                    let mut row = self.registered(place(entry.index)?, fresh).await?;
                    if let Some(outcome) = outcomes.remove(&entry.index) {
                        (row.ending, row.code) = outcome;
                    }
                    portion.requests.push(row);
                }
                (Kind::Answer | Kind::Failure | Kind::Interrupted, Some(grant)) => {
                    // Still there: its grant came before all that is looked at, and is in the register.
                    if let Some((ending, code)) = outcomes.remove(&grant) {
                        portion.ended.push(Ended { place: place(grant)?, ending, code });
                    }
                }
                _ => {}
            }
            portion.to = entry.index.saturating_add(1);
        }
        Ok(portion)
    }

    async fn registered(&self, place: Place, fresh: &Fresh) -> Result<Registered, IndexError> {
        let entry = &fresh.entry;
        let particulars = match &fresh.particulars {
            Some(particulars) => Particulars::clone(particulars),
            None => self.reread(entry).await?,
        };
        let Particulars { track, officer, subject, case, registry, operation } = particulars;
        Ok(Registered {
            place,
            at: entry.at,
            ending: ending(entry.kind),
            track,
            request: entry.request,
            officer,
            subject,
            case,
            agency: entry.agency.clone(),
            registry,
            operation,
            code: entry.code.clone(),
        })
    }

    /// What the clerk took down when the entry was made, from what is kept of it.
    async fn reread(&self, entry: &StoredEntry) -> Result<Particulars, StoreError> {
        let Some((kept, told)) = self.open(entry).await? else { return Ok(Particulars::default()) };
        let signer = told.signer.as_ref().and_then(|signer| Iin::parse_unchecked_digit(&signer.iin).ok());
        let case = told.case.as_ref().map(|case| (case.kind.as_str(), case.number.as_str()));
        let envelope = envelope(&kept, &told);
        Ok(self.clerk.particulars(signer.as_ref(), case, envelope.as_ref().map(Envelope::content)))
    }

    /// `None` for content that was destroyed or spoilt: of such a request the register holds what the leaf does, and one bad row
    /// does not keep the others from being found.
    async fn open(&self, entry: &StoredEntry) -> Result<Option<(Kept, Told)>, StoreError> {
        let Some(case) = &entry.case_ref else { return Ok(None) };
        let kept: Result<_, Box<dyn std::error::Error>> =
            match self.vault.open(case, &entry.content, self.clock.now()).await {
                Ok(clear) => Kept::from_bytes(&clear).map_err(Into::into),
                Err(VaultError::Store(error)) => return Err(error),
                Err(VaultError::Destroyed) => return Ok(None),
                Err(error) => Err(error.into()),
            };
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                let (index, error) = (entry.index, &*error);
                tracing::warn!(index, error, "an entry cannot be read; `negiz log fsck` says more");
                return Ok(None);
            }
        };
        let told = serde_json::from_slice(&kept.statement).ok();
        Ok(told.map(|told| (kept, told)))
    }
}

fn outcomes(entries: &[Fresh]) -> Outcomes {
    let outcome = |entry: &StoredEntry| Some((entry.grant?, (ending(entry.kind), entry.code.clone())));
    entries.iter().filter_map(|fresh| outcome(&fresh.entry)).collect()
}

const fn ending(kind: Kind) -> Ending {
    match kind {
        Kind::Answer => Ending::Answered,
        Kind::Refusal => Ending::Refused,
        Kind::Failure | Kind::Interrupted => Ending::Failed,
        _ => Ending::Pending,
    }
}

/// The signed request that an entry keeps.
fn envelope(kept: &Kept, told: &Told) -> Option<Envelope> {
    let item = told.items.iter().find(|item| item.role == Role::SignedRequest)?;
    let kind = EnvelopeKind::from_media_type(&item.media_type)?;
    Envelope::parse(kind, kept.document(&item.digest)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_done_by_the_next_look_however_long_each_takes() {
        let begun = Instant::now();
        let mut pace = Pace::of(1_000, 128, begun);
        let eighth = EVERY / 8;
        assert_eq!(pace.next(begun), Some(begun + eighth));
        // The second took longer than there was: the third goes at once, the fourth when it was due all along.
        assert_eq!(pace.next(begun + 2 * eighth), None);
        assert_eq!(pace.next(begun + 2 * eighth), Some(begun + 3 * eighth));
        let last = (4..8).filter_map(|_| pace.next(begun)).last();
        assert_eq!(last, Some(begun + 7 * eighth));
        assert_eq!(Pace::hurried(begun).next(begun), None);
    }
}
