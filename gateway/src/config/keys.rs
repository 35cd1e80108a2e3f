//! The gateway's own keys.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key_source::{KeySource, Tokens};
use super::resolve;

/// `[keys]`. Private keys are PEM or PKCS#12, mode 0600, or in a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Signs receipts.
    pub receipt: KeySource,
    /// Of the PKCS#12 file; mode 0600. So it is with the other passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_password: Option<PathBuf>,
    /// JWK sets of keys that signed receipts before: served beside the present one, so that their receipts go on verifying.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt_retired: Vec<PathBuf>,
    /// Signs checkpoints of the log.
    pub log: KeySource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_password: Option<PathBuf>,
    /// The log's key before: signs too, for those who do not know the new one yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_previous: Option<KeySource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_previous_password: Option<PathBuf>,
    /// Verifier keys of the log that no longer sign: what they signed goes on counting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_retired: Vec<PathBuf>,
    /// Signs the proofs of grants shown to registries.
    pub grant: KeySource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_password: Option<PathBuf>,
    /// Keys the commitments in leaves; the same on all nodes of a deployment.
    pub commitments: PathBuf,
    /// Wraps the keys of cases; the same on all nodes of a deployment.
    pub master: PathBuf,
    /// The master key before, until `negiz keys rotate-master` has wrapped every key anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_previous: Option<PathBuf>,
}

impl Keys {
    pub(super) fn resolve(&mut self, base: &Path, tokens: &Tokens) {
        for source in
            [&mut self.receipt, &mut self.log, &mut self.grant].into_iter().chain(&mut self.log_previous)
        {
            source.resolve(base, tokens);
        }
        let passwords = [
            &mut self.receipt_password,
            &mut self.log_password,
            &mut self.log_previous_password,
            &mut self.grant_password,
            &mut self.master_previous,
        ];
        let always = [&mut self.commitments, &mut self.master];
        let listed = self.receipt_retired.iter_mut().chain(&mut self.log_retired);
        for path in passwords.into_iter().flatten().chain(always).chain(listed) {
            resolve(path, base);
        }
    }
}
