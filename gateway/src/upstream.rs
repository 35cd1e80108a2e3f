//! The way out: HTTPS to registries and case registries, with the gateway's own client certificate.
//!
//! No redirects, no proxies, no cookies, no retries of a question that may have been heard: one question, one exchange.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

/// Longest wait for a TCP connection, unless configured; a listed peer is on the transport environment of SLS 16-2(1), never far.
pub const CONNECT: Duration = Duration::from_secs(2);
/// Idle connections are closed before peers with usual keep-alive times of 30 s and more close them.
const IDLE: Duration = Duration::from_secs(20);
/// Sign of life asked of a connection with questions under way, and the wait for it: a peer that vanished without a word would
/// otherwise swallow every question on its connection until TCP gives up after a quarter of an hour.
const ALIVE_EVERY: Duration = Duration::from_secs(5);
const ALIVE_WITHIN: Duration = Duration::from_secs(3);
/// Idle connections kept for each peer.
const MAX_IDLE: usize = 256;
/// Bytes of a response's head over HTTP/1.1 (hyper's least is 8 KiB) and header list over HTTP/2.
const MAX_HEAD: usize = 16 * 1024;

/// The TLS side of every connection the gateway opens: TLS 1.3 alone, X25519MLKEM768 offered first.
#[derive(Clone)]
pub struct Upstream {
    tls: Arc<ClientConfig>,
    shown: Arc<Shown>,
    connect: Duration,
}

/// The gateway's own certificate and key, as they are now.
#[derive(Debug)]
struct Shown(ArcSwap<CertifiedKey>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// The gateway's own certificate or the peers' authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    #[error("an authority for registries is not a usable certificate")]
    Authority(#[source] rustls::Error),
    #[error("no authority for registries is given")]
    NoAuthority,
    #[error("the client certificate and its key cannot be used")]
    Certificate(#[source] rustls::Error),
}

impl Upstream {
    /// Trusts `authorities` for servers and shows `chain` (leaf first) with `key`.
    ///
    /// # Errors
    /// [`UpstreamError`] names which of the three cannot be used.
    pub fn new(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, UpstreamError> {
        let provider = aws_lc_rs::default_provider();
        let certified = CertifiedKey::from_der(chain, key, &provider).map_err(UpstreamError::Certificate)?;
        Self::showing(authorities, Arc::new(certified))
    }

    /// As [`Self::new`], with certificate and key wherever they are held.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn showing(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
        certified: Arc<CertifiedKey>,
    ) -> Result<Self, UpstreamError> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority).map_err(UpstreamError::Authority)?;
        }
        if roots.is_empty() {
            return Err(UpstreamError::NoAuthority);
        }
        let (provider, shown) = (Arc::new(aws_lc_rs::default_provider()), Arc::new(Shown(certified.into())));
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(UpstreamError::Certificate)?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::<Shown>::clone(&shown));
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A resumed connection would not look at the peer's certificate again.
        tls.resumption = Resumption::disabled();
        Ok(Self { tls: Arc::new(tls), shown, connect: CONNECT })
    }

    /// From now on new connections, also of lines that are in use, show another certificate.
    pub fn renew(&self, certified: Arc<CertifiedKey>) {
        self.shown.0.store(certified);
    }

    /// With another longest wait for a TCP connection.
    #[must_use]
    pub fn connecting_within(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }

    /// Connections to one peer, whose certificate must carry `name` whatever address it is reached at.
    #[must_use]
    pub fn line(&self, name: ServerName<'static>) -> Line {
        self.dial(name, true)
    }

    /// Connections to a peer whose answers protect themselves, as a witness's do: without TLS if its address says `http`.
    #[must_use]
    pub fn open_line(&self, name: ServerName<'static>) -> Line {
        self.dial(name, false)
    }

    fn dial(&self, name: ServerName<'static>, tls_only: bool) -> Line {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // Without this each small request waits 44 ms for the peer's delayed acknowledgement.
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(self.connect));
        let resolver = Arc::new(FixedServerNameResolver::new(name));
        let https = HttpsConnector::new(tcp, Arc::clone(&self.tls), tls_only, resolver);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_keep_alive_interval(ALIVE_EVERY)
            .http2_keep_alive_timeout(ALIVE_WITHIN)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_buf_size(MAX_HEAD)
            .http2_max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
            .build(https);
        Line { client }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upstream")
    }
}

/// Pooled connections to one peer.
#[derive(Clone)]
pub struct Line {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What one exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the start of the connection to the last byte of the body.
    pub deadline: Duration,
    pub max_bytes: usize,
}

/// A whole answer, whatever its status.
#[derive(Clone)]
pub struct Fetched {
    pub status: StatusCode,
    pub content_type: Option<HeaderValue>,
    pub body: Bytes,
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("the peer cannot be reached")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
    #[error("the connection ended before an answer began")]
    Broken(#[source] hyper_util::client::legacy::Error),
    #[error("the connection ended within the answer")]
    CutShort(#[source] hyper::Error),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the answer is encoded, which was not asked for")]
    Encoded,
    #[error("no whole answer within {} ms", .deadline.as_millis())]
    Late { deadline: Duration },
}

impl Line {
    /// Sends one request and reads the whole answer, giving up at the deadline or at the first byte too many.
    ///
    /// # Errors
    /// [`LineError`]; whatever the status, an answer read in full is no error here.
    pub async fn fetch(
        &self,
        mut request: Request<Full<Bytes>>,
        limits: Limits,
    ) -> Result<Fetched, LineError> {
        // A compressed answer could be small on the wire and enormous in memory.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let exchange = self.exchange(request, limits.max_bytes);
        match tokio::time::timeout(limits.deadline, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(LineError::Late { deadline: limits.deadline }),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, limit: usize) -> Result<Fetched, LineError> {
        let response = self.client.request(request).await.map_err(|error| {
            if error.is_connect() || is_tls(&error) {
                LineError::Unreachable(error)
            } else {
                LineError::Broken(error)
            }
        })?;
        let (parts, mut body) = response.into_parts();
        if parts.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(LineError::Encoded);
        }
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > limit {
            return Err(LineError::TooLarge { limit });
        }
        let mut read = BytesMut::with_capacity(declared);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(LineError::CutShort)?.into_data() else { continue };
            if read.len().saturating_add(data.len()) > limit {
                return Err(LineError::TooLarge { limit });
            }
            read.extend_from_slice(&data);
        }
        let content_type = parts.headers.get(CONTENT_TYPE).cloned();
        Ok(Fetched { status: parts.status, content_type, body: read.freeze() })
    }
}

/// Whether TLS ended it: under TLS 1.3 a refused client certificate shows only after the handshake. `tokio-rustls` gives
/// every TLS fault this kind, and `h2` keeps nothing else of it.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) || error.source().is_some_and(is_tls)
}

/// An error with all its causes, for the log.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    chain
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body is somebody's record.
        f.debug_struct("Fetched").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}
