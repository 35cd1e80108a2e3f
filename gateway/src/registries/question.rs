//! A question: what exactly is sent to a registry, fixed before the grant is recorded.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Uri;
use policy::Ground;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::parameters::{Parameters, misfit};
use crate::catalogue::{Method, Operation, Registry, Shape};
use crate::refusal::{Code, Refusal};

/// Longest path and query of a question, in bytes; what common servers take as a request line.
const MAX_TARGET: usize = 8 * 1024;

/// One question to one registry on one ground. Made from the catalogue alone: no address and no path comes from a request.
///
/// It names a person: `Debug` shows the registry and the operation only.
#[derive(Clone)]
pub struct Question {
    registry: Arc<Registry>,
    operation: Arc<Operation>,
    ground: Ground,
    subject: Option<String>,
    target: Target,
    release: Release,
}

/// What of the answer may be let out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    /// The part of a JSON answer.
    pub(super) cut: Option<Arc<Shape>>,
    /// Whether all of it may, so that an answer that cannot be cut may too.
    pub(super) whole: bool,
}

/// The request as it goes over the wire. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub method: Method,
    pub uri: Uri,
    pub body: Bytes,
}

impl Question {
    /// Fixes a question.
    ///
    /// # Errors
    /// `operation-not-permitted` for an operation the registry does not offer, or that lets nothing out on this ground
    /// (SLS 16-3(1)); `parameters-invalid`.
    pub fn new(
        registry: &Arc<Registry>,
        operation: &str,
        parameters: Map<String, Value>,
        ground: Ground,
    ) -> Result<Self, Refusal> {
        let refused = |detail: String| Err(Refusal::new(Code::OperationNotPermitted, detail));
        let Some(operation) = registry.operation(operation) else {
            return refused(format!("The registry {} offers no such operation.", registry.code()));
        };
        if !operation.permits(ground) {
            let names = format!("{} of the registry {}", operation.code(), registry.code());
            return refused(format!("On the ground {ground}, {names} lets nothing out."));
        }
        let parameters = Parameters::check(operation, parameters)?;
        let target = Target::fill(registry, operation, &parameters)?;
        let subject = operation.listing().subject.as_ref().and_then(|name| parameters.members().get(name));
        let subject = subject.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let release = Release { cut: operation.cut(ground).cloned(), whole: true };
        Ok(Self {
            registry: Arc::clone(registry),
            operation: Arc::clone(operation),
            ground,
            subject,
            target,
            release,
        })
    }

    /// The same question with the answer cut further, to what both the catalogue and `fields` let out (SLS 16-3(1)): dot
    /// paths, or `*` for no further limit. An answer that is not JSON is the one field `base64`.
    #[must_use]
    pub fn limited_to(mut self, fields: &[String]) -> Self {
        let narrowed = self.release.cut.map(|cut| Arc::new(cut.narrowed(fields.iter().map(String::as_str))));
        let whole = self.release.whole && fields.iter().any(|field| field == "*" || field == "base64");
        self.release = Release { cut: narrowed, whole };
        self
    }

    /// The registry asked.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What it is asked.
    #[must_use]
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// The ground that decides what is let out.
    #[must_use]
    pub fn ground(&self) -> Ground {
        self.ground
    }

    /// Whom or what the question is about, if the operation says which parameter names it. Personal data.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    pub(super) fn release(&self) -> &Release {
        &self.release
    }

    /// The request as it goes over the wire. Personal data.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({}/{} on {})", self.registry.code(), self.operation.code(), self.ground)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({} …)", self.method.as_str())
    }
}

impl Target {
    fn fill(registry: &Registry, operation: &Operation, parameters: &Parameters) -> Result<Self, Refusal> {
        let values = parameters.members();
        let path = operation.path.fill(values).map_err(|fault| misfit(&fault))?;
        let query = operation.query.fill(values).map_err(|fault| misfit(&fault))?;
        let body = operation.body.as_ref().map(|body| Bytes::from(body.fill(values))).unwrap_or_default();
        let endpoint = registry.endpoint();
        let path = format!("{}{path}{query}", endpoint.base);
        let uri = Uri::builder()
            .scheme("https")
            .authority(endpoint.authority.as_str())
            .path_and_query(path.as_str());
        match uri.build() {
            Ok(uri) if path.len() <= MAX_TARGET => Ok(Self { method: operation.listing().method, uri, body }),
            _ => {
                let detail = format!("parameters: expected at most {MAX_TARGET} bytes in path and query.");
                Err(Refusal::new(Code::ParametersInvalid, detail))
            }
        }
    }

    /// Names these exact bytes, so that leave to ask them is no leave to ask anything else: SHA-256 over method, line
    /// feed, path with query, line feed, body; as `sha-256:<base64url>`.
    #[must_use]
    pub fn digest(&self) -> String {
        let path = self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        digest(self.method.as_str(), path, &self.body)
    }
}

/// The digest of a question from its parts, as [`Target::digest`] defines it; registries compute it too.
#[must_use]
pub fn digest(method: &str, path_and_query: &str, body: &[u8]) -> String {
    // Neither a method nor a path can hold a line feed: the three parts cannot be divided in another way.
    let digest = Sha256::new()
        .chain_update(method)
        .chain_update(b"\n")
        .chain_update(path_and_query)
        .chain_update(b"\n")
        .chain_update(body)
        .finalize();
    spelt(digest.as_ref())
}

/// A SHA-256 digest as the contract spells it.
pub(super) fn spelt(digest: &[u8]) -> String {
    format!("sha-256:{}", URL_SAFE_NO_PAD.encode(digest))
}
