//! Certificates of signers that were believed before.
//!
//! A certificate remembers which key its signature was found good with, a pure function of fixed octets. Keeping the certificate keeps that, and
//! saves a busy officer's second request one reading and one signature. Dates and revocation are asked anew each time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::path::{Certificate, Malformed, sha256};

/// Certificates kept. At 4 KiB each, 32 MiB.
const MOST: usize = 8_192;

#[derive(Default)]
pub(super) struct Certificates {
    by_digest: RwLock<HashMap<[u8; 32], Arc<Certificate>>>,
}

impl Certificates {
    /// The certificate with these octets.
    pub(super) fn read(&self, der: &[u8]) -> Result<Arc<Certificate>, Malformed> {
        let digest = sha256(der);
        let found = {
            let kept = self.by_digest.read().unwrap_or_else(PoisonError::into_inner);
            kept.get(&digest).cloned()
        };
        found.map_or_else(|| Certificate::parse(der), Ok)
    }

    /// Keeps a certificate that was just believed. Others are not kept: strangers could fill the memory with them.
    pub(super) fn remember(&self, certificate: &Arc<Certificate>) {
        let digest = *certificate.fingerprint();
        let known = self.by_digest.read().unwrap_or_else(PoisonError::into_inner).contains_key(&digest);
        if known {
            return;
        }
        let mut kept = self.by_digest.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(digest, certificate.clone());
    }
}
