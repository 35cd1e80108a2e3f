//! The console listener: operator, security, oversight officials, each in the capacity their certificate is enrolled for.

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::channel::{Channel, Channels};
use crate::enrolment::{ConsoleRole, SystemRole};
use crate::listener::Peer;
use crate::problem;
use crate::refusal::{Code, Refusal};

/// Every path of the console listener, as the OpenAPI document must list them.
pub const PATHS: &[(&str, &str)] = &[("get", "/v1/me")];

#[derive(Clone, Debug)]
struct Console {
    channels: Channels,
}

/// The console listener's router.
pub fn router(channels: Channels) -> Router {
    problem::with_fallbacks(Router::new().route("/v1/me", get(me))).with_state(Console { channels })
}

/// `GET /v1/me`: who the caller is here.
async fn me(State(console): State<Console>, Extension(peer): Extension<Peer>) -> Response {
    let channel = match console.channels.admit(&peer.fingerprint).await {
        Ok(channel) => channel,
        Err(declined) => return declined.refusal.into_response(),
    };
    match capacity(&channel) {
        Ok(role) => Json(json!({
            "name": channel.system.name,
            "role": role,
            "agency": { "bin": channel.agency.bin.as_str(), "code": channel.agency.code, "name": channel.agency.name },
            "certificate": channel.system.certificate.to_string(),
        }))
        .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The capacity of an enrolled console user.
fn capacity(channel: &Channel) -> Result<ConsoleRole, Refusal> {
    match channel.system.role {
        SystemRole::Console(role) => Ok(role),
        SystemRole::Exchange | SystemRole::CaseFeed { .. } => {
            let detail = "This certificate is not enrolled for the console.";
            Err(Refusal::new(Code::SystemNotEnrolled, detail))
        }
    }
}
