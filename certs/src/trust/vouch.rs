//! Whether the authorities stand behind a certificate now: path, dates, revocation.

use std::sync::Arc;

use super::Trust;
use crate::UnixTime;
use crate::path::{self, Certificate, Constraints, Path};
use crate::relied::{Item, ItemDigest};
use crate::revocation::{Source, Status};
use crate::untrusted::{Untrusted, Whose};

/// A certificate that the authorities stand behind, and what says so.
#[derive(Debug)]
pub struct Vouched {
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
    /// From the certificate to the anchor.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What says that none of the certificates on the path was revoked. Empty for an anchor.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
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

    /// Certificates of whoever signed the lists and answers, as far as they are not on the path.
    fn signers(&self) -> Vec<Arc<Certificate>> {
        let mut signers: Vec<Arc<Certificate>> = Vec::new();
        for path in self.sources.iter().filter_map(signer_path) {
            for certificate in path.certificates().iter().chain([path.anchor()]) {
                if !signers.contains(certificate) && !self.certificates().any(|own| own == certificate) {
                    signers.push(certificate.clone());
                }
            }
        }
        signers
    }

    pub(super) fn signer_digests(&self) -> Vec<ItemDigest> {
        self.signers().iter().map(|certificate| ItemDigest::known(certificate.fingerprint())).collect()
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        let signers = self.signers();
        let certificates = self.certificates().cloned().chain(signers).map(Item::certificate);
        certificates.chain(self.sources.iter().cloned().map(Item::source)).collect()
    }
}

fn signer_path(source: &Source) -> Option<&Path> {
    match source {
        Source::List(list) => Some(list.signer()),
        Source::Answer(answer) => answer.responder(),
    }
}
