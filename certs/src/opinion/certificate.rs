//! Opinions on bare certificates.

use std::sync::Arc;

use super::{Examiner, Kind, Opinion, words};
use crate::path::{Certificate, KeyUsage};
use crate::profile::{Purpose, Unsuited};
use crate::trust::Trust;
use crate::untrusted::{Untrusted, Whose};

/// Uses of certificates that belong to the machinery itself and that no profile speaks of: answering about revocation, stamping.
const MACHINERY: [const_oid::ObjectIdentifier; 2] = [
    const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8"),
    const_oid::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9"),
];

impl Examiner {
    /// A certificate is judged for what it says it is for: signing, opening a channel, or being an authority.
    pub(super) fn certificate(&self, der: &[u8], chain: &[Vec<u8>]) -> Opinion {
        let certificate = match Certificate::parse(der) {
            Ok(certificate) => certificate,
            Err(error) => {
                let reason = format!("the certificate is malformed: {}", words::whole(&error));
                return Opinion::refused(Some(Kind::Certificate), "malformed-signature", reason);
            }
        };
        let pool = read_all(chain);
        let (trust, left_out) = self.trust(&pool);
        let mut opinion = Opinion::undecided(Kind::Certificate);
        opinion.signers.extend(trust.claimed(&certificate, None).map(Into::into));
        match self.judge(&trust, &certificate, &pool) {
            Ok(reasons) => opinion.reasons = reasons,
            Err(untrusted) => {
                opinion.count(Some(untrusted.code()));
                opinion.reasons.push(words::whole(&untrusted));
                opinion.reasons.push(format!("the certificate is {}", words::one(&certificate)));
                opinion.reasons.push(format!("it says it was issued by {}", certificate.issuer().readable()));
            }
        }
        opinion.reasons.extend(left_out);
        opinion
    }

    fn judge(
        &self,
        trust: &Trust,
        certificate: &Arc<Certificate>,
        pool: &[Arc<Certificate>],
    ) -> Result<Vec<String>, Untrusted> {
        let use_of = self.use_of(certificate);
        let purpose = use_of.as_ref().copied().unwrap_or_default();
        let vouched = trust.inspect_certificate(certificate, pool, purpose, self.at)?;
        // Last, as for requests: what is expired or revoked is that before it is for the wrong use.
        use_of.map_err(|why| Untrusted::Purpose { whose: Whose::Signer, why })?;
        let mut reasons = words::vouched(&vouched);
        reasons.push(match purpose {
            Some(Purpose::Signing) => "it is for signing documents".to_owned(),
            Some(Purpose::Channel) => "it is for opening a channel, and cannot sign documents".to_owned(),
            Some(Purpose::TimeStamping) => "it is for signing time-stamps".to_owned(),
            None if certificate.is_authority() => "it is an authority's".to_owned(),
            None => "it is for signing OCSP answers".to_owned(),
        });
        Ok(reasons)
    }

    /// What the certificate is for; nothing in particular for authorities and responders.
    fn use_of(&self, certificate: &Certificate) -> Result<Option<Purpose>, Unsuited> {
        let suits = |purpose| self.profile.suits(certificate, purpose).is_ok();
        if certificate.is_authority() {
            return if certificate.allows(KeyUsage::KEY_CERT_SIGN) || certificate.allows(KeyUsage::CRL_SIGN) {
                Ok(None)
            } else {
                let found = certificate.extensions().key_usage.unwrap_or(KeyUsage::NONE);
                Err(Unsuited::KeyUsage { required: KeyUsage::KEY_CERT_SIGN, found })
            };
        }
        if let Some(found) = [Purpose::Signing, Purpose::Channel, Purpose::TimeStamping]
            .into_iter()
            .find(|use_of| suits(*use_of))
        {
            return Ok(Some(found));
        }
        let purposes = certificate.extensions().purposes.as_deref().unwrap_or_default();
        if purposes.iter().any(|purpose| MACHINERY.contains(purpose)) {
            return Ok(None);
        }
        self.profile.suits(certificate, Purpose::Signing).map(|()| None)
    }
}

/// Certificates that can be read; others are as good as not there.
pub(super) fn read_all(ders: &[Vec<u8>]) -> Vec<Arc<Certificate>> {
    ders.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
}
