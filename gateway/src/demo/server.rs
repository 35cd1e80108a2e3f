//! A small HTTPS server on loopback for the demonstration's registries: it talks to the gateway and to nobody else.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::crypto::aws_lc_rs;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::enrolment::Fingerprint;

/// Longest handshake; everything is on one machine.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Who a server is and whom it talks to.
#[derive(Clone)]
pub struct Identity {
    tls: Arc<ServerConfig>,
    gateway: Fingerprint,
}

/// The certificates of a sample server cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the certificates of the sample registries cannot be used")]
pub struct IdentityError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Identity {
    /// Shows `chain` with `key`; takes connections from the holder of the one certificate `gateway`, issued by `authority`.
    ///
    /// # Errors
    /// When one of them is no usable certificate or key.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        authority: CertificateDer<'static>,
        gateway: Fingerprint,
    ) -> Result<Self, IdentityError> {
        let tls = server_config(chain, key, authority).map_err(IdentityError)?;
        Ok(Self { tls: Arc::new(tls), gateway })
    }
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    authority: CertificateDer<'static>,
) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority)?;
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    Ok(tls)
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// A running server; dropping it ends it and every connection to it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: AbortHandle,
}

impl Server {
    /// Serves HTTPS on loopback, on the port `wanted` if it is free and on another otherwise.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn https(identity: &Identity, wanted: u16, router: Router) -> io::Result<Self> {
        let listener = bind(wanted).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, identity.clone(), router)).abort_handle();
        Ok(Self { address, task })
    }

    /// Serves plain HTTP on loopback, likewise.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn http(wanted: u16, router: Router) -> io::Result<Self> {
        let listener = bind(wanted).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { address, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes `wanted` if it is free: a listing keeps its address from one run to the next when it can.
async fn bind(wanted: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

async fn accept(listener: TcpListener, identity: Identity, router: Router) {
    // The set owns the connections: when this task ends, so do they.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, identity.clone(), router.clone())); }
                // Out of file descriptors, most likely: give the others time to close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, identity: Identity, router: Router) {
    let _ = stream.set_nodelay(true);
    let acceptor = TlsAcceptor::from(Arc::clone(&identity.tls));
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    if shown.map(|certificate| Fingerprint::of(certificate)) != Some(identity.gateway) {
        return;
    }
    let service = TowerToHyperService::new(router);
    // A connection that breaks is the client's affair.
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}
