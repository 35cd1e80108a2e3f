//! Asking a registry: one question, one grant, one answer that is cut to what the ground lets out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::answer::strict;
use super::breaker::{Blame, Passage, State};
use super::failure::Failure;
use super::lane::Lanes;
use super::question::Question;
use super::token::{Account, TokenSigner};
use crate::catalogue::{Method, Schema};
use crate::clock::Clock;
use crate::media_type;
use crate::refusal::Refusal;
use crate::telemetry::metrics;
use crate::upstream::{Fetched, Limits, Upstream, causes};

/// Asks registries. Limits, breakers and connections are kept per registry on this node.
#[derive(Debug)]
pub struct RegistryClient {
    lanes: Lanes,
    signer: TokenSigner,
    clock: Arc<dyn Clock>,
}

impl RegistryClient {
    /// A client that shows the certificate of `upstream` and proves grants with `signer`.
    #[must_use]
    pub fn new(upstream: Upstream, signer: TokenSigner, clock: Arc<dyn Clock>) -> Self {
        Self { lanes: Lanes::new(upstream), signer, clock }
    }

    /// Asks the question once and returns the record, cut to the fields its ground lets out (SLS 16-3(1)).
    ///
    /// `null` is a record too: the registry says that it holds none. An answer that is not JSON comes as
    /// `{"media-type", "base64"}`, if the operation allows that.
    ///
    /// # Errors
    /// `registry-not-listed` when the act lapsed since the decision; `registry-unavailable` with the time to come back,
    /// `registry-timeout`, `registry-failed`.
    pub async fn ask(&self, question: Question, account: &Account) -> Result<Value, Refusal> {
        let begun = Instant::now();
        let outcome = self.attempt(&question, account).await;
        let name = outcome.as_ref().map_or_else(Failure::name, |_| "answered");
        let (registry, operation) = (question.registry().code(), question.operation().code());
        metrics::registry_asked(registry, operation, name, begun.elapsed());
        outcome.map_err(|failure| {
            tracing::warn!(
                registry,
                operation,
                outcome = name,
                cause = causes(&failure),
                "a registry gave no record"
            );
            failure.refusal(registry)
        })
    }

    /// Registries asked so far with the state of their breakers, by code.
    #[must_use]
    pub fn breakers(&self) -> Vec<(String, State)> {
        self.lanes.breakers()
    }

    async fn attempt(&self, question: &Question, account: &Account) -> Result<Value, Failure> {
        let registry = question.registry();
        // The act may have lapsed between the decision and now; nothing was asked yet (SLS 16-1(1)¶2).
        if !registry.in_force(self.clock.now()) {
            return Err(Failure::Unlisted);
        }
        let lane = self.lanes.to(registry);
        // A place first: a question without one must not use up the breaker's single trial.
        let _place = lane.places.try_acquire().map_err(|_| Failure::Full)?;
        let passage = lane.breaker.pass(self.clock.now()).map_err(Failure::Open)?;
        let request = self.request(question, account)?;
        let listing = question.operation().listing();
        let limits = Limits {
            deadline: Duration::from_millis(listing.timeout_ms.into()),
            max_bytes: usize::try_from(listing.max_bytes).unwrap_or(usize::MAX),
        };
        let fetched = lane.line.fetch(request, limits).await.map_err(Failure::from);
        let outcome = fetched.and_then(|fetched| record(question, &fetched));
        self.settle(passage, outcome.as_ref().err(), account);
        metrics::breaker(registry.code(), lane.breaker.state());
        outcome
    }

    fn settle(&self, passage: Passage<'_>, failure: Option<&Failure>, account: &Account) {
        match failure {
            Some(failure) if failure.tells_of_outage() => {
                let blame = match failure.is_before_the_question() {
                    true => Blame::Registry,
                    false => Blame::Question(account.officer),
                };
                passage.failed(self.clock.now(), blame);
            }
            _ => passage.answered(),
        }
    }

    fn request(
        &self,
        question: &Question,
        account: &Account,
    ) -> Result<Request<Full<bytes::Bytes>>, Failure> {
        let grant = self.signer.grant(question, account, self.clock.now()).map_err(Failure::Grant)?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {grant}")).map_err(|_| Failure::Unsendable)?;
        bearer.set_sensitive(true);
        let target = question.target();
        let mut request = Request::builder()
            .method(target.method.as_str())
            .uri(target.uri.clone())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json, */*;q=0.5");
        if target.method == Method::Post {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(target.body.clone())).map_err(|_| Failure::Unsendable)
    }
}

/// The record out of an answer.
fn record(question: &Question, fetched: &Fetched) -> Result<Value, Failure> {
    let operation = question.operation();
    match (fetched.status, &operation.absent) {
        (StatusCode::OK, _) => released(question, fetched),
        // Only a 404 that says so in the agreed words: a mistyped path also gives a 404, and «no record» of a person is
        // itself a fact that people act upon.
        (StatusCode::NOT_FOUND, Some(absent)) => json_body(fetched, absent).map(|_| Value::Null),
        (status, _) => Err(Failure::Status(status)),
    }
}

fn released(question: &Question, fetched: &Fetched) -> Result<Value, Failure> {
    let operation = question.operation();
    let media_type = media_type_of(fetched);
    match &operation.answer {
        Some(answer) if media_type::is_json(&media_type) => {
            let value = json_body(fetched, answer)?;
            let cut = question.release().cut.as_ref().ok_or(Failure::Uncut)?;
            cut.project(value).ok_or(Failure::Uncut)
        }
        _ if question.release().whole && operation.answers_in(&media_type, question.ground()) => {
            Ok(json!({"media-type": media_type, "base64": STANDARD.encode(&fetched.body)}))
        }
        _ => Err(Failure::MediaType),
    }
}

fn json_body(fetched: &Fetched, schema: &Schema) -> Result<Value, Failure> {
    if !media_type::is_json(&media_type_of(fetched)) {
        return Err(Failure::MediaType);
    }
    let value = strict(&fetched.body).map_err(Failure::Json)?;
    schema.check(&value).map_err(Failure::Shape)?;
    Ok(value)
}

/// The media type without its parameters, in lower case; empty when none was given.
fn media_type_of(fetched: &Fetched) -> String {
    let whole = fetched.content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type::essence(whole).to_ascii_lowercase()
}
