//! The matrix under four eyes: proposed by one official, approved by another, in force by digest (SLS 13(3), 16-3(4)).
//!
//! Both sign, both are in the journal. Until a first matrix is approved, the configured one decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use policy::{Digest, File, Policy, PolicyError, PolicyFiles, ProofDemand};
use serde::Deserialize;

use crate::attached::{NotAccepted, legible};
use crate::clock::{Clock, Millis};
use crate::decisions::Decisions;
use crate::json;
use crate::policies::PoliciesError;
use crate::store::{Store, StoreError};

/// How often a node looks whether another matrix was approved.
const EVERY: Duration = Duration::from_millis(500);

/// A matrix that opens nothing.
const NOTHING: &str = "[]";

/// A proposal as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Names the whole set that would decide: rules, schema, registries and this matrix.
    pub set: [u8; 32],
    /// The exact text of `matrix.json`.
    pub matrix: String,
    /// Stands for the official who proposed it.
    pub proposer: [u8; 32],
    pub proposed: Millis,
}

/// A set that decided: every file by its name, under the digest that evidence names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSet {
    pub digest: [u8; 32],
    pub files: BTreeMap<String, String>,
}

impl KeptSet {
    /// Takes a set as it is to be kept.
    #[must_use]
    pub fn of(files: &PolicyFiles) -> Self {
        let texts = files.all().map(|file| (file.name().to_owned(), file.text().to_owned()));
        Self { digest: *files.digest().as_bytes(), files: texts.collect() }
    }

    /// As stored.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::json!(self.files).to_string()
    }

    /// Reads what is stored.
    ///
    /// # Errors
    /// [`StoreError`] for what no node has stored.
    pub fn read(digest: [u8; 32], text: &str) -> Result<Self, StoreError> {
        let files =
            serde_json::from_str(text).map_err(|_| StoreError::Corrupt("the files of a set".to_owned()))?;
        Ok(Self { digest, files })
    }
}

/// What an official signs to propose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposing {
    pub set: Digest,
    pub matrix: String,
}

/// What another official signs to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approving {
    pub set: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProposing {
    version: u64,
    kind: String,
    set: Digest,
    matrix: String,
    reasons: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireApproving {
    version: u64,
    kind: String,
    set: Digest,
}

impl Proposing {
    /// Reads what was signed.
    ///
    /// # Errors
    /// [`NotAccepted`], by member.
    pub fn parse(content: &[u8]) -> Result<Self, NotAccepted> {
        let wire: WireProposing = json::read_as(content).map_err(|error| NotAccepted(error.to_string()))?;
        of_kind(wire.version, &wire.kind, "matrix-proposal")?;
        legible("reasons", &wire.reasons)?;
        if wire.reasons.trim().is_empty() {
            return Err(NotAccepted("`reasons` must not be empty".to_owned()));
        }
        // In base64: the digest is over the exact bytes of the file, line ends included.
        let matrix = STANDARD.decode(&wire.matrix).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let matrix = matrix.ok_or_else(|| NotAccepted("`matrix` must be a text in base64".to_owned()))?;
        Ok(Self { set: wire.set, matrix })
    }
}

impl Approving {
    /// Reads what was signed.
    ///
    /// # Errors
    /// [`NotAccepted`], by member.
    pub fn parse(content: &[u8]) -> Result<Self, NotAccepted> {
        let wire: WireApproving = json::read_as(content).map_err(|error| NotAccepted(error.to_string()))?;
        of_kind(wire.version, &wire.kind, "matrix-approval")?;
        Ok(Self { set: wire.set })
    }
}

fn of_kind(version: u64, found: &str, expected: &str) -> Result<(), NotAccepted> {
    match (version, found == expected) {
        (1, true) => Ok(()),
        _ => Err(NotAccepted(format!("`version` and `kind` must be 1 and {expected}"))),
    }
}

/// The set as configured.
#[derive(Debug)]
struct Base {
    files: PolicyFiles,
    demand: ProofDemand,
}

/// A set with its files.
struct Loaded {
    files: PolicyFiles,
    policy: Policy,
}

/// A configured set that can be put in force.
#[derive(Debug)]
pub struct Usable {
    base: Base,
    /// `None` until its matrix is approved.
    policy: Option<Policy>,
}

/// The configured set, and what is in force of it.
#[derive(Debug)]
pub struct Matrices {
    base: ArcSwap<Base>,
    decisions: Arc<Decisions>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Matrices {
    /// Puts the approved matrix in force, if there is one, over the configured set.
    ///
    /// If it was approved with other rules or registries, nothing is open until two officials approve one with these: neither
    /// the matrix of other rules nor one that nobody approved may decide.
    ///
    /// # Errors
    /// A set that cannot be loaded; a database that cannot be read.
    pub async fn begin(
        files: PolicyFiles,
        demand: ProofDemand,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MatricesError> {
        let base = Base { files, demand };
        let loaded = match base.in_force(&*store).await {
            Err(error @ MatricesError::OtherSet { .. }) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    error,
                    "every request is refused until a matrix is approved with these rules"
                );
                base.with_matrix(NOTHING).map_err(PoliciesError::Policy)?
            }
            found => found?,
        };
        keep(&*store, &loaded, clock.now()).await?;
        let decisions = Arc::new(Decisions::new(loaded.policy));
        Ok(Self { base: ArcSwap::from_pointee(base), decisions, store, clock })
    }

    /// Where the decisions are made.
    #[must_use]
    pub fn decisions(&self) -> &Arc<Decisions> {
        &self.decisions
    }

    /// Loads a configured set under the matrix in force, to be [`Matrices::put`] in force. One whose matrix is not approved yet
    /// decides once it is.
    ///
    /// # Errors
    /// As [`Matrices::begin`].
    pub async fn usable(&self, files: PolicyFiles, demand: ProofDemand) -> Result<Usable, MatricesError> {
        let base = Base { files, demand };
        let policy = match base.in_force(&*self.store).await {
            Err(error @ MatricesError::OtherSet { .. }) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the set in force stays until a matrix is approved with the new rules");
                None
            }
            found => Some(self.keep(found?).await?),
        };
        Ok(Usable { base, policy })
    }

    /// Decides by this set from the next request on.
    pub fn put(&self, usable: Usable) {
        if let Some(policy) = usable.policy {
            self.decisions.replace(policy);
        }
        self.base.store(Arc::new(usable.base));
    }

    /// The set as it would be with another matrix.
    ///
    /// # Errors
    /// What is wrong with the matrix.
    pub fn with_matrix(&self, matrix: &str) -> Result<Policy, PoliciesError> {
        Ok(self.base.load().with_matrix(matrix)?.policy)
    }

    /// Takes up what was approved since.
    ///
    /// # Errors
    /// As [`Matrices::begin`].
    pub async fn refresh(&self) -> Result<(), MatricesError> {
        let Some(approved) = self.store.matrix_in_force().await? else { return Ok(()) };
        if self.decisions.policy().digest().as_bytes() != &approved.set {
            let loaded = self.base.load().approved(&approved)?;
            self.decisions.replace(self.keep(loaded).await?);
            tracing::info!("another matrix is in force");
        }
        Ok(())
    }

    /// Kept first: no decision names a set that cannot be read any more.
    async fn keep(&self, loaded: Loaded) -> Result<Policy, MatricesError> {
        keep(&*self.store, &loaded, self.clock.now()).await?;
        Ok(loaded.policy)
    }

    /// Looks for approvals as long as the node runs.
    pub async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.refresh().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the approved matrix was not taken up"
                );
            }
        }
    }
}

/// Keeps a set before it decides, and the built-in one where that stands beneath it: evidence names both.
async fn keep(store: &dyn Store, loaded: &Loaded, now: Millis) -> Result<(), StoreError> {
    if loaded.policy.floor().is_some() {
        store.keep_set(&KeptSet::of(&PolicyFiles::default_set()), now).await?;
    }
    store.keep_set(&KeptSet::of(&loaded.files), now).await
}

/// Why a matrix is not in force.
#[derive(Debug, thiserror::Error)]
pub enum MatricesError {
    #[error("the database")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Policy(#[from] PoliciesError),
    #[error(
        "policy: the matrix in force was approved as part of the set {approved}, with this configuration it is {found}"
    )]
    OtherSet { approved: Digest, found: Digest },
}

impl Base {
    async fn in_force(&self, store: &dyn Store) -> Result<Loaded, MatricesError> {
        match store.matrix_in_force().await? {
            Some(approved) => self.approved(&approved),
            None => Ok(self.load(self.files.clone()).map_err(PoliciesError::Policy)?),
        }
    }

    fn load(&self, files: PolicyFiles) -> Result<Loaded, PolicyError> {
        Ok(Loaded { policy: Policy::load(&files, self.demand)?, files })
    }

    fn with_matrix(&self, matrix: &str) -> Result<Loaded, PolicyError> {
        self.load(self.files.clone().with_matrix(File::new("matrix.json", matrix)))
    }

    fn approved(&self, approved: &Proposal) -> Result<Loaded, MatricesError> {
        let loaded = self.with_matrix(&approved.matrix).map_err(PoliciesError::Policy)?;
        // What was approved is the whole set: the same matrix over other rules is another one.
        if loaded.policy.digest().as_bytes() == &approved.set {
            return Ok(loaded);
        }
        let found = *loaded.policy.digest();
        Err(MatricesError::OtherSet { approved: Digest::from_bytes(approved.set), found })
    }
}
