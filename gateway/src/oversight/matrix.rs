//! `POST /v1/matrix/proposals` and `/v1/matrix/approvals`: the matrix under four eyes (SLS 13(3), 16-3(4)).

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use evidence::leaf::ActKind;
use evidence::statement::Role;
use policy::{Policy, RowChange};
use serde_json::{Value, json};

use super::{Handed, Oversight};
use crate::attached::{Attached, NotAccepted};
use crate::channel::Channel;
use crate::declined::{Stage as _, store_refusal};
use crate::enrolment::ConsoleRole;
use crate::journal::Acted;
use crate::listener::{Peer, Unread, Whole};
use crate::matrices::{Approving, Proposal, Proposing};
use crate::refusal::{Code, Refusal};

/// A matrix with its signature; that of a large country has some thousand rows.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// Who may propose and approve: two officials of the operator, whichever of its consoles they use.
const CAPACITIES: &[ConsoleRole] = &[ConsoleRole::Operator, ConsoleRole::Security];

pub(super) async fn propose(
    State(oversight): State<Oversight>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Whole, Unread>,
) -> Response {
    match oversight.receive(&peer, &headers, body, CAPACITIES).await {
        Ok(handed) => oversight.proposed(handed).await.unwrap_or_else(IntoResponse::into_response),
        Err(response) => response,
    }
}

pub(super) async fn approve(
    State(oversight): State<Oversight>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Whole, Unread>,
) -> Response {
    match oversight.receive(&peer, &headers, body, CAPACITIES).await {
        Ok(handed) => oversight.approved(handed).await.unwrap_or_else(IntoResponse::into_response),
        Err(response) => response,
    }
}

const IN_FORCE: &str = "this matrix is in force";

fn malformed(why: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::MalformedDocument, format!("Not accepted: {why}"))
}

impl Oversight {
    async fn proposed(&self, handed: Handed) -> Result<Response, Refusal> {
        let (channel, attached) = self.official(handed, Proposing::parse).await?;
        let Proposing { set, matrix } = attached.document();
        let policy = self.matrices.with_matrix(matrix).map_err(malformed)?;
        if policy.digest() != set {
            return Err(malformed(format!(
                "`set` is {set}; with this matrix the set is {}",
                policy.digest()
            )));
        }
        let in_force = self.store.matrix_in_force().await.map_err(|error| store_refusal(&error))?;
        if in_force.is_some_and(|in_force| &in_force.set == set.as_bytes()) {
            return Err(malformed(IN_FORCE));
        }
        let changes = self.changes(&policy);
        let log = self.enter(&channel, &attached, *set.as_bytes(), "matrix-proposed", &changes).await?;
        let proposal = Proposal {
            set: *set.as_bytes(),
            matrix: matrix.clone(),
            proposer: self.commitments.signer(attached.signer()),
            proposed: channel.arrived,
        };
        if !self.store.propose_matrix(&proposal).await.map_err(|error| store_refusal(&error))? {
            return Err(malformed(IN_FORCE));
        }
        Ok(Json(json!({ "set": set, "done": "matrix-proposed", "changes": changes, "log": log }))
            .into_response())
    }

    /// The second pair of eyes: another person, who signs the digest of what he has read.
    async fn approved(&self, handed: Handed) -> Result<Response, Refusal> {
        let (channel, attached) = self.official(handed, Approving::parse).await?;
        let set = attached.document().set;
        let found =
            self.store.matrix_proposal(set.as_bytes()).await.map_err(|error| store_refusal(&error))?;
        let Some(proposal) = found else {
            return Err(malformed(format!("no matrix awaits approval as set {set}")));
        };
        let approver = self.commitments.signer(attached.signer());
        if proposal.proposer == approver {
            let detail = "Who proposed a matrix cannot approve it.";
            return Err(Refusal::new(Code::UserNotRegistered, detail).citing("SLS 16-3(4)".to_owned()));
        }
        let policy = self.matrices.with_matrix(&proposal.matrix).map_err(malformed)?;
        if policy.digest() != &set {
            return Err(malformed(format!(
                "the rules have changed: with them the set is {}",
                policy.digest()
            )));
        }
        let changes = self.changes(&policy);
        let log = self.enter(&channel, &attached, *set.as_bytes(), "matrix-approved", &changes).await?;
        let approved = self.store.approve_matrix(set.as_bytes(), &approver, channel.arrived).await;
        if !approved.map_err(|error| store_refusal(&error))? {
            return Err(malformed("it is approved already"));
        }
        if let Err(error) = self.matrices.refresh().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the approved matrix was not taken up");
        }
        Ok(Json(json!({ "set": set, "done": "matrix-approved", "changes": changes, "log": log }))
            .into_response())
    }

    /// Verifies the signature, and that the signer is an official of this body in office (SLS 16-3(4)).
    async fn official<D>(
        &self,
        handed: Handed,
        read: impl FnOnce(&[u8]) -> Result<D, NotAccepted>,
    ) -> Result<(Channel, Attached<D>), Refusal> {
        let Handed { channel, kind, body } = handed;
        let trust = &self.exchange.trust;
        let attached =
            Attached::verify(trust, kind, &body, channel.arrived, read).await.map_err(malformed)?;
        let found = self.store.agency(&channel.agency.bin).await.map_err(|error| store_refusal(&error))?;
        let officials = found.map(|(_, officials)| officials).unwrap_or_default();
        let in_office = officials.iter().any(|official| {
            &official.iin == attached.signer() && channel.arrived.is_within(official.from, official.until)
        });
        if !in_office {
            let detail = "The signer is no official in office of the body this console belongs to.";
            return Err(Refusal::new(Code::UserNotRegistered, detail).citing("SLS 16-3(4)".to_owned()));
        }
        Ok((channel, attached))
    }

    /// What the second pair of eyes looks at: every row that would be otherwise.
    fn changes(&self, proposed: &Policy) -> Vec<String> {
        let in_force = self.matrices.decisions().policy();
        in_force.matrix().changes_to(proposed.matrix()).iter().map(RowChange::to_string).collect()
    }

    async fn enter<D>(
        &self,
        channel: &Channel,
        attached: &Attached<D>,
        set: [u8; 32],
        code: &'static str,
        changes: &[String],
    ) -> Result<Value, Refusal> {
        let mut about = channel.about();
        about.digest = Some(attached.digest());
        about.signer = Some(attached.signer().clone());
        about.policy = Some(set);
        about.reasons = changes.to_vec();
        about.facts.state(code, &attached.evidence());
        about.papers = attached.papers(Role::Policy);
        let actor = Some(attached.signer().as_str().to_owned());
        let acted = Acted { kind: ActKind::Policy, code, actor, destroyed: None };
        let written = self.exchange.journal.act(acted, about).await?;
        Ok(json!({ "index": written.index, "checkpoint": &*written.checkpoint }))
    }
}
