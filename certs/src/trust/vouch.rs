//! Whether the authorities stand behind a certificate now: path, dates, revocation.

use std::sync::Arc;

use super::Trust;
use super::revocation::{self, Source, Status};
use crate::UnixTime;
use crate::path::{self, Certificate, Constraints, Path};
use crate::relied::{Item, ItemDigest, ItemKind};
use crate::untrusted::{Untrusted, Whose};

/// A certificate that the authorities stand behind, and what says so.
pub(super) struct Vouched {
    path: Path,
    sources: Vec<Source>,
}

impl Trust {
    /// Finds a path for `certificate` and asks about the revocation of every certificate on it.
    pub(super) fn vouch(
        &self,
        certificate: &Arc<Certificate>,
        pool: &[Arc<Certificate>],
        at: UnixTime,
        whose: Whose,
    ) -> Result<Vouched, Untrusted> {
        let constraints = Constraints { acceptance: self.profile.acceptance(), ..Constraints::PLAIN };
        let mut intermediates = pool.to_vec();
        intermediates.extend(self.known.iter().cloned());
        let path = path::validate(certificate, &intermediates, &self.anchors, at, &constraints)
            .map_err(|error| Untrusted::Path { whose, error })?;
        let mut sources = Vec::new();
        for depth in 0..path.certificates().len() {
            let whose = if depth == 0 { whose } else { Whose::Authority };
            match self.revocation.status(&path, depth, at) {
                Status::Good { sources: found } => sources.extend(found),
                Status::Revoked { at: since, .. } => return Err(Untrusted::Revoked { whose, since }),
                Status::Unknown { why } => {
                    return Err(Untrusted::RevocationUnknown { whose, why: why.to_string() });
                }
            }
        }
        Ok(Vouched { path, sources })
    }
}

impl Vouched {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn certificates(&self) -> impl Iterator<Item = &Arc<Certificate>> {
        self.path.certificates().iter().chain([self.path.anchor()])
    }

    pub(super) fn path_digests(&self) -> Vec<ItemDigest> {
        self.certificates().map(|certificate| ItemDigest::known(certificate.fingerprint())).collect()
    }

    pub(super) fn revocation_digests(&self) -> Vec<ItemDigest> {
        self.sources.iter().map(|source| ItemDigest::known(source.digest())).collect()
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        let certificates = self.certificates().map(|certificate| Item {
            kind: ItemKind::Certificate,
            digest: ItemDigest::known(certificate.fingerprint()),
            bytes: certificate.der().into(),
        });
        let sources = self.sources.iter().map(|source| Item {
            kind: revocation::kind(source),
            digest: ItemDigest::known(source.digest()),
            bytes: source.bytes().clone(),
        });
        certificates.chain(sources).collect()
    }
}
