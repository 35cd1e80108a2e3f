//! An agency system's way to a listener: HTTPS with a client certificate.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::described;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The runtime all channels share; tests themselves are plain threads.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// Body as it came.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON; null if it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header field; empty if absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The name of the problem, or `answered`.
    #[must_use]
    pub fn code(&self) -> String {
        if self.status == 200 {
            return "answered".to_owned();
        }
        let body = self.json();
        let kind = body["type"].as_str().unwrap_or_default();
        kind.strip_prefix("urn:negiz:problem:").unwrap_or("no problem document").to_owned()
    }
}

/// A client certificate and whom it trusts.
#[derive(Clone, Debug)]
pub struct Channel {
    config: Arc<ClientConfig>,
}

/// Why nothing came back.
pub type Broken = String;

impl Channel {
    /// Reads PEM files.
    #[must_use]
    pub fn open(authority: &Path, certificate: &Path, key: &Path) -> Self {
        let chain = CertificateDer::pem_file_iter(certificate).expect("PEM");
        let chain: Vec<_> = chain.collect::<Result<_, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let config = Self::builder(authority).with_client_auth_cert(chain, key).expect("a credential");
        Self { config: Arc::new(config) }
    }

    /// A client without a certificate.
    #[must_use]
    pub fn anonymous(authority: &Path) -> Self {
        Self { config: Arc::new(Self::builder(authority).with_no_client_auth()) }
    }

    fn builder(authority: &Path) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).expect("PEM")).expect("an authority");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots)
    }

    /// Shakes hands and nothing more.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connect(&self, address: &str) -> Result<TlsStream<TcpStream>, Broken> {
        let place = address.trim_start_matches("https://");
        let socket = TcpStream::connect(place).await.map_err(|error| error.to_string())?;
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let name = ServerName::try_from("localhost").expect("a name");
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(name, socket).await.map_err(|error| error.to_string())
    }

    /// A connection that is kept.
    ///
    /// # Errors
    /// When there is none.
    pub fn keep(&self, address: &str) -> Result<Connection, Broken> {
        let sender = runtime().block_on(async {
            let stream = self.connect(address).await?;
            let shaken = http1::handshake(TokioIo::new(stream)).await;
            let (sender, connection) = shaken.map_err(|error| error.to_string())?;
            tokio::spawn(connection);
            Ok::<_, Broken>(sender)
        })?;
        Ok(Connection { sender, address: address.to_owned() })
    }

    /// One request on a connection of its own.
    ///
    /// # Errors
    /// When no answer came.
    pub fn call(
        &self,
        address: &str,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Result<Reply, Broken> {
        self.keep(address)?.call(method, path, media_type, body)
    }
}

/// A kept connection (HTTP/1.1).
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Connection {
    /// One request. What comes back is held to the product's own description of its interface.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn call(
        &mut self,
        method: Method,
        path: &str,
        media_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Result<Reply, Broken> {
        let asked = method.clone();
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let reply = runtime().block_on(async {
            let answered = tokio::time::timeout(PATIENCE, self.sender.send_request(request)).await;
            let response = answered.map_err(|_| "no answer in time")?.map_err(|error| error.to_string())?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok::<_, Broken>(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
        })?;
        described::hold(&self.address, &asked, path, &reply);
        Ok(reply)
    }
}

/// A plain HTTP GET of an admin address.
///
/// # Panics
/// When no answer came.
#[must_use]
pub fn get(url: &str) -> Reply {
    plain(url, Method::GET, Bytes::new()).expect("an answer")
}

/// A plain HTTP POST.
///
/// # Errors
/// When no answer came.
pub fn post(url: &str, body: impl Into<Bytes>) -> Result<Reply, Broken> {
    plain(url, Method::POST, body.into())
}

fn plain(url: &str, method: Method, body: Bytes) -> Result<Reply, Broken> {
    let (place, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let path = format!("/{path}");
    let said = |error: &dyn std::error::Error| error.to_string();
    runtime().block_on(async {
        let socket = TcpStream::connect(place).await.map_err(|error| said(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(socket)).await.map_err(|error| said(&error))?;
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header("host", place);
        let request = request.body(Full::new(body)).expect("a request");
        let (parts, body) = sender.send_request(request).await.map_err(|error| said(&error))?.into_parts();
        let body = body.collect().await.map_err(|error| said(&error))?.to_bytes();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    })
}
