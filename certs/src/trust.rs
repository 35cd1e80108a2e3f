//! The decision whether to believe a signature.

mod cache;
mod inspect;
mod reverify;
mod stamp;
mod unanswered;
mod vouch;

use core::fmt;
use std::sync::Arc;

pub use inspect::{Claimed, Inspected};
pub use reverify::{NotReverified, reverify};
pub use stamp::Stamped;
pub use unanswered::{Unanswered, Unverified, Which};
pub use vouch::Vouched;

use cache::Certificates;

use crate::UnixTime;
use crate::algorithm::KeyKind;
use crate::anchors::Anchors;
use crate::cms::{self, Checked, SignatureFault, SignedData, SignerInfo};
use crate::envelope::{Body, Envelope, EnvelopeKind, Signed};
use crate::path::{self, Certificate};
use crate::profile::{Profile, Purpose};
use crate::relied::{Relied, Statement};
use crate::revocation::RevocationStore;
use crate::signer::Signer;
use crate::untrusted::{Untrusted, Whose};
use crate::verified::Verified;

/// Octets of names that the certificates of one message may have together. Names are normalised to be compared, at up to 2 µs an octet for
/// the strangest characters of Unicode; honest certificates have a few hundred octets each.
const NAMES: usize = 8 * 1024;

/// What is trusted, for what, and what is known to be revoked. Cheap to make anew when any of these changes.
pub struct Trust {
    anchors: Arc<Anchors>,
    profile: Profile,
    revocation: Arc<RevocationStore>,
    known: Vec<Arc<Certificate>>,
    certificates: Arc<Certificates>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("profile", &self.profile.name()).finish_non_exhaustive()
    }
}

/// What a signer claims, once the arithmetic agrees.
struct Claim<'a> {
    candidates: Vec<Checked>,
    /// Certificates that came along.
    pool: Vec<Arc<Certificate>>,
    signed_at: Option<UnixTime>,
    signature: &'a [u8],
    time_stamp: Option<&'a [u8]>,
}

impl Trust {
    /// Trusts what `anchors` issue, for what `profile` allows, unless `revocation` says otherwise or says nothing.
    #[must_use]
    pub fn new(
        anchors: impl Into<Arc<Anchors>>,
        profile: Profile,
        revocation: impl Into<Arc<RevocationStore>>,
    ) -> Self {
        Self {
            anchors: anchors.into(),
            profile,
            revocation: revocation.into(),
            known: Vec::new(),
            certificates: Arc::default(),
        }
    }

    /// Certificates of signers and authorities that messages need not carry. They are looked at, not trusted.
    #[must_use]
    pub fn with_known(mut self, known: Vec<Arc<Certificate>>) -> Self {
        self.known = known;
        self
    }

    /// The same trust by another state of revocation. Certificates read before stay read.
    #[must_use]
    pub fn with_revocation(&self, revocation: impl Into<Arc<RevocationStore>>) -> Self {
        Self {
            anchors: Arc::clone(&self.anchors),
            profile: self.profile.clone(),
            revocation: revocation.into(),
            known: self.known.clone(),
            certificates: Arc::clone(&self.certificates),
        }
    }

    /// The certificate profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Verifies the signature on a document as of `at`, in this order: the signature, the certificate's path and dates, revocation, what the
    /// certificate is for, the time-stamp. The first that fails names the refusal.
    ///
    /// # Errors
    /// [`Untrusted`].
    // SLS 16-2(1): a signature under the National Certifying Center by a registered person. SLS 16-2(2): what it relied on is kept.
    pub fn verify<D>(&self, signed: Signed<D>, at: UnixTime) -> Result<Verified<D>, Untrusted> {
        self.try_verify(signed, at).map_err(|unverified| unverified.untrusted)
    }

    /// As [`Self::verify`], and gives the document back if it is not believed: what is not known of a revocation may be learnt.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn try_verify<D>(&self, signed: Signed<D>, at: UnixTime) -> Result<Verified<D>, Box<Unverified<D>>> {
        match self.examine(signed.envelope(), at) {
            Ok((signer, relied)) => {
                let (document, envelope) = signed.into_parts();
                Ok(Verified::new(document, envelope, signer, relied))
            }
            Err(untrusted) => Err(Box::new(Unverified { signed, untrusted })),
        }
    }

    fn examine(&self, envelope: &Envelope, at: UnixTime) -> Result<(Signer, Relied), Untrusted> {
        self.judge(&self.claim_of(envelope)?, envelope.kind(), at)
    }

    fn claim_of<'a>(&self, envelope: &'a Envelope) -> Result<Claim<'a>, Untrusted> {
        match envelope.body() {
            Body::Cms(message) => {
                let data =
                    SignedData::parse(message.der(), cms::oid::DATA).map_err(|_| Untrusted::Unreadable)?;
                let signer = *data.signer().map_err(|_| Untrusted::Unreadable)?;
                self.claim(&data, &signer)
            }
            Body::Jws(jws) => {
                let pool = self.read_all(jws.certificates().iter().map(Vec::as_slice));
                let checked =
                    jws.check(pool.first(), self.profile.acceptance()).map_err(signature_of_signer)?;
                let (signature, candidates) = (jws.signature(), vec![checked]);
                Ok(Claim { candidates, pool, signed_at: None, signature, time_stamp: None })
            }
        }
    }

    /// Checks one signer of a message.
    fn claim<'a>(&self, data: &SignedData<'a>, signer: &SignerInfo<'a>) -> Result<Claim<'a>, Untrusted> {
        let pool = self.read_all(data.certificates().iter().copied());
        let mut certificates = pool.clone();
        certificates.extend(self.known.iter().cloned());
        let candidates =
            data.check(signer, &certificates, self.profile.acceptance()).map_err(signature_of_signer)?;
        Ok(Claim {
            candidates,
            pool,
            signed_at: signer.signing_time(),
            signature: signer.signature(),
            time_stamp: signer.time_stamp(),
        })
    }

    /// Certificates that cannot be read are as good as not there, and so are those after [`NAMES`] is spent.
    fn read_all<'a>(&self, ders: impl Iterator<Item = &'a [u8]>) -> Vec<Arc<Certificate>> {
        let mut left = NAMES;
        ders.filter_map(|der| {
            left = left.checked_sub(path::names_length(der)?)?;
            self.certificates.read(der).ok()
        })
        .collect()
    }

    /// Of several certificates over the same key, the first that holds; if none does, what is wrong with the first.
    fn judge(
        &self,
        claim: &Claim<'_>,
        kind: EnvelopeKind,
        at: UnixTime,
    ) -> Result<(Signer, Relied), Untrusted> {
        let mut first = None;
        for checked in &claim.candidates {
            match self.judge_one(claim, checked, kind, at) {
                Ok(verdict) => return Ok(verdict),
                Err(untrusted) => first = first.or(Some(untrusted)),
            }
        }
        Err(first.unwrap_or_else(|| signature_of_signer(SignatureFault::CertificateMissing)))
    }

    fn judge_one(
        &self,
        claim: &Claim<'_>,
        checked: &Checked,
        kind: EnvelopeKind,
        at: UnixTime,
    ) -> Result<(Signer, Relied), Untrusted> {
        self.accept_key(checked.key, Whose::Signer)?;
        let vouched = self.vouch(&checked.certificate, &claim.pool, at, Whose::Signer)?;
        self.suits(&vouched, Purpose::Signing, Whose::Signer)?;
        let mut signer = self.read_signer(checked, claim.signed_at)?;
        let stamped =
            claim.time_stamp.map(|token| self.stamp(token, Some(claim.signature), at)).transpose()?;
        signer.stamped_at = stamped.as_ref().map(Stamped::instant);
        self.certificates.remember(&checked.certificate);
        let statement = Statement {
            version: 1,
            profile: self.profile.name().to_owned(),
            at,
            envelope: kind,
            algorithm: checked.algorithm.to_string(),
            key: checked.key,
            path: vouched.path_digests(),
            revocation: vouched.revocation_digests(),
            revocation_signers: vouched.signer_digests(),
            time_stamp: stamped.as_ref().map(Stamped::statement),
        };
        let mut items = vouched.into_items();
        items.extend(stamped.into_iter().flat_map(Stamped::into_items));
        Ok((signer, Relied::new(statement, items)))
    }

    fn accept_key(&self, key: KeyKind, whose: Whose) -> Result<(), Untrusted> {
        if self.profile.accepts_key(key) {
            Ok(())
        } else {
            Err(Untrusted::Key { whose, key: key.to_string() })
        }
    }

    fn suits(&self, vouched: &Vouched, purpose: Purpose, whose: Whose) -> Result<(), Untrusted> {
        self.profile.suits_path(vouched.path(), purpose).map_err(|why| Untrusted::Purpose { whose, why })
    }

    fn read_signer(&self, checked: &Checked, signed_at: Option<UnixTime>) -> Result<Signer, Untrusted> {
        let certificate = &checked.certificate;
        let unsuited = |why| Untrusted::Purpose { whose: Whose::Signer, why };
        Ok(Signer {
            iin: self.profile.person(certificate).map_err(unsuited)?,
            bin: self.profile.organisation(certificate).map_err(unsuited)?,
            roles: self.profile.roles(certificate),
            algorithm: checked.algorithm,
            key: checked.key,
            certificate: certificate.clone(),
            signed_at,
            stamped_at: None,
        })
    }
}

fn signature_of_signer(fault: SignatureFault) -> Untrusted {
    Untrusted::Signature { whose: Whose::Signer, fault }
}
