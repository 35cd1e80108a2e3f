//! Which policy set decides.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::resolve;

/// `[policy]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// A directory of rules (`*.cedar`) with its `proof.json`; without it the built-in set decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// The matrix of roles, grounds, registries and fields, in place of the one that comes with the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<PathBuf>,
    /// The catalogue of registries the matrix is held against, in place of the one that comes with the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registries: Option<PathBuf>,
    /// Whether a set without a record of proof for its digest is refused. There is no good reason to turn this off.
    pub require_proof: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { directory: None, matrix: None, registries: None, require_proof: true }
    }
}

impl Policy {
    pub(super) fn resolve(&mut self, base: &Path) {
        for path in [&mut self.directory, &mut self.matrix, &mut self.registries].into_iter().flatten() {
            resolve(path, base);
        }
    }
}
