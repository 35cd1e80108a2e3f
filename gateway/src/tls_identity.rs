//! Who the gateway is in TLS: its certificate chain, and the key behind it wherever that is held.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{Error, InconsistentKeys};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use crate::config::{KeySource, Listen, Upstream};
use crate::keys::held::{Held, HeldError, Named, is_pem};
use crate::pkcs11::TokenKey;
use crate::pkcs11::tls::TlsKey;
use crate::telemetry::metrics;

/// Why certificate and key cannot be used. Names key and file.
#[derive(Debug, thiserror::Error)]
pub enum TlsIdentityError {
    #[error("{key}: {}: cannot be read", file.display())]
    Unreadable { key: String, file: PathBuf, source: std::io::Error },
    #[error("{key}: {}: expected certificates in PEM, or PKCS#12", file.display())]
    Certificate { key: String, file: PathBuf },
    #[error(transparent)]
    Key(#[from] HeldError),
    #[error("{key}: expected an RSA, ECDSA or Ed25519 private key")]
    Kind { key: String, source: Error },
    #[error("{key}: {source_of_key}: is not the key of the certificate {}", certificate.display())]
    Mismatch { key: String, source_of_key: String, certificate: PathBuf, source: Error },
}

/// Certificate chain and key.
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    pub certified: Arc<CertifiedKey>,
    /// If the key is in a token.
    pub token: Option<Arc<TokenKey>>,
}

impl TlsIdentity {
    /// That of the listener `section`.
    ///
    /// # Errors
    /// Names what cannot be used, and what was expected.
    pub fn of_listener(section: &str, listen: &Listen) -> Result<Self, TlsIdentityError> {
        Self::read(section, &listen.certificate, &listen.key, listen.password.as_deref())
    }

    /// That which registries see.
    ///
    /// # Errors
    /// As [`Self::of_listener`].
    pub fn of_upstream(upstream: &Upstream) -> Result<Self, TlsIdentityError> {
        Self::read("upstream", &upstream.certificate, &upstream.key, upstream.password.as_deref())
    }

    /// Reads both, and holds them against each other.
    ///
    /// # Errors
    /// As [`Self::of_listener`].
    pub fn read(
        section: &str,
        certificate: &Path,
        source: &KeySource,
        password: Option<&Path>,
    ) -> Result<Self, TlsIdentityError> {
        let (key, word) = (format!("{section}.key"), format!("{section}.password"));
        let named = Named { key: &key, source, password: (&word, password) };
        let chain = chain(section, certificate, &named)?;
        let (signing, token) = signing(&key, named.hold()?)?;
        report_expiry(certificate, &chain);
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(Self { certified: Arc::new(certified), token })
            }
            Err(fault) => Err(TlsIdentityError::Mismatch {
                key,
                source_of_key: source.to_string(),
                certificate: certificate.to_path_buf(),
                source: fault,
            }),
        }
    }
}

/// PEM, or PKCS#12 with the password of the key.
fn chain(
    section: &str,
    file: &Path,
    named: &Named<'_>,
) -> Result<Vec<CertificateDer<'static>>, TlsIdentityError> {
    let key = format!("{section}.certificate");
    let bytes = match std::fs::read(file) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(source) => return Err(TlsIdentityError::Unreadable { key, file: file.to_path_buf(), source }),
    };
    let chain: Option<Vec<_>> = match is_pem(&bytes) || bytes.first() != Some(&0x30) {
        true => CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().ok(),
        false => {
            let opened = Named { key: &key, ..*named }.pkcs12(&bytes, file)?;
            Some(opened.chain.into_iter().map(CertificateDer::from).collect())
        }
    };
    match chain {
        Some(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TlsIdentityError::Certificate { key, file: file.to_path_buf() }),
    }
}

type Signing = (Arc<dyn SigningKey>, Option<Arc<TokenKey>>);

fn signing(key: &str, held: Held) -> Result<Signing, TlsIdentityError> {
    match held {
        Held::Here(der) => {
            let signing = aws_lc_rs::sign::any_supported_type(&der)
                .map_err(|source| TlsIdentityError::Kind { key: key.to_owned(), source })?;
            Ok((signing, None))
        }
        Held::Token(token) => Ok((Arc::new(TlsKey(Arc::clone(&token))), Some(token))),
    }
}

/// So that monitoring can warn before the day comes.
fn report_expiry(file: &Path, chain: &[CertificateDer<'_>]) {
    let leaf = chain.first().and_then(|der| x509_parser::parse_x509_certificate(der).ok());
    if let Some((_, leaf)) = leaf {
        metrics::certificate_expiry(&file.display().to_string(), leaf.validity().not_after.timestamp());
    }
}
