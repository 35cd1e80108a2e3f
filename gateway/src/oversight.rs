//! What officials hand in, signed, on the console listener: prosecutors their resolutions (OI 25(2)3)), the operator's officials the
//! matrix under four eyes (SLS 16-3(4)).

mod matrix;

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use certs::EnvelopeKind;
use evidence::leaf::ActKind;
use evidence::statement::Role;
use serde_json::json;

use crate::attached::{Attached, NotAccepted};
use crate::channel::Channel;
use crate::commitment::Commitments;
use crate::declined::{About, Stage as _, store_refusal};
use crate::enrolment::{ConsoleRole, SystemRole};
use crate::exchange::Exchange;
use crate::journal::Acted;
use crate::listener::{BodyLimit, Peer, Unread, Whole};
use crate::matrices::Matrices;
use crate::media_type;
use crate::prosecutor::{Ends, Resolution, rank};
use crate::refusal::{Code, Refusal};
use crate::resolutions::{Ended, KeptResolution, Resolutions};
use crate::store::Store;

/// The paths of this router.
pub const PATHS: &[(&str, &str)] =
    &[("post", "/v1/resolutions"), ("post", "/v1/matrix/proposals"), ("post", "/v1/matrix/approvals")];

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Oversight {
    pub exchange: Arc<Exchange>,
    pub store: Arc<dyn Store>,
    pub resolutions: Arc<Resolutions>,
    pub commitments: Arc<Commitments>,
    pub matrices: Arc<Matrices>,
}

/// The router, without fallbacks: it is merged into the console's.
pub fn router(oversight: Oversight) -> Router {
    let large = || Extension(BodyLimit(matrix::MAX_BYTES));
    Router::new()
        .route("/v1/resolutions", post(resolution))
        .route("/v1/matrix/proposals", post(matrix::propose).layer(large()))
        .route("/v1/matrix/approvals", post(matrix::approve))
        .with_state(oversight)
}

async fn resolution(
    State(oversight): State<Oversight>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Whole, Unread>,
) -> Response {
    let handed = match oversight.receive(&peer, &headers, body, &[ConsoleRole::Prosecutor]).await {
        Ok(handed) => handed,
        Err(response) => return response,
    };
    let Handed { channel, kind, body } = handed;
    oversight.take(&channel, kind, &body).await.unwrap_or_else(IntoResponse::into_response)
}

/// A signed document as it came, over the console of an official with the capacity for it.
struct Handed {
    channel: Channel,
    kind: EnvelopeKind,
    body: Bytes,
}

impl Oversight {
    async fn receive(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        body: Result<Whole, Unread>,
        capacities: &[ConsoleRole],
    ) -> Result<Handed, Response> {
        let channel = self.exchange.channels.admit(peer).await;
        let channel = channel.map_err(|declined| declined.refusal.into_response())?;
        if !matches!(channel.system.role, SystemRole::Console(role) if capacities.contains(&role)) {
            let detail = "This certificate is not enrolled for what was handed in.";
            return Err(Refusal::new(Code::SystemNotEnrolled, detail).into_response());
        }
        let Some(kind) = media_type::stated(headers).and_then(EnvelopeKind::from_media_type) else {
            let detail = "A signed document is sent as application/cms or application/jose.";
            return Err(Refusal::new(Code::UnsupportedMediaType, detail).into_response());
        };
        let Whole(body) = body.map_err(IntoResponse::into_response)?;
        Ok(Handed { channel, kind, body })
    }

    async fn take(&self, channel: &Channel, kind: EnvelopeKind, body: &[u8]) -> Result<Response, Refusal> {
        let trust = &self.exchange.trust;
        let attached = Attached::verify(trust, kind, body, channel.arrived, Resolution::parse).await;
        let attached = attached.map_err(|NotAccepted(why)| {
            Refusal::new(Code::MalformedDocument, format!("Not accepted: {why}"))
        })?;
        let user = self.store.user(attached.signer()).await.map_err(|error| store_refusal(&error))?;
        if rank(user.as_ref(), Some(&channel.agency), channel.arrived).is_none() {
            let detail = "The signer is not a registered prosecutor in office at the office of this console.";
            return Err(Refusal::new(Code::UserNotRegistered, detail));
        }
        self.stop(channel, &attached).await
    }

    /// The journal first, then the effect: a stop nobody can account for is no better than a grant nobody can.
    async fn stop(&self, channel: &Channel, attached: &Attached<Resolution>) -> Result<Response, Refusal> {
        let resolution = attached.document();
        let (ended, code) = match &resolution.ends {
            Ends::Case { kind, number } => {
                (Ended::Case(self.commitments.case(kind, number.as_str())), "case-stopped")
            }
            Ends::Sanction(digest) => (Ended::Sanction(*digest), "sanction-taken-back"),
        };
        let mut about: About = channel.about();
        if let Ends::Case { kind, number } = &resolution.ends {
            about.case = Some(((*kind).to_owned(), number.as_str().to_owned()));
        }
        about.digest = Some(attached.digest());
        about.signer = Some(attached.signer().clone());
        about.facts.state("resolution", &attached.evidence());
        about.papers = attached.papers(Role::Resolution);
        let actor = Some(attached.signer().as_str().to_owned());
        let acted = Acted { kind: ActKind::Resolution, code, actor, destroyed: None };
        let written = self.exchange.journal.act(acted, about).await?;
        let kept = KeptResolution { digest: attached.digest(), ended, since: channel.arrived };
        self.store.put_resolution(&kept).await.map_err(|error| store_refusal(&error))?;
        self.resolutions.refresh(&*self.store).await.map_err(|error| store_refusal(&error))?;
        let answer = json!({
            "resolution": evidence::Digest::from_bytes(attached.digest()),
            "done": code,
            // Handed in again, a resolution changes nothing: it is ended since the first one.
            "since": self.resolutions.since(&ended).unwrap_or(channel.arrived).rfc3339(),
            "log": { "index": written.index, "checkpoint": &*written.checkpoint },
        });
        Ok(Json(answer).into_response())
    }
}
