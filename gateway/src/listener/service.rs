//! What happens to every request before and after its handler.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::Version;
use http::header::{CONNECTION, EXPECT, HeaderValue, TRANSFER_ENCODING};
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::sync::OwnedSemaphorePermit;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::activity::Activity;
use super::body::{BodyLimit, Inbound, Outbound};
use super::census::Counted;
use super::{House, Peer, hop};
use crate::problem::{Fault, ProblemCode, phrase};
use crate::refusal::{Code, Refusal};
use crate::telemetry::metrics::{self, Shed};
use crate::telemetry::otlp;
use crate::telemetry::trace::Trace;

/// The request's place among those in flight: an extension of every request. Whoever goes on working after the client
/// hung up keeps a clone until done, or hung-up requests would not count.
#[derive(Clone, Debug)]
pub struct Admitted(#[expect(dead_code, reason = "held, not read")] Arc<Place>);

/// A place among all requests and among those of one system.
#[derive(Debug)]
struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_system: Option<Counted>,
}

/// The requests of one connection.
#[derive(Clone)]
pub(super) struct Requests {
    house: Arc<House>,
    peer: Option<Peer>,
    activity: Arc<Activity>,
    turned_away: bool,
}

/// The template of the path that a router matched.
#[derive(Clone)]
struct Route(MatchedPath);

/// Tells the way out which route it was; the way in has the path as sent, which may hold anything.
pub(super) async fn name_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(Route(route));
    }
    response
}

impl Requests {
    pub(super) fn new(house: Arc<House>, peer: Option<Peer>, activity: Arc<Activity>) -> Self {
        Self { house, peer, activity, turned_away: false }
    }

    /// Refuses whatever comes, and the connection with it.
    pub(super) fn turning_away(mut self) -> Self {
        self.turned_away = true;
        self
    }

    /// A place among the requests in flight, or the refusal.
    fn admit(&self) -> Result<Admitted, Refusal> {
        if self.turned_away {
            self.activity.retire();
            return Err(Refusal::new(
                Code::Overloaded,
                "the calling system has as many connections as it may",
            ));
        }
        let of_system = self.of_system()?;
        match Arc::clone(&self.house.requests).try_acquire_owned() {
            Ok(of_all) => Ok(Admitted(Arc::new(Place { _of_all: of_all, _of_system: of_system }))),
            Err(_) => {
                metrics::shed(Shed::Requests);
                Err(Refusal::new(Code::Overloaded, "the gateway has as many requests in flight as it may"))
            }
        }
    }

    /// Counted before a byte of the body is read: slow bodies and unread answers of one system leave room for the others.
    fn of_system(&self) -> Result<Option<Counted>, Refusal> {
        let Some(peer) = &self.peer else { return Ok(None) };
        match self.house.in_flight.count(peer.fingerprint) {
            Some(counted) => Ok(Some(counted)),
            None => {
                metrics::shed(Shed::SystemRequests);
                let detail = "the calling system has as many requests in flight as it may";
                Err(Refusal::new(Code::RateLimited, detail))
            }
        }
    }

    async fn answer(self, request: hyper::Request<Incoming>) -> Response<Outbound> {
        let began = Instant::now();
        let ongoing = self.activity.begin();
        let counted = metrics::Ongoing::request(self.house.name);
        let trace = Trace::of(request.headers());
        let span = self.span(&trace, &request);
        let multiplexed = request.version() == Version::HTTP_2;
        let (admitted, mut response) = match self.admit() {
            Ok(admitted) => {
                let handled = self.handle(request, trace, admitted.clone()).instrument(span.clone());
                (Some(admitted), handled.await)
            }
            Err(refusal) => (None, refusal.into_response()),
        };
        if multiplexed {
            // RFC 9113, section 8.2.2: HTTP/2 says it with GOAWAY.
            response.headers_mut().remove(CONNECTION);
        } else if self.turned_away {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        span.in_scope(|| self.report(&response, began.elapsed()));
        response.map(|body| Outbound::new(body, (ongoing, counted, admitted)))
    }

    fn span(&self, trace: &Trace, request: &hyper::Request<Incoming>) -> tracing::Span {
        let connection = self.peer.as_ref().map(|peer| peer.connection);
        let system = self.peer.as_ref().map(|peer| tracing::field::display(peer.fingerprint));
        let span = tracing::info_span!(
            "request",
            trace_id = %trace.id,
            listener = self.house.name,
            connection,
            system,
            method = method(request.method()),
        );
        otlp::adopt(&span, trace);
        span
    }

    async fn handle(&self, request: hyper::Request<Incoming>, trace: Trace, admitted: Admitted) -> Response {
        let Some(request) = self.prepare(request, trace, admitted) else {
            return Fault::BadRequest.into_response();
        };
        let handled = self.house.router.clone().oneshot(request);
        match AssertUnwindSafe(handled).catch_unwind().await {
            Ok(Ok(response)) => phrase(response),
            Ok(Err(never)) => match never {},
            Err(_) => {
                tracing::error!("a handler panicked");
                Fault::Internal.into_response()
            }
        }
    }

    /// The request as handlers see it; `None` if it is not one.
    fn prepare(
        &self,
        request: hyper::Request<Incoming>,
        trace: Trace,
        admitted: Admitted,
    ) -> Option<Request> {
        if !hop::names_one_host(request.version(), request.headers()) {
            return None;
        }
        let limits = &self.house.limits;
        let time = limits.body_seconds.duration();
        let awaits_go_ahead = request.headers().contains_key(EXPECT);
        if request.headers().contains_key(TRANSFER_ENCODING) {
            // hyper has dropped a Content-Length beside it: whoever stands before us may have read the body by that, and what comes next
            // as another request (RFC 9112, section 6.1).
            self.activity.retire();
        }
        let mut request =
            request.map(|body| axum::body::Body::new(Inbound::new(body, time, awaits_go_ahead)));
        hop::strip(request.headers_mut());
        let extensions = request.extensions_mut();
        if let Some(peer) = &self.peer {
            extensions.insert(peer.clone());
        }
        extensions.insert(BodyLimit(limits.body.get()));
        extensions.insert(admitted);
        extensions.insert(trace);
        Some(request)
    }

    /// One line and one observation for each request. No path, no field, no name: a route, a number, a code.
    fn report(&self, response: &Response, took: Duration) {
        let status = response.status().as_u16();
        let route = response.extensions().get::<Route>().map_or("-", |route| route.0.as_str());
        let code = response.extensions().get::<ProblemCode>().map(|code| code.0);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        metrics::http(self.house.name, route, status, took);
        tracing::info!(route, status, code, micros, "answered");
    }
}

/// Methods are words of the client's; only those that mean something are repeated.
fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

impl Service<hyper::Request<Incoming>> for Requests {
    type Response = Response<Outbound>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}
