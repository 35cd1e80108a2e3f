//! Who watches this node's log, and how many of them must have cosigned before a receipt leaves.

use evidence::quorum::QuorumRefused;
use evidence::{Quorum, VerifierKey};
use serde::{Deserialize, Serialize};

use super::Seconds;

/// The witnesses of a node's log (C2SP tlog-witness).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witnesses {
    /// How many must have cosigned; all of them unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<usize>,
    /// How long a checkpoint may wait for them.
    pub timeout_seconds: Seconds,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<Witness>,
}

/// One witness.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its submission prefix: `add-checkpoint` is under it.
    pub url: String,
    /// Its verifier key, of type 0x04 (C2SP tlog-cosignature).
    pub vkey: String,
}

impl Default for Witnesses {
    fn default() -> Self {
        Self { quorum: None, timeout_seconds: Seconds::of(2), witness: Vec::new() }
    }
}

/// Keys that make no quorum.
#[derive(Debug, thiserror::Error)]
pub enum WitnessesError {
    #[error("witness.{index}.vkey: {why}")]
    Key { index: usize, why: evidence::key::KeyMalformed },
    #[error(transparent)]
    Quorum(#[from] QuorumRefused),
}

impl Witnesses {
    /// Whether none is named.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.witness.is_empty() && self.quorum.is_none()
    }

    /// M of N keys.
    ///
    /// # Errors
    /// When a key cannot be read, or the quorum could never be met.
    pub fn quorum(&self) -> Result<Quorum, WitnessesError> {
        let key = |(index, witness): (usize, &Witness)| {
            let key = witness.vkey.trim().parse::<VerifierKey>();
            key.map_err(|why| WitnessesError::Key { index, why })
        };
        let keys = self.witness.iter().enumerate().map(key).collect::<Result<Vec<_>, _>>()?;
        Ok(Quorum::new(self.quorum.unwrap_or(keys.len()), keys)?)
    }
}
