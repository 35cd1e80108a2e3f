//! Clients that nobody has seen before: each handshake shows another certificate of the same authority.
//!
//! Negiz remembers the chains of clients that come back; what it costs to meet one for the first time is measured with these.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;

use crate::Fault;

/// Issues a certificate for each handshake, all for one key.
pub(crate) struct Strangers {
    authority: Authority,
    key: SigningKey,
    signing: Arc<dyn rustls::sign::SigningKey>,
    /// Where a certificate's validity begins.
    now: i64,
    next: AtomicU64,
}

impl std::fmt::Debug for Strangers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Strangers")
    }
}

impl Strangers {
    /// Clients of the authority with this certificate and key.
    pub(crate) fn of(certificate: &[u8], key: SigningKey, now: i64) -> Result<Self, Fault> {
        let authority = Authority::new(certificate, key)?;
        let key = SigningKey::generate(certs::algorithm::KeyKind::P256)?;
        let pem: Zeroizing<String> = key.to_pkcs8_pem()?;
        let der = rustls_pki_types::pem::PemObject::from_pem_slice(pem.as_bytes())?;
        let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der)?;
        Ok(Self { authority, key, signing, now, next: AtomicU64::new(1) })
    }

    fn another(&self) -> Result<CertifiedKey, Fault> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = DistinguishedName::common_name(&format!("stranger {number}"));
        // Far from the serial numbers that the country has given.
        let profile = CertificateProfile::bare(number | 1 << 60, name, self.now - 60, self.now + 86_400);
        let certificate = self.authority.certify(&profile.tls_client(), self.key.spki_der())?;
        Ok(CertifiedKey::new(vec![CertificateDer::from(certificate)], Arc::clone(&self.signing)))
    }
}

impl ResolvesClientCert for Strangers {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Without a certificate the handshake fails, and with it the measurement.
        self.another().ok().map(Arc::new)
    }

    fn has_certs(&self) -> bool {
        true
    }
}
