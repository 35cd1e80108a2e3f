//! Which certificates somebody should ask the authorities about, for a verdict to be reached at all.

use std::sync::Arc;

use super::{Claim, Trust};
use crate::UnixTime;
use crate::envelope::{Envelope, Signed};
use crate::path::{self, Certificate, Constraints, Path};
use crate::revocation::{Status, Unknown};
use crate::timestamp::TimeStamp;
use crate::untrusted::Untrusted;

/// A document that was not believed, as it was given.
#[derive(Debug)]
pub struct Unverified<D> {
    /// The document, still nobody's word.
    pub signed: Signed<D>,
    /// Why it was not believed.
    pub untrusted: Untrusted,
}

/// A certificate that leads to an anchor and that an authority should be asked about.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// Who issued it.
    pub issuer: Arc<Certificate>,
}

/// Which certificates are worth asking about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those of which nothing is known.
    Unknown,
    /// Those without a current answer of their own, whatever lists say.
    WithoutAnswer,
}

impl Trust {
    /// The certificates behind the signature of `envelope`, and behind a time-stamp on it, that should be asked about.
    ///
    /// Only certificates that a trusted authority signed are named: an address in one of them is that authority's word. Nothing is
    /// named for a signature that is wrong.
    #[must_use]
    pub fn unanswered(&self, envelope: &Envelope, at: UnixTime, which: Which) -> Vec<Unanswered> {
        let Ok(claim) = self.claim_of(envelope) else { return Vec::new() };
        let mut found = Vec::new();
        for checked in &claim.candidates {
            found.extend(self.unanswered_on_path(&checked.certificate, &claim.pool, at, which));
        }
        found.extend(self.unanswered_stamp(&claim, at, which));
        found
    }

    fn unanswered_stamp(&self, claim: &Claim<'_>, at: UnixTime, which: Which) -> Vec<Unanswered> {
        let Some(Ok(token)) = claim.time_stamp.map(TimeStamp::parse) else { return Vec::new() };
        let pool = self.read_all(token.certificates().iter().copied());
        let mut certificates = pool.clone();
        certificates.extend(self.known.iter().cloned());
        let candidates = token.check(&certificates, self.profile.acceptance()).unwrap_or_default();
        let signer = candidates.first().map(|checked| &checked.certificate);
        signer.map(|signer| self.unanswered_on_path(signer, &pool, at, which)).unwrap_or_default()
    }

    /// The same for a bare certificate; `pool` are authorities that came with it.
    #[must_use]
    pub fn unanswered_on_path(
        &self,
        certificate: &Arc<Certificate>,
        pool: &[Arc<Certificate>],
        at: UnixTime,
        which: Which,
    ) -> Vec<Unanswered> {
        let constraints = Constraints { acceptance: self.profile.acceptance(), ..Constraints::PLAIN };
        let mut intermediates = pool.to_vec();
        intermediates.extend(self.known.iter().cloned());
        let Ok(path) = path::validate(certificate, &intermediates, &self.anchors, at, &constraints) else {
            return Vec::new();
        };
        let wanted = |depth: &usize| self.is_unanswered(&path, *depth, at, which);
        let named = |depth: usize| {
            let (certificate, issuer) = (path.certificates().get(depth)?, path.issuer_of(depth)?);
            Some(Unanswered { certificate: certificate.clone(), issuer: issuer.clone() })
        };
        (0..path.certificates().len()).filter(wanted).filter_map(named).collect()
    }

    fn is_unanswered(&self, path: &Path, depth: usize, at: UnixTime, which: Which) -> bool {
        let answered = || {
            let (certificate, issuer) = (path.certificates().get(depth)?, path.issuer_of(depth)?);
            self.revocation.answer(certificate, issuer, at)
        };
        match which {
            Which::WithoutAnswer => answered().is_none(),
            // An authority that says it does not know the certificate has been asked.
            Which::Unknown => matches!(
                self.revocation.status(path, depth, at),
                Status::Unknown { why } if why != Unknown::NotKnownToAuthority
            ),
        }
    }
}
