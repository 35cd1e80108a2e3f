//! Certificates of signers that were believed before.
//!
//! A certificate remembers which key its signature was found good with, a pure function of fixed octets. Keeping the certificate keeps that, and
//! saves a busy officer's second request one reading and one signature. Dates and revocation are asked anew each time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::path::{Certificate, Malformed, sha256};

/// Certificates of one generation, of which there are two. At 4 KiB each, 32 MiB in all.
const GENERATION: usize = 4_096;

#[derive(Default)]
pub(super) struct Certificates {
    by_digest: RwLock<Generations>,
}

/// When the younger is full it becomes the elder, and the elder is forgotten with all that signed nothing since.
#[derive(Default)]
struct Generations {
    young: HashMap<[u8; 32], Arc<Certificate>>,
    old: HashMap<[u8; 32], Arc<Certificate>>,
}

impl Certificates {
    /// The certificate with these octets.
    pub(super) fn read(&self, der: &[u8]) -> Result<Arc<Certificate>, Malformed> {
        let digest = sha256(der);
        let found = {
            let kept = self.by_digest.read().unwrap_or_else(PoisonError::into_inner);
            kept.young.get(&digest).or_else(|| kept.old.get(&digest)).cloned()
        };
        found.map_or_else(|| Certificate::parse(der), Ok)
    }

    /// Keeps a certificate that was just believed. Others are not kept: strangers could fill the memory with them.
    pub(super) fn remember(&self, certificate: &Arc<Certificate>) {
        let digest = *certificate.fingerprint();
        let is_young = |kept: &Generations| kept.young.contains_key(&digest);
        if is_young(&self.by_digest.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut kept = self.by_digest.write().unwrap_or_else(PoisonError::into_inner);
        if kept.young.len() >= GENERATION {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.old.remove(&digest);
        kept.young.insert(digest, certificate.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::KeyKind;
    use crate::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};

    #[test]
    fn whoever_signs_again_is_kept_and_who_does_not_goes() {
        let key = || SigningKey::generate(KeyKind::P256).unwrap();
        let (own, mut serial) = (key(), 0);
        let root = CertificateProfile::bare(1, DistinguishedName::common_name("root"), 0, 9);
        let authority = Authority::self_signed(&root, key()).unwrap();
        let mut next = || {
            serial += 1;
            let name = DistinguishedName::common_name(&serial.to_string());
            let profile = CertificateProfile::bare(serial, name, 0, 9);
            Certificate::parse(&authority.certify(&profile, own.spki_der()).unwrap()).unwrap()
        };
        let (kept, busy, idle) = (Certificates::default(), next(), next());
        kept.remember(&idle);
        for _ in 0..2 * GENERATION + 1 {
            kept.remember(&busy);
            kept.remember(&next());
            let generations = kept.by_digest.read().unwrap();
            assert!(generations.young.len() <= GENERATION && generations.old.len() <= GENERATION);
        }
        let is_kept = |it: &Arc<Certificate>| Arc::ptr_eq(&kept.read(it.der()).unwrap(), it);
        assert_eq!((is_kept(&busy), is_kept(&idle)), (true, false));
    }
}
