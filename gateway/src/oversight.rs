//! What prosecutors hand in: `POST /v1/resolutions`, on the console listener (OI 25(2)3)).

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
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
use crate::listener::{Peer, Unread, Whole};
use crate::prosecutor::{Ends, Resolution, rank};
use crate::refusal::{Code, Refusal};
use crate::resolutions::{Ended, KeptResolution, Resolutions};
use crate::store::Store;

/// The paths of this router.
pub const PATHS: &[(&str, &str)] = &[("post", "/v1/resolutions")];

/// What the handlers need.
#[derive(Clone, Debug)]
pub struct Oversight {
    pub exchange: Arc<Exchange>,
    pub store: Arc<dyn Store>,
    pub resolutions: Arc<Resolutions>,
    pub commitments: Arc<Commitments>,
}

/// The router, without fallbacks: it is merged into the console's.
pub fn router(oversight: Oversight) -> Router {
    Router::new().route("/v1/resolutions", post(resolution)).with_state(oversight)
}

async fn resolution(
    State(oversight): State<Oversight>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Whole, Unread>,
) -> Response {
    let channel = match oversight.exchange.channels.admit(&peer.fingerprint).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    if channel.system.role != SystemRole::Console(ConsoleRole::Prosecutor) {
        let detail = "Resolutions come from the console of a prosecutor's office.";
        return Refusal::new(Code::SystemNotEnrolled, detail).into_response();
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(kind) = media_type.and_then(EnvelopeKind::from_media_type) else {
        let detail = "A resolution is sent as application/cms or application/jose.";
        return Refusal::new(Code::UnsupportedMediaType, detail).into_response();
    };
    let Whole(body) = match body {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    oversight.take(&channel, kind, &body).await.unwrap_or_else(IntoResponse::into_response)
}

impl Oversight {
    async fn take(&self, channel: &Channel, kind: EnvelopeKind, body: &[u8]) -> Result<Response, Refusal> {
        let trust = self.exchange.trust.current();
        let attached = Attached::verify(&trust, kind, body, channel.arrived, Resolution::parse);
        let attached = attached.map_err(|NotAccepted(why)| {
            Refusal::new(Code::MalformedDocument, format!("Not accepted: {why}"))
        })?;
        let user = self.store.user(attached.signer()).await.map_err(|error| store_refusal(&error))?;
        if rank(user.as_ref(), Some(&channel.agency), channel.arrived).is_none() {
            let detail = "The signer is not a registered prosecutor in office at the office of this console.";
            return Err(Refusal::new(Code::UserNotRegistered, detail));
        }
        self.enter(channel, &attached).await
    }

    /// The journal first, then the effect: a stop nobody can account for is no better than a grant nobody can.
    async fn enter(&self, channel: &Channel, attached: &Attached<Resolution>) -> Result<Response, Refusal> {
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
        about.facts.insert("resolution".to_owned(), attached.evidence());
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
            "since": channel.arrived.rfc3339(),
            "log": { "index": written.index, "checkpoint": &*written.checkpoint },
        });
        Ok(Json(answer).into_response())
    }
}
