//! A listener with its authorities and clients.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use bytes::Bytes;
use gateway::config::{Limits, Seconds};
use gateway::listener::{BodyLimit, Drain, Drained, Listener, Peer, Unread, Whole, tls};
use gateway::problem;
use gateway::tls_identity::TlsIdentity;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) type Client = TlsStream<TcpStream>;

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, names: &[&str], subject: &str, purpose: ExtendedKeyUsagePurpose) -> Identity {
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, subject);
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }

    pub(crate) fn server(&self) -> Identity {
        self.issue(&["localhost", "127.0.0.1"], "gateway", ExtendedKeyUsagePurpose::ServerAuth)
    }

    pub(crate) fn client(&self, subject: &str) -> Identity {
        self.issue(&[], subject, ExtendedKeyUsagePurpose::ClientAuth)
    }
}

/// A running listener.
pub(crate) struct Site {
    pub(crate) authority: Authority,
    pub(crate) address: SocketAddr,
    pub(crate) tls: Arc<ArcSwap<rustls::ServerConfig>>,
    pub(crate) drain: Drain,
    pub(crate) served: JoinHandle<Drained>,
    folder: tempfile::TempDir,
}

pub(crate) fn size(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// Limits in which nothing but the one a test changes is ever reached.
pub(crate) fn limits() -> Limits {
    Limits {
        body: size(256 * 1024),
        header_bytes: NonZeroU32::new(16 * 1024).unwrap(),
        header_seconds: Seconds::of(30),
        body_seconds: Seconds::of(30),
        request_seconds: Seconds::of(60),
        idle_seconds: Seconds::of(60),
        handshake_seconds: Seconds::of(30),
        ..Limits::default()
    }
}

fn router() -> Router {
    let large = Extension(BodyLimit(1024 * 1024));
    let router = Router::new()
        .route("/whoami", get(async |Extension(peer): Extension<Peer>| peer.fingerprint.to_string()))
        .route("/length", post(length))
        .route("/large", put(length).route_layer(large))
        .route("/unread", post(async || "not read"))
        .route("/fields", get(async |fields: ::http::HeaderMap| format!("{fields:?}")))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/sleep/{millis}", get(sleep))
        .route("/stream", get(stream));
    problem::with_fallbacks(router)
}

async fn length(body: Result<Whole, Unread>) -> Result<String, Unread> {
    body.map(|whole| whole.0.len().to_string())
}

async fn sleep(axum::extract::Path(millis): axum::extract::Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "slept"
}

/// An answer whose length is not known in advance.
async fn stream() -> axum::body::Body {
    let pieces = ["one ", "two ", "three"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
    axum::body::Body::from_stream(futures_util::stream::iter(pieces))
}

impl Site {
    pub(crate) async fn open(limits: Limits) -> Self {
        Self::open_with(limits, false).await
    }

    pub(crate) async fn open_with(limits: Limits, tls12: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("Test authority");
        let config = config_in(&folder, &authority.server(), &authority.pem, tls12).unwrap();
        let tls = Arc::new(ArcSwap::from_pointee(config));
        let listener = Listener::bind("exchange", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let (address, drain) = (listener.address(), Drain::default());
        let (signal, shared) = (drain.signal(), Arc::clone(&tls));
        let served = tokio::spawn(async move { listener.serve(router(), shared, &limits, signal).await });
        Self { authority, address, tls, drain, served, folder }
    }

    /// Replaces certificate and authorities, as a reload does.
    pub(crate) fn reload(&self, identity: &Identity, client_ca: &str) {
        self.tls.store(Arc::new(config_in(&self.folder, identity, client_ca, false).unwrap()));
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// A connection of a new client of the site's authority.
    pub(crate) async fn client(&self, alpn: &[u8]) -> Client {
        self.connect(&client_config(&self.authority.pem, Some(&self.authority.client("police")), alpn))
            .await
            .unwrap()
    }

    pub(crate) async fn connect(&self, config: &Arc<ClientConfig>) -> std::io::Result<Client> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(config)).connect(name, self.tcp().await).await
    }
}

/// The same paths each time: a reload finds new contents in old places.
fn config_in(
    folder: &tempfile::TempDir,
    identity: &Identity,
    client_ca: &str,
    tls12: bool,
) -> Result<rustls::ServerConfig, tls::TlsError> {
    let certificate = write(folder, "gateway.pem", &identity.certificate);
    let key = write(folder, "gateway.key", &identity.key);
    let client_ca = write(folder, "ca.pem", client_ca);
    let identity = TlsIdentity::read("exchange", &certificate, &key.into(), None)?;
    tls::server_config(&identity, &client_ca, tls12)
}

pub(crate) fn write(folder: &tempfile::TempDir, name: &str, contents: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.path().join(name);
    std::fs::write(&path, contents).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

pub(crate) fn client_config(server_ca: &str, identity: Option<&Identity>, alpn: &[u8]) -> Arc<ClientConfig> {
    client_config_with(server_ca, identity, alpn, rustls::ALL_VERSIONS)
}

pub(crate) fn client_config_with(
    server_ca: &str,
    identity: Option<&Identity>,
    alpn: &[u8],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server_ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { certificate, key }) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            builder
                .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap())
                .unwrap()
        }
    };
    if !alpn.is_empty() {
        config.alpn_protocols = vec![alpn.to_vec()];
    }
    Arc::new(config)
}

/// Sends raw bytes and reads until the server closes.
pub(crate) async fn converse(client: &mut Client, request: &str) -> String {
    client.write_all(request.as_bytes()).await.unwrap();
    read_to_close(client).await
}

pub(crate) async fn read_to_close(client: &mut Client) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), client.read_to_end(&mut answer)).await;
    let _ = read.expect("the server neither answers nor closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends one request on a kept-alive connection and reads its answer, which must have a Content-Length.
pub(crate) async fn ask(client: &mut Client, request: &str) -> String {
    client.write_all(request.as_bytes()).await.unwrap();
    read_answer(client).await
}

pub(crate) async fn read_answer(client: &mut Client) -> String {
    let mut answer = Vec::new();
    let mut byte = [0; 1];
    loop {
        if let Some(body) = answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) {
            let head = String::from_utf8_lossy(&answer[..body]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if answer.len() >= body + length.map_or(0, |n| n.trim().parse::<usize>().unwrap()) {
                return String::from_utf8(answer).unwrap();
            }
        }
        let read = tokio::time::timeout(Duration::from_secs(20), client.read(&mut byte)).await;
        match read.expect("the server does not answer").unwrap() {
            0 => return String::from_utf8(answer).unwrap(),
            _ => answer.push(byte[0]),
        }
    }
}
