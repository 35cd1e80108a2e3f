//! How many of which witnesses must have cosigned.

use std::collections::BTreeSet;

use crate::checkpoint::{Checkpoint, CheckpointRefused};
use crate::cosignature::Cosignature;
use crate::key::{SignatureType, VerifierKey};

/// M of N witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    needed: usize,
    witnesses: Vec<VerifierKey>,
}

/// A quorum that could never be met, or would count one witness twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuorumRefused {
    /// More are needed than there are.
    #[error("{needed} of {known} witnesses can never have cosigned")]
    Unreachable {
        /// M.
        needed: usize,
        /// N.
        known: usize,
    },
    /// Not a cosignature key.
    #[error("{0} is the key of a log, not of a witness")]
    NotWitness(String),
    /// One public key under two names, or twice: a cosignature does not commit to the name.
    #[error("the key of {0} is listed twice")]
    Repeated(String),
}

/// Too few witnesses cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuorumMissing {
    /// Fewer than needed.
    #[error("{found} of the known witnesses cosigned, {needed} are needed")]
    TooFew {
        /// How many did.
        found: usize,
        /// How many must.
        needed: usize,
    },
    /// A line names a known witness and does not verify.
    #[error("a cosignature does not verify")]
    Cosignature(#[source] CheckpointRefused),
}

impl Quorum {
    /// No witness is asked for.
    #[must_use]
    pub const fn none() -> Self {
        Self { needed: 0, witnesses: Vec::new() }
    }

    /// `needed` of `witnesses`.
    ///
    /// # Errors
    /// [`QuorumRefused`].
    pub fn new(needed: usize, witnesses: Vec<VerifierKey>) -> Result<Self, QuorumRefused> {
        let known = witnesses.len();
        if needed > known {
            return Err(QuorumRefused::Unreachable { needed, known });
        }
        let mut seen = BTreeSet::new();
        for key in &witnesses {
            if key.kind() != SignatureType::Cosignature {
                return Err(QuorumRefused::NotWitness(key.to_string()));
            }
            if !seen.insert(*key.bytes()) {
                return Err(QuorumRefused::Repeated(key.name().to_owned()));
            }
        }
        Ok(Self { needed, witnesses })
    }

    /// M.
    #[must_use]
    pub const fn needed(&self) -> usize {
        self.needed
    }

    /// The N keys.
    #[must_use]
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// The verified cosignatures, if there are enough.
    ///
    /// # Errors
    /// [`QuorumMissing`].
    pub fn verify(&self, checkpoint: &Checkpoint) -> Result<Vec<Cosignature>, QuorumMissing> {
        let found = checkpoint.cosignatures(&self.witnesses).map_err(QuorumMissing::Cosignature)?;
        if found.len() < self.needed {
            return Err(QuorumMissing::TooFew { found: found.len(), needed: self.needed });
        }
        Ok(found)
    }
}
