//! The evidence of one request as a bundle that anyone can verify offline (`docs/evidence/bundle.md`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::bundle::{Bundle, BundleEntry, BundleRefused, BundleStamp, Shown};
use evidence::proof::NotProvable;
use evidence::tlog_proof::TlogProof;
use evidence::{Checkpoint, Digest, NodeHash};
use uuid::Uuid;

use crate::clock::Millis;
use crate::entry::{Head, Outcome, StampedHead, StoredEntry};
use crate::journal::Written;
use crate::journal::kept::{Kept, KeptError};
use crate::seal::Seal;
use crate::store::custody::Custody;
use crate::store::{Store, StoreError};
use crate::vault::{Vault, VaultError};
use crate::witnesses::Standing;

/// Why a bundle could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the content cannot be opened")]
    Vault(#[from] VaultError),
    #[error("the content cannot be read")]
    Kept(#[from] KeptError),
    #[error("the tree has no proof of the entry")]
    Proof(#[from] NotProvable),
    #[error("the stored checkpoint cannot be read")]
    Checkpoint(#[from] evidence::checkpoint::CheckpointMalformed),
    #[error("the bundle cannot be written")]
    Bundle(#[from] BundleRefused),
    #[error("a document the entry relies on is missing: {0}")]
    Missing(Digest),
    #[error("the entry is not cosigned by enough witnesses yet")]
    NotCosigned,
    #[error("the receipt cannot be signed")]
    Receipt,
}

/// Puts bundles together.
#[derive(Debug)]
pub struct Dossiers<'a> {
    pub store: &'a Arc<dyn Store>,
    pub vault: &'a Vault,
    /// Tells which entry accounts for content that was destroyed.
    pub custody: Option<&'a dyn Custody>,
    /// Signs a fresh receipt over the outcome; without it the bundle has none.
    pub seal: Option<&'a Seal>,
    /// What the witnesses of this node's own log, named second, have cosigned.
    pub standing: Option<(&'a Standing, &'a str)>,
    pub now: Millis,
}

/// What an entry's sealed half says, or that it is gone.
enum Content {
    Kept(Kept),
    Gone,
}

impl Dossiers<'_> {
    /// The bundle of a request: its grant and outcome, or its refusal, with every document relied on.
    ///
    /// # Errors
    /// [`DossierError`]. What was destroyed is no error: the bundle then proves that the entry is there, and says no more.
    pub async fn bundle(&self, request: Uuid, found: &Outcome) -> Result<Vec<u8>, DossierError> {
        let Outcome { origin, entry } = found;
        let rows = self.entries(origin, entry).await?;
        // What accounts for destroyed content came later, and is shown under the same head.
        let mut accounts = Vec::new();
        for row in &rows {
            accounts.push(match (self.custody, &row.case_ref) {
                (Some(custody), Some(case)) => custody.accounted(case, origin, row.index).await?,
                _ => None,
            });
        }
        let last = accounts.iter().flatten().fold(entry.index, |last, index| last.max(*index));
        let stamp = self.stamp(origin, last).await?;
        let head = match &stamp {
            Some(stamp) => stamp.head.clone(),
            None => proven(&**self.store, self.standing, origin, last).await?,
        };
        let mut bundle = Bundle::new();
        for row in rows {
            let content = self.open(&row).await?;
            self.documents(&mut bundle, &content).await?;
            bundle.entries.push(self.entry(origin, &head, &row, &content).await?);
            if row.index == entry.index {
                bundle.receipt = self.receipt(origin, &head, &row, request, &content).await?;
            }
        }
        self.account(&mut bundle, origin, &head, &accounts).await?;
        if let Some(StampedHead { token, relied_on, .. }) = stamp {
            for item in &relied_on {
                self.put_common(&mut bundle, &item.digest).await?;
            }
            bundle.time_stamp = Some(BundleStamp { token, relied_on });
        }
        Ok(bundle.to_bytes()?)
    }

    /// The first time-stamped head that covers an entry, unless the log got its witnesses only later.
    async fn stamp(&self, origin: &str, index: u64) -> Result<Option<StampedHead>, DossierError> {
        let Some(stamp) = self.store.stamps(origin, index, 1).await?.pop() else { return Ok(None) };
        let checkpoint = Checkpoint::parse(&stamp.head.checkpoint)?;
        let own = self.standing.filter(|(_, own)| *own == origin);
        let quorate = own.is_none_or(|(standing, _)| standing.quorum().verify(&checkpoint).is_ok());
        Ok(quorate.then_some(stamp))
    }

    async fn put_common(&self, bundle: &mut Bundle, digest: &Digest) -> Result<(), DossierError> {
        if bundle.has_item(digest) {
            return Ok(());
        }
        let common = self.store.document(digest.as_bytes()).await?;
        bundle.put_item(common.ok_or(DossierError::Missing(*digest))?)?;
        Ok(())
    }

    /// Shows the entries that say why content is gone, where it is (SLS 16-3(3)): for each entry the one that names it.
    async fn account(
        &self,
        bundle: &mut Bundle,
        origin: &str,
        head: &Head,
        accounts: &[Option<u64>],
    ) -> Result<(), DossierError> {
        let named = |index: &u64| *index < head.size;
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for (at, index) in accounts.iter().enumerate() {
            let gone = bundle.entries.get(at).is_some_and(|entry| matches!(entry.shown, Shown::Nothing));
            let Some(index) = index.filter(|index| gone && named(index)) else { continue };
            let place = match places.get(&index) {
                Some(place) => *place,
                None => {
                    let Some(row) = self.store.entries(origin, index, 1).await?.pop() else { continue };
                    let (content, place) = (self.open(&row).await?, bundle.entries.len());
                    bundle.entries.push(self.entry(origin, head, &row, &content).await?);
                    places.insert(index, place);
                    place
                }
            };
            if let Some(entry) = bundle.entries.get_mut(at) {
                entry.shown = Shown::DestroyedBy(place);
            }
        }
        Ok(())
    }

    /// The grant first, then what became of it.
    async fn entries(&self, origin: &str, entry: &StoredEntry) -> Result<Vec<StoredEntry>, DossierError> {
        let mut rows = match entry.grant {
            Some(grant) => self.store.entries(origin, grant, 1).await?,
            None => Vec::new(),
        };
        rows.push(entry.clone());
        Ok(rows)
    }

    async fn open(&self, row: &StoredEntry) -> Result<Content, DossierError> {
        let Some(case) = &row.case_ref else { return Ok(Content::Gone) };
        match self.vault.open(case, &row.content, self.now).await {
            Ok(clear) => Ok(Content::Kept(Kept::from_bytes(&clear)?)),
            Err(VaultError::Destroyed) => Ok(Content::Gone),
            Err(error) => Err(error.into()),
        }
    }

    async fn documents(&self, bundle: &mut Bundle, content: &Content) -> Result<(), DossierError> {
        let Content::Kept(kept) = content else { return Ok(()) };
        for item in kept.read()?.items {
            match kept.document(&item.digest) {
                Some(_) if bundle.has_item(&item.digest) => {}
                Some(bytes) => {
                    bundle.put_item(bytes.to_vec())?;
                }
                None => self.put_common(bundle, &item.digest).await?,
            }
        }
        Ok(())
    }

    async fn entry(
        &self,
        origin: &str,
        head: &Head,
        row: &StoredEntry,
        content: &Content,
    ) -> Result<BundleEntry, DossierError> {
        let proof = TlogProof {
            extra: Some(row.leaf.clone()),
            index: row.index,
            hashes: prove(&**self.store, origin, head, row.index).await?,
            checkpoint: Checkpoint::parse(&head.checkpoint)?,
        };
        let shown = match content {
            Content::Kept(kept) => {
                Shown::Statement { bytes: kept.statement.clone(), salt: kept.salt.clone() }
            }
            Content::Gone => Shown::Nothing,
        };
        Ok(BundleEntry { proof, shown })
    }

    async fn receipt(
        &self,
        origin: &str,
        head: &Head,
        row: &StoredEntry,
        request: Uuid,
        content: &Content,
    ) -> Result<Option<String>, DossierError> {
        let (Some(seal), Content::Kept(kept)) = (self.seal, content) else { return Ok(None) };
        let statement = kept.read()?;
        let (Some(stated), Some(outcome)) = (&statement.request, crate::outcome::of(row, &statement)) else {
            return Ok(None);
        };
        let written = Written {
            index: row.index,
            at: row.at,
            reference: request,
            leaf: Arc::from(row.leaf.as_slice()),
            proof: prove(&**self.store, origin, head, row.index).await?,
            checkpoint: Arc::from(head.checkpoint.as_str()),
        };
        let signed = seal.receipt(origin, &written, stated.digest, &outcome);
        signed.map(Some).map_err(|_| DossierError::Receipt)
    }
}

/// How long a proof waits for a checkpoint that is cosigned and covers the entry.
const PATIENCE: Duration = Duration::from_secs(3);
const BETWEEN: Duration = Duration::from_millis(100);

/// The checkpoint to prove an entry by: one that its log's witnesses have cosigned, if the log has witnesses. `standing` speaks
/// for one log; of others the database says what was cosigned.
///
/// # Errors
/// When it cannot be read; [`DossierError::NotCosigned`].
pub async fn proven(
    store: &dyn Store,
    standing: Option<(&Standing, &str)>,
    origin: &str,
    index: u64,
) -> Result<Head, DossierError> {
    let own = standing.filter(|(standing, own)| standing.is_asked() && *own == origin);
    let until = Instant::now() + PATIENCE;
    loop {
        let kept = store.cosigned(origin).await?;
        match &kept {
            Some(head) if head.size > index => return Ok(head.clone()),
            None if own.is_none() => break,
            _ => {}
        }
        if let Some((standing, _)) = own {
            let head = standing.covering(index, PATIENCE).await;
            return head.map(|head| (*head).clone()).ok_or(DossierError::NotCosigned);
        }
        // A log that had witnesses once, and is asked about where nobody shows it to them.
        if standing.is_none() {
            break;
        }
        if Instant::now() > until {
            return Err(DossierError::NotCosigned);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    let head = store.head(origin).await?;
    Ok(head.ok_or_else(|| StoreError::Corrupt(format!("log {origin} has no head")))?)
}

/// The inclusion proof of an entry under `head`.
///
/// # Errors
/// When the nodes cannot be read.
pub async fn prove(
    store: &dyn Store,
    origin: &str,
    head: &Head,
    index: u64,
) -> Result<Vec<NodeHash>, DossierError> {
    let wanted = evidence::proof::inclusion_nodes(head.size, index)?;
    let found = store.nodes(origin, &wanted).await?;
    let nodes: BTreeMap<u64, NodeHash> =
        wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
    Ok(evidence::proof::prove_inclusion(head.size, index, &nodes)?)
}
