//! Bodies: how large, how slow, and what becomes of one that nobody reads.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::activity::Ongoing;
use super::service::Admitted;
use crate::problem::Fault;
use crate::refusal::{Code, Refusal};
use crate::telemetry::metrics;

/// The most a route takes, in bytes: an extension of every request. A route that takes more than the listener's limit
/// says so with `.route_layer(axum::Extension(BodyLimit(…)))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// What of an unread body is thrown away so that its sender can read the answer. A sender of more is cut off.
const DRAINED: usize = 8 * 1024 * 1024;

/// Why a body did not arrive.
#[derive(Debug, thiserror::Error)]
enum BodyFault {
    #[error("the body was not complete in time")]
    Slow,
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
}

/// A request's body with its deadline.
pub(super) struct Inbound {
    body: Option<Incoming>,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// The client waits for `100 Continue`, which the first poll sends.
    awaits_go_ahead: bool,
}

impl Inbound {
    pub(super) fn new(body: Incoming, time: Duration, awaits_go_ahead: bool) -> Self {
        Self { body: Some(body), deadline: Instant::now() + time, timer: None, awaits_go_ahead }
    }

    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let deadline = self.deadline;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        timer.as_mut().poll(cx).is_ready()
    }
}

impl HttpBody for Inbound {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.awaits_go_ahead = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(cx) {
            Poll::Ready(frame) => {
                if !matches!(frame, Some(Ok(_))) {
                    self.body = None;
                }
                Poll::Ready(frame.map(|frame| frame.map_err(|error| BodyFault::Broken(error).into())))
            }
            Poll::Pending if self.is_overdue(cx) => {
                self.body = None;
                Poll::Ready(Some(Err(BodyFault::Slow.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Inbound {
    /// A client that is still sending when the answer comes would find its connection reset, and the answer lost. So
    /// the rest is read and thrown away, up to a limit and until the body's own deadline.
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        if self.awaits_go_ahead {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout_at(self.deadline, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut left = DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

/// The whole body of a request, within its limit and its time.
#[derive(Clone, Debug)]
pub struct Whole(pub Bytes);

/// Why there is no whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is too large: a refusal of the procedure, to be recorded.
    Refused(Refusal),
    /// It was too slow or broke off.
    Fault(Fault),
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Unread;

    async fn from_request(request: Request, _: &S) -> Result<Self, Unread> {
        // A request that came past no listener has no limit of its own: none of its body is taken.
        let limit = request.extensions().get::<BodyLimit>().map_or(0, |limit| limit.0);
        read(request.into_body(), limit).await.map(Self)
    }
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large(limit));
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(culprit)?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() {
            // Most bodies come in one piece, and need no copy.
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

fn too_large(limit: usize) -> Unread {
    Unread::Refused(Refusal::new(Code::TooLarge, format!("the body has more than {limit} bytes")))
}

fn culprit(error: axum::Error) -> Unread {
    let slow = error.into_inner().downcast_ref::<BodyFault>().is_some_and(|f| matches!(f, BodyFault::Slow));
    Unread::Fault(if slow { Fault::RequestTimeout } else { Fault::BadRequest })
}

/// An answer's body. What it holds is counted until the last of it is on its way or the client is gone.
pub(super) struct Outbound {
    body: Body,
    _held: (Ongoing, metrics::Ongoing, Option<Admitted>),
}

impl Outbound {
    pub(super) fn new(body: Body, held: (Ongoing, metrics::Ongoing, Option<Admitted>)) -> Self {
        Self { body, _held: held }
    }
}

impl HttpBody for Outbound {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Poll::Ready(ready!(Pin::new(&mut self.body).poll_frame(cx)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
