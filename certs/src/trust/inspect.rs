//! Judging a file for somebody who wants to know, outside of any request: also what requests may not be, such as a message of several signers or
//! a bare certificate.

use std::sync::Arc;

use super::{Trust, Vouched};
use crate::UnixTime;
use crate::algorithm::{KeyKind, PublicKey};
use crate::cms::{self, MalformedCms, SignedData};
use crate::envelope::{Envelope, EnvelopeKind, MalformedEnvelope};
use crate::identity::{Bin, Iin};
use crate::path::Certificate;
use crate::profile::{Purpose, Unsuited};
use crate::relied::Relied;
use crate::signer::Signer;
use crate::untrusted::{Untrusted, Whose};

/// The verdict on one signer.
#[derive(Debug)]
pub struct Inspected {
    /// Who signed and what the verdict rests on, or why the signature is not believed.
    pub verdict: Result<(Signer, Relied), Untrusted>,
    /// Whom the certificate names, read even when the verdict is bad: what a report calls the signer. Nothing may be decided by it.
    pub claimed: Option<Claimed>,
}

/// What a certificate says of its owner, believed or not.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Individual identification number.
    pub iin: Option<Iin>,
    /// Business identification number.
    pub bin: Option<Bin>,
    /// Kind of key.
    pub key: KeyKind,
    /// When the signer says it signed.
    pub signed_at: Option<UnixTime>,
}

impl Trust {
    /// Judges every signer of a CMS message (DER or BER), with its content attached or given.
    ///
    /// # Errors
    /// [`MalformedEnvelope`].
    pub fn inspect_cms(
        &self,
        bytes: &[u8],
        content: Option<&[u8]>,
        at: UnixTime,
    ) -> Result<Vec<Inspected>, MalformedEnvelope> {
        let malformed = |error: MalformedCms| MalformedEnvelope::Cms(error);
        let der = cms::to_der(bytes).map_err(|error| malformed(error.into()))?;
        let data = match content {
            None => SignedData::parse(&der, cms::oid::DATA),
            Some(content) => SignedData::parse_detached(&der, cms::oid::DATA, content),
        }
        .map_err(malformed)?;
        Ok(data.signers().iter().map(|signer| self.inspect_signer(&data, signer, at)).collect())
    }

    fn inspect_signer<'a>(
        &self,
        data: &SignedData<'a>,
        signer: &cms::SignerInfo<'a>,
        at: UnixTime,
    ) -> Inspected {
        let certificates = self.read_all(data.certificates().iter().copied());
        let named = certificates.iter().chain(&self.known).find(|certificate| signer.names(certificate));
        let claimed = named.and_then(|certificate| self.claimed(certificate, signer.signing_time()));
        let verdict = self.claim(data, signer).and_then(|claim| self.judge(&claim, EnvelopeKind::Cms, at));
        Inspected { verdict, claimed }
    }

    /// Judges a compact JWS.
    ///
    /// # Errors
    /// [`MalformedEnvelope`].
    pub fn inspect_jws(&self, bytes: &[u8], at: UnixTime) -> Result<Inspected, MalformedEnvelope> {
        let envelope = Envelope::parse(EnvelopeKind::Jws, bytes)?;
        let claimed = envelope.first_certificate().and_then(|der| {
            let certificate = Certificate::parse(der).ok()?;
            self.claimed(&certificate, None)
        });
        Ok(Inspected { verdict: self.examine(&envelope, at), claimed })
    }

    /// Judges a certificate for `purpose`; `pool` are authorities that came with it.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn inspect_certificate(
        &self,
        certificate: &Arc<Certificate>,
        pool: &[Arc<Certificate>],
        purpose: Option<Purpose>,
        at: UnixTime,
    ) -> Result<Vouched, Untrusted> {
        let key = PublicKey::parse(certificate.public_key())
            .map_err(|error| Untrusted::Signature { whose: Whose::Signer, fault: error.into() })?;
        self.accept_key(key.kind(), Whose::Signer)?;
        let vouched = self.vouch(certificate, pool, at, Whose::Signer)?;
        let Some(purpose) = purpose else { return Ok(vouched) };
        self.suits(&vouched, purpose, Whose::Signer)?;
        let unsuited = |why| Untrusted::Purpose { whose: Whose::Signer, why };
        match (purpose, self.profile.person(certificate)) {
            (Purpose::TimeStamping, _) => return Ok(vouched),
            // Systems have no person behind them. A number that is there must be one all the same.
            (Purpose::Channel, Err(Unsuited::Persons { found: 0 })) | (_, Ok(_)) => {}
            (_, Err(why)) => return Err(unsuited(why)),
        }
        self.profile.organisation(certificate).map_err(unsuited)?;
        Ok(vouched)
    }

    /// Whom `certificate` names.
    #[must_use]
    pub fn claimed(&self, certificate: &Certificate, signed_at: Option<UnixTime>) -> Option<Claimed> {
        let key = PublicKey::parse(certificate.public_key()).ok()?.kind();
        let iin = self.profile.person(certificate).ok().flatten();
        let bin = self.profile.organisation(certificate).ok().flatten();
        Some(Claimed { iin, bin, key, signed_at })
    }
}
