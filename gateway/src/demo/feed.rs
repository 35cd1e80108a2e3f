//! The demonstration's case registry reporting its cases to the gateway, over the same listener as any other would.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use policy::CaseKind;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::demo::cast::Cast;
use crate::demo::credentials::Credential;
use crate::replica::CaseState;
use crate::upstream::{Limits, Line, Upstream, UpstreamError};

/// How often the registry says that nothing changed. The gateway relies on its word for ten minutes.
const EVERY: Duration = Duration::from_secs(60);
/// How long one report may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why a report did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("the credentials of the case registry are missing")]
    Credentials,
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    #[error("the report cannot be written")]
    Form(#[from] http::Error),
    #[error("the gateway did not take it")]
    Line(#[from] crate::upstream::LineError),
    #[error("the gateway answered {0}")]
    Status(StatusCode),
}

/// Reports cases.
#[derive(Debug)]
pub struct Feeder {
    line: Line,
    address: SocketAddr,
    cases: Vec<CaseState>,
    clock: Arc<dyn Clock>,
}

impl Feeder {
    /// Speaks to the gateway at `address` with the certificate of the case feed.
    ///
    /// # Errors
    /// When the credentials cannot be used.
    pub fn new(
        channels: &BTreeMap<String, Credential>,
        cast: &Cast,
        address: SocketAddr,
        clock: Arc<dyn Clock>,
        authority: &[u8],
    ) -> Result<Self, FeedError> {
        let held = channels.get("systems/case-feed").ok_or(FeedError::Credentials)?;
        let pem = held.key.to_pkcs8_pem().map_err(|_| FeedError::Credentials)?;
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| FeedError::Credentials)?;
        let chain = vec![CertificateDer::from(held.certificate.clone())];
        let upstream = Upstream::new([CertificateDer::from(authority.to_vec())], chain, key)?;
        let name = ServerName::try_from("localhost").map_err(|_| FeedError::Credentials)?;
        let cases = states(cast, |kind| kind != CaseKind::Enforcement);
        Ok(Self { line: upstream.line(name), address, cases, clock })
    }

    /// Reports every case at its first version: where the gateway holds a newer one, that one stays.
    ///
    /// # Errors
    /// When the gateway does not take the report.
    pub async fn report_all(&self) -> Result<(), FeedError> {
        self.report(self.cases.iter().map(wire).collect()).await
    }

    /// Says again and again that nothing changed, so that the replica stays fresh.
    pub async fn keep_fresh(self) {
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.report(Vec::new()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the demo's case feed failed");
            }
        }
    }

    async fn report(&self, cases: Vec<Value>) -> Result<(), FeedError> {
        let body = json!({ "as-of": self.clock.now().rfc3339(), "cases": cases }).to_string();
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("https://{}/v1/cases", self.address))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let fetched = self.line.fetch(request, Limits { deadline: DEADLINE, max_bytes: 65_536 }).await?;
        match fetched.status {
            StatusCode::OK => Ok(()),
            status => Err(FeedError::Status(status)),
        }
    }
}

/// The cast's cases of the kinds wanted, at version 1.
#[must_use]
pub fn states(cast: &Cast, wanted: impl Fn(CaseKind) -> bool) -> Vec<CaseState> {
    let of_kind = cast.cases.iter().filter(|case| wanted(case.kind));
    let states = of_kind.filter_map(|case| {
        Some(CaseState {
            kind: case.kind,
            number: case.number.clone(),
            status: case.status,
            agency: cast.agency(case.agency)?.bin.clone(),
            holders: vec![cast.officer(case.holder)?.iin.clone()],
            version: 1,
        })
    });
    states.collect()
}

fn wire(case: &CaseState) -> Value {
    json!({
        "kind": case.kind,
        "number": case.number,
        "status": case.status,
        "agency": case.agency.as_str(),
        "holders": case.holders.iter().map(certs::Iin::as_str).collect::<Vec<_>>(),
        "version": case.version,
    })
}
