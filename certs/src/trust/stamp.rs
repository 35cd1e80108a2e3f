//! Whether to believe a time-stamp (RFC 3161 §2.3, appendix A and B).

use super::Trust;
use super::vouch::Vouched;
use crate::UnixTime;
use crate::cms::SignatureFault;
use crate::profile::Purpose;
use crate::relied::{Item, StampStatement};
use crate::timestamp::TimeStamp;
use crate::untrusted::{Untrusted, Whose};

/// A time-stamp that was verified. There is one way to get one: [`Trust::verify_time_stamp`], or a time-stamp on a verified signature.
pub struct Stamped {
    instant: UnixTime,
    policy: String,
    vouched: Vouched,
}

impl core::fmt::Debug for Stamped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Stamped({}, {})", self.instant, self.policy)
    }
}

impl Stamped {
    /// When, by the authority's clock.
    #[must_use]
    pub fn instant(&self) -> UnixTime {
        self.instant
    }

    /// Under which policy, dotted.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The authority's certificate, and what says that it holds.
    #[must_use]
    pub fn vouched(&self) -> &Vouched {
        &self.vouched
    }

    pub(super) fn statement(&self) -> StampStatement {
        StampStatement {
            instant: self.instant,
            policy: self.policy.clone(),
            path: self.vouched.path_digests(),
            revocation: self.vouched.revocation_digests(),
            revocation_signers: self.vouched.signer_digests(),
        }
    }

    /// Certificates, lists and answers that it rests on: with them anybody can verify it later, as of the same instant.
    #[must_use]
    pub fn into_items(self) -> Vec<Item> {
        self.vouched.into_items()
    }
}

impl Trust {
    /// Verifies a time-stamp token (DER `ContentInfo`) as of `at`, over `stamped` if given.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn verify_time_stamp(
        &self,
        token: &[u8],
        stamped: Option<&[u8]>,
        at: UnixTime,
    ) -> Result<Stamped, Untrusted> {
        self.stamp(token, stamped, at)
    }

    pub(super) fn stamp(
        &self,
        token: &[u8],
        stamped: Option<&[u8]>,
        at: UnixTime,
    ) -> Result<Stamped, Untrusted> {
        let whose = Whose::TimeStamp;
        let acceptance = self.profile.acceptance();
        let signature = |fault| Untrusted::Signature { whose, fault };
        let token = TimeStamp::parse(token).map_err(Untrusted::MalformedStamp)?;
        if let Some(stamped) = stamped
            && !token.covers(stamped, acceptance).map_err(|error| signature(error.into()))?
        {
            return Err(Untrusted::StampImprint);
        }
        let pool = self.read_all(token.certificates().iter().copied());
        let mut certificates = pool.clone();
        certificates.extend(self.known.iter().cloned());
        let candidates = token.check(&certificates, acceptance).map_err(signature)?;
        let checked = candidates.first().ok_or_else(|| signature(SignatureFault::CertificateMissing))?;
        self.accept_key(checked.key, whose)?;
        let vouched = self.vouch(&checked.certificate, &pool, at, whose)?;
        self.suits(&vouched, Purpose::TimeStamping, whose)?;
        if !self.profile.accepts_stamp_policy(&token.policy()) {
            return Err(Untrusted::StampPolicy { policy: token.policy() });
        }
        if token.instant() > at.saturating_add(CLOCKS_DIFFER) {
            return Err(Untrusted::StampFromTheFuture { instant: token.instant(), at });
        }
        Ok(Stamped { instant: token.instant(), policy: token.policy().to_string(), vouched })
    }
}

/// How far, in seconds, the authority's clock may be ahead of ours.
const CLOCKS_DIFFER: i64 = 60;
