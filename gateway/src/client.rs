//! A client of the exchange listener: what an agency's system does, for the command line and the tests.

mod console;
mod credentials;
mod place;

use bytes::Bytes;
use evidence::report::Verdict;
use evidence::{Digest, JwkSet, Outcome, Quorum, Report, VerifierKey, verify_receipt};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::presented::Presented;
use crate::registries::answer::strict;
use crate::upstream::{Limits, Line, LineError, Upstream, UpstreamError};

pub use console::{ConsoleClient, ConsolePlace};
pub use credentials::Credentials;
pub use place::Place;

/// How long an answer may take: longer than the gateway gives its registries.
const DEADLINE: Duration = Duration::from_secs(90);
/// The largest answer read.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Why a request could not be made. A refusal is none of these.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: std::io::ErrorKind },
    #[error("{} does not hold {expected}", path.display())]
    Form { path: PathBuf, expected: &'static str },
    #[error("the PKCS#12 file cannot be opened: wrong password, or not PKCS#12")]
    Pkcs12,
    #[error("{0} is needed")]
    Missing(&'static str),
    #[error("--officer is needed with --dir")]
    Officer,
    #[error("the demonstration has no {what} {name}")]
    Unknown { what: &'static str, name: String },
    #[error("--ground is needed")]
    Ground,
    #[error("--parameter-json: expected a JSON object")]
    Parameters(#[source] serde_json::Error),
    #[error("the signature could not be made")]
    Sign(#[from] certs::issue::IssueError),
    #[error("expected an address like https://host:port")]
    Address,
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("the request cannot be written")]
    Http(#[from] http::Error),
    #[error("the gateway could not be reached")]
    Line(#[from] LineError),
    #[error("the gateway's answer is not JSON")]
    Answer(#[source] serde_json::Error),
}

impl ClientError {
    /// Whether what was typed is at fault, and not a file or the gateway.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        use ClientError::{Address, Ground, Missing, Officer, Parameters, Unknown};
        matches!(self, Missing(_) | Officer | Ground | Parameters(_) | Address | Unknown { .. })
    }
}

/// What the gateway said.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
}

impl Reply {
    /// Whether it is a record and not a refusal.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.status.is_success()
    }
}

/// A connection to a gateway.
#[derive(Debug)]
pub struct Client {
    line: Line,
    exchange: String,
    jwks: Option<String>,
    log_vkey: String,
}

impl Client {
    /// # Errors
    /// When a file cannot be read or does not hold what it should.
    pub fn new(place: &Place) -> Result<Self, ClientError> {
        let line = line(&place.exchange, &place.tls_ca, &place.tls_cert, &place.tls_key)?;
        let jwks = place.jwks.as_deref().map(read_text).transpose()?;
        let exchange = place.exchange.trim_end_matches('/').to_owned();
        Ok(Self { line, exchange, jwks, log_vkey: place.log_vkey.clone() })
    }

    /// Signs `document` and sends it.
    ///
    /// # Errors
    /// When it cannot be signed or sent, or the answer cannot be read.
    pub async fn request(
        &self,
        document: &[u8],
        signer: &Credentials,
        jose: bool,
    ) -> Result<Reply, ClientError> {
        let (body, media_type) = match jose {
            false => (signer.sign_cms(document)?, "application/cms"),
            true => (signer.sign_jws(document)?.into_bytes(), "application/jose"),
        };
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/v1/requests", self.exchange))
            .header(http::header::CONTENT_TYPE, media_type)
            .body(Full::new(Bytes::from(body)))?;
        self.fetch(request).await
    }

    /// Verifies the receipt in a reply against what was sent and what came: signature, inclusion in the log, and that it
    /// speaks of this very document and this very record. Gives the index in the log.
    ///
    /// # Errors
    /// In words, what does not hold.
    pub async fn verify(&self, reply: &Reply, document: &[u8]) -> Result<u64, String> {
        let receipt = reply.body.get("receipt").and_then(Value::as_str).ok_or("the reply has no receipt")?;
        let jwks = match &self.jwks {
            Some(jwks) => jwks.clone(),
            None => self.keys().await.map_err(|error| error.to_string())?,
        };
        let keys = JwkSet::parse(&jwks).map_err(|error| error.to_string())?;
        let log: VerifierKey =
            self.log_vkey.trim().parse().map_err(|_| "the log's verifier key cannot be read")?;
        let verified =
            verify_receipt(receipt, &keys, &[log], &Quorum::none()).map_err(|error| error.to_string())?;
        if verified.request() != &Digest::of(document) {
            return Err("the receipt speaks of another document than the one sent".to_owned());
        }
        let answered = matches!(verified.outcome(), Outcome::Answered(_));
        if answered != reply.is_answer() || answered != reply.body.get("record").is_some() {
            return Err("the receipt speaks of another outcome".to_owned());
        }
        let mut report = Report::default();
        Presented::of(&reply.body).ok_or("the reply is no JSON object")?.compare(&verified, &mut report);
        let amiss = report.found().iter().find(|it| matches!(it.verdict, Verdict::Wrong | Verdict::Missing));
        amiss.map_or(Ok(verified.index()), |amiss| Err(amiss.words.clone()))
    }

    async fn keys(&self) -> Result<String, ClientError> {
        let request = Request::builder().uri(format!("{}/v1/keys", self.exchange)).body(Full::default())?;
        Ok(self.fetch(request).await?.body.to_string())
    }

    async fn fetch(&self, request: Request<Full<Bytes>>) -> Result<Reply, ClientError> {
        let limits = Limits { deadline: DEADLINE, max_bytes: MAX_ANSWER };
        let fetched = self.line.fetch(request, limits).await?;
        let body = strict(&fetched.body).map_err(ClientError::Answer)?;
        Ok(Reply { status: fetched.status, body })
    }
}

/// Mutual TLS with whoever listens at `address`, by PEM files.
fn line(address: &str, authority: &Path, certificate: &Path, key: &Path) -> Result<Line, ClientError> {
    let expected = "a private key in PEM";
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| ClientError::Form { path: key.to_path_buf(), expected })?;
    let upstream = Upstream::new(certificates(authority)?, certificates(certificate)?, secret)?;
    let uri: Uri = address.parse().map_err(|_| ClientError::Address)?;
    let host = uri.host().ok_or(ClientError::Address)?.to_owned();
    Ok(upstream.line(ServerName::try_from(host).map_err(|_| ClientError::Address)?))
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path)
        .map_err(|error| ClientError::Unreadable { path: path.to_path_buf(), reason: error.kind() })
}

fn read_text(path: &Path) -> Result<String, ClientError> {
    let expected = "text";
    String::from_utf8(read(path)?).map_err(|_| ClientError::Form { path: path.to_path_buf(), expected })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ClientError::Form { path: path.to_path_buf(), expected: "a certificate in PEM" }),
    }
}
