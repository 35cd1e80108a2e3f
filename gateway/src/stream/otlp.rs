//! Events as OpenTelemetry log records to a collector: OTLP over HTTP in its JSON form, on this machine, answered for each batch.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::event::Event;
use super::sink::SinkError;

/// Longest wait for the collector's answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct OtlpSink {
    address: String,
}

impl OtlpSink {
    pub(super) fn new(address: String) -> Self {
        Self { address }
    }

    pub(super) async fn deliver(&self, events: &[Event]) -> Result<(), SinkError> {
        let body = Bytes::from(request(events).to_string());
        match timeout(PATIENCE, self.post(body)).await {
            Ok(Ok(200..=299)) => Ok(()),
            Ok(Ok(status)) => Err(SinkError::Status(self.address.clone(), status)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SinkError::Slow(self.address.clone())),
        }
    }

    /// A connection for each batch: batches are few, and a collector may be restarted between two of them.
    async fn post(&self, body: Bytes) -> Result<u16, SinkError> {
        let address = || SinkError::Address(self.address.clone());
        let uri: Uri = format!("{}/v1/logs", self.address).parse().map_err(|_| address())?;
        let authority = uri.authority().ok_or_else(address)?.clone();
        let port = authority.port_u16().unwrap_or(80);
        let connected = TcpStream::connect((authority.host(), port)).await;
        let stream = connected.map_err(|error| SinkError::Written(self.address.clone(), error))?;
        let failed = |error| SinkError::Http(self.address.clone(), error);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let driving = tokio::spawn(connection);
        let request =
            Request::builder().method(Method::POST).uri(uri.path()).header(HOST, authority.as_str());
        let request =
            request.header(CONTENT_TYPE, "application/json").body(Full::new(body)).map_err(|_| address())?;
        let status = sender.send_request(request).await.map_err(failed)?.status().as_u16();
        driving.abort();
        Ok(status)
    }
}

/// An `ExportLogsServiceRequest` (OTLP 1.x, JSON Protobuf encoding): 64-bit numbers are strings.
fn request(events: &[Event]) -> Value {
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let records: Vec<Value> = events
        .iter()
        .map(|event| {
            let (number, text) = event.severity.otlp();
            json!({
                "timeUnixNano": event.millis.saturating_mul(1_000_000).to_string(),
                "severityNumber": number,
                "severityText": text,
                "eventName": format!("negiz.journal.{}", event.kind.name()),
                "attributes": [attribute("negiz.index", &event.index.to_string())],
                "body": { "stringValue": event.line },
            })
        })
        .collect();
    json!({ "resourceLogs": [{
        "resource": { "attributes": [
            attribute("service.name", "negiz"),
            attribute("service.version", env!("CARGO_PKG_VERSION")),
        ] },
        "scopeLogs": [{ "scope": { "name": "negiz.journal" }, "logRecords": records }],
    }] })
}
