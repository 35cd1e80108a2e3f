//! The channel of SLS 16-2(1): TLS with a certificate on both sides.
//!
//! Every connection proves itself anew. A resumed session would take the client's chain from the ticket, as it was
//! when the ticket was made; so there are no tickets and no session store. A client that comes back is spared building
//! and verifying the same path again, nothing else (see [`super::returning`]).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::returning::Returning;
use crate::config::Listen;
use crate::pkcs11::TokenKey;
use crate::tls_identity::{TlsIdentity, TlsIdentityError};

/// Why a listener's certificates cannot be used. Names the file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: cannot be read", file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{}: expected PEM with {expected}", file.display())]
    NotPem { file: PathBuf, expected: &'static str, source: Option<rustls::pki_types::pem::Error> },
    #[error(transparent)]
    Identity(#[from] TlsIdentityError),
    #[error("{}: holds a certificate that cannot be a trust anchor", file.display())]
    Authority { file: PathBuf, source: rustls::Error },
    #[error("{}: no client could be verified with these authorities", file.display())]
    Verifier { file: PathBuf, source: VerifierBuilderError },
    #[error("the cryptographic provider does not offer the protocol versions asked for")]
    Versions(#[source] rustls::Error),
}

const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
const TLS13_AND_12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// The server side of mutual TLS: the gateway's certificate chain with its key, and the authorities of client certificates
/// (PEM). TLS 1.3, and 1.2 only if asked. X25519MLKEM768 is offered first.
///
/// # Errors
/// Names the file that cannot be used and what was expected of it.
pub fn server_config(
    identity: &TlsIdentity,
    client_ca: &Path,
    tls12: bool,
) -> Result<ServerConfig, TlsError> {
    // Named, not the process's default: two providers are linked, and only this one has ML-KEM.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(authorities(client_ca)?), Arc::clone(&provider))
            .build()
            .map_err(|source| TlsError::Verifier { file: client_ca.to_path_buf(), source })?;
    let shown = SingleCertAndKey::from(Arc::clone(&identity.certified));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(if tls12 { TLS13_AND_12 } else { TLS13 })
        .map_err(TlsError::Versions)?
        .with_client_cert_verifier(Arc::new(Returning::over(verifier)))
        .with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    // TLS 1.2 without it lets two sessions share a master secret (RFC 7627).
    config.require_ems = true;
    Ok(config)
}

/// As [`server_config`], from the section `name` of the configuration; and the key, if it is in a token.
///
/// # Errors
/// As [`server_config`].
pub fn load(name: &str, listen: &Listen) -> Result<(ServerConfig, Option<Arc<TokenKey>>), TlsError> {
    let identity = TlsIdentity::of_listener(name, listen)?;
    Ok((server_config(&identity, &listen.client_ca, listen.tls12)?, identity.token))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem =
        std::fs::read(file).map_err(|source| TlsError::Unreadable { file: file.to_path_buf(), source })?;
    let not_pem = |source| TlsError::NotPem { file: file.to_path_buf(), expected: "certificates", source };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|e| not_pem(Some(e)))?;
    if chain.is_empty() { Err(not_pem(None)) } else { Ok(chain) }
}

fn authorities(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|source| TlsError::Authority { file: file.to_path_buf(), source })?;
    }
    Ok(roots)
}
