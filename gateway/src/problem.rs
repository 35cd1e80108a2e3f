//! Refusals as clients see them: RFC 9457 problem documents.
//!
//! One map from what went wrong to what is said. Everything that is no [`Refusal`] of the procedure is a [`Fault`] of
//! HTTP itself; both leave in the same form, and nothing else ever leaves as an error.

use std::borrow::Cow;

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use uuid::Uuid;

use crate::refusal::{Code, Refusal};

/// RFC 9457, section 3.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! faults {
    ($($variant:ident = $name:literal, $status:literal, $title:literal, $detail:literal;)*) => {
        /// What can be wrong with a request before it means anything: HTTP's own refusals, which no clause asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $($variant,)* }

        impl Fault {
            /// All of them, by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the problem's type.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status,)* } }

            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }

            #[must_use]
            pub const fn detail(self) -> &'static str { match self { $(Self::$variant => $detail,)* } }
        }
    };
}

faults! {
    BadRequest = "bad-request", 400, "The HTTP request is malformed", "the request breaks the rules of HTTP";
    BeyondCapacity = "beyond-capacity", 403, "The caller's capacity does not reach this", "what each capacity sees is in docs/review.md";
    NotFound = "not-found", 404, "There is nothing at this address", "no resource has this path, or not for the calling system";
    MethodNotAllowed = "method-not-allowed", 405, "The method is not allowed here", "the Allow field names the methods of this path";
    NotAcceptable = "not-acceptable", 406, "No acceptable form of the answer", "answers are JSON";
    Conflict = "conflict", 409, "It cannot be done as things stand", "what was asked does not fit what is recorded";
    RequestTimeout = "request-timeout", 408, "The request did not arrive in time", "the body was not complete when its time was over";
    HeaderTooLarge = "header-too-large", 431, "The request's header is too large", "too many header fields, or too long ones";
    Internal = "internal", 500, "The gateway failed", "the failure is in the gateway, not in the request; the operator's log has it";
}

impl Fault {
    /// The fault that best says what a bare HTTP status says; none for statuses that are not errors.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Option<Self> {
        let exact = Self::ALL.iter().copied().find(|fault| fault.status() == status.as_u16());
        exact.or_else(|| {
            if status.is_client_error() {
                Some(Self::BadRequest)
            } else {
                status.is_server_error().then_some(Self::Internal)
            }
        })
    }
}

/// The name of the refusal in an answer, for logs and metrics: an extension of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemCode(pub &'static str);

/// A problem document with what goes around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    #[serde(skip)]
    name: &'static str,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Problem {
    /// The id of the request refused, if it could be read.
    #[must_use]
    pub fn request(mut self, id: Uuid) -> Self {
        self.request = Some(id);
        self
    }

    /// The receipt over the refusal, when it could be recorded.
    #[must_use]
    pub fn receipt(mut self, receipt: String) -> Self {
        self.receipt = Some(receipt);
        self
    }

    /// The document's bytes.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        // Strings and numbers alone: nothing in it can fail to become JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What was compared, in words for the client.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// The type of the problem with this name.
#[must_use]
pub fn kind(name: &str) -> String {
    format!("urn:negiz:problem:{name}")
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, clause, detail, retry_after } = refusal;
        Self {
            kind: kind(code.name()),
            title: code.title(),
            status: code.status(),
            detail,
            clause: Some(clause),
            request: None,
            receipt: None,
            name: code.name(),
            retry_after,
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self {
            kind: kind(fault.name()),
            title: fault.title(),
            status: fault.status(),
            detail: fault.detail().to_owned(),
            clause: None,
            request: None,
            receipt: None,
            name: fault.name(),
            retry_after: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            // RFC 9110, section 15.5.9: the rest of the late request must not be read as the next one.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(ProblemCode(self.name));
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

/// Gives a router problem documents for unknown paths and wrong methods.
pub fn with_fallbacks<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(async || Fault::NotFound.into_response())
        .method_not_allowed_fallback(async || Fault::MethodNotAllowed.into_response())
}

/// The last stop before the wire: an error that some library phrased, in plain text or in nothing, becomes a problem;
/// what it said is not passed on. What a handler said in a form of its own stays.
pub fn phrase(response: Response) -> Response {
    let Some(fault) = Fault::of_status(response.status()) else { return response };
    if is_deliberate(response.headers()) {
        return response;
    }
    let mut phrased = match response.status().as_u16() {
        413 => Refusal::new(Code::TooLarge, "the body is larger than this path takes").into_response(),
        415 => Refusal::new(Code::UnsupportedMediaType, "this path does not take this media type")
            .into_response(),
        _ => fault.into_response(),
    };
    if let Some(allow) = response.headers().get(ALLOW) {
        phrased.headers_mut().insert(ALLOW, allow.clone());
    }
    phrased
}

fn is_deliberate(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| !value.as_bytes().starts_with(b"text/plain"))
}
