//! Notices by HTTP POST, to a service of the prosecutor's office.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use super::Notice;
use crate::upstream::{Limits, Line, LineError, Upstream};

/// Longest wait for the service.
const DEADLINE: Duration = Duration::from_secs(5);

/// A service that is told.
#[derive(Debug)]
pub struct Webhook {
    uri: Uri,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Mutual TLS, as with registries.
    Https(Box<Line>),
    /// A forwarder on this very machine.
    Loopback(SocketAddr),
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("expected https://host[:port]/path, or http:// with a loopback address")]
    Address,
    #[error("no answer")]
    Line(#[from] LineError),
    #[error("no connection to the forwarder")]
    Connect(#[source] std::io::Error),
    #[error("the forwarder broke off")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} s", DEADLINE.as_secs())]
    Late,
    #[error("answered with status {0}; expected 200 to 299")]
    Status(u16),
}

impl Webhook {
    /// The service at `url`.
    ///
    /// # Errors
    /// [`WebhookError::Address`].
    pub fn new(url: &str, upstream: &Upstream) -> Result<Self, WebhookError> {
        let uri: Uri = url.parse().map_err(|_| WebhookError::Address)?;
        let host = uri.host().ok_or(WebhookError::Address)?.to_owned();
        let way = match uri.scheme_str() {
            Some("https") => Way::Https(Box::new(
                upstream.line(ServerName::try_from(host).map_err(|_| WebhookError::Address)?),
            )),
            Some("http") => {
                let address = (host.parse().ok(), uri.port_u16());
                let (Some(address), Some(port)) = address else { return Err(WebhookError::Address) };
                let address = SocketAddr::new(address, port);
                if !address.ip().is_loopback() {
                    return Err(WebhookError::Address);
                }
                Way::Loopback(address)
            }
            _ => return Err(WebhookError::Address),
        };
        Ok(Self { uri, way })
    }

    pub(super) async fn deliver(&self, notice: &Notice) -> Result<(), WebhookError> {
        let body = Full::new(Bytes::copy_from_slice(notice.body.as_bytes()));
        let request = Request::builder().method(Method::POST).header(CONTENT_TYPE, "application/json");
        let status = match &self.way {
            Way::Https(line) => {
                let request = request.uri(self.uri.clone()).body(body).map_err(|_| WebhookError::Address)?;
                line.fetch(request, Limits { deadline: DEADLINE, max_bytes: 65_536 }).await?.status
            }
            Way::Loopback(address) => {
                let path = self.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
                let request = request.uri(path).header(HOST, address.to_string()).body(body);
                let request = request.map_err(|_| WebhookError::Address)?;
                let sent = tokio::time::timeout(DEADLINE, send(*address, request)).await;
                sent.map_err(|_| WebhookError::Late)??
            }
        };
        if status.is_success() { Ok(()) } else { Err(WebhookError::Status(status.as_u16())) }
    }
}

async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<StatusCode, WebhookError> {
    let stream = TcpStream::connect(address).await.map_err(WebhookError::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let status = sender.send_request(request).await.map(|response| response.status());
    driving.abort();
    Ok(status?)
}
