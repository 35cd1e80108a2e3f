//! Who reads, what their capacity lets them see, and that the journal knows of it first.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use evidence::leaf::ActKind;
use serde_json::{Value, json};

use super::Console;
use super::asked::{Asked, Filters};
use crate::channel::Channel;
use crate::declined::{About, store_refusal};
use crate::enrolment::{ConsoleRole, SystemRole};
use crate::journal::{Acted, Written};
use crate::listener::Peer;
use crate::problem::{Fault, Problem};
use crate::refusal::{Code, Refusal};
use crate::register::{Scope, Track};

/// An enrolled console user.
pub(super) struct Reader {
    pub(super) channel: Channel,
    pub(super) role: ConsoleRole,
}

impl Reader {
    /// The enrolled console user behind a connection.
    pub(super) async fn admit(console: &Console, peer: &Peer) -> Result<Self, Response> {
        let channels = &console.shared.exchange.channels;
        let admitted = channels.admit(peer).await;
        let channel = admitted.map_err(|declined| declined.refusal.into_response())?;
        match channel.system.role {
            SystemRole::Console(role) => Self { channel, role }.apart(console).await,
            SystemRole::Exchange | SystemRole::CaseFeed { .. } => {
                let detail = "This certificate is not enrolled for the console.";
                Err(Refusal::new(Code::SystemNotEnrolled, detail).into_response())
            }
        }
    }

    /// Nobody both administers users and reviews them, however they came to be enrolled for both (SLS 6(12-4)).
    async fn apart(self, console: &Console) -> Result<Self, Response> {
        if !self.role.reviews() {
            return Ok(self);
        }
        let (certificate, at) = (&self.channel.system.certificate, self.channel.arrived);
        let administers = console.destroyer.custody.administers(certificate, at).await;
        match administers.map_err(|error| store_refusal(&error).into_response())? {
            false => Ok(self),
            true => {
                let asked =
                    Asked::stated("a reviewing credential in the hands of one who administers users", &[]);
                let detail = "The holder of this credential administers users, and so does not review them.";
                Err(self.refuse(console, &asked, detail).await)
            }
        }
    }

    /// What this reader may see at all. An agency sees its own requests (OI 24: departmental control), the prosecutor those
    /// of the operational track (OI 25), and nobody else sees these (OI 14(3)).
    pub(super) fn scope(&self) -> Scope {
        match self.role {
            ConsoleRole::Agency => Scope { agency: Some(self.channel.agency.bin.clone()), track: None },
            ConsoleRole::Prosecutor => Scope { agency: None, track: Some(Track::Operational) },
            ConsoleRole::Operator | ConsoleRole::Security | ConsoleRole::Auditor => {
                Scope { agency: None, track: Some(Track::Ordinary) }
            }
        }
    }

    /// Whether persons and cases are shown. The operator administers users and so reviews none: to them a request is a time, a
    /// registry and an outcome.
    pub(super) const fn sees_persons(&self) -> bool {
        !matches!(self.role, ConsoleRole::Operator)
    }

    /// Whether these filters stay within the capacity, in words if not.
    pub(super) fn may_ask(&self, filters: &Filters) -> Result<(), &'static str> {
        let persons = filters.officer.is_some() || filters.subject.is_some() || !filters.cases.is_empty();
        if persons && !self.sees_persons() {
            return Err("The operator administers users and does not look for persons or cases.");
        }
        match (self.role, &filters.agency) {
            (ConsoleRole::Agency, Some(agency)) if *agency != self.channel.agency.bin => {
                Err("An agency sees its own requests.")
            }
            _ => Ok(()),
        }
    }

    /// Writes into the journal that this reader reads, and why. Nothing is shown before this returned.
    pub(super) async fn record(
        &self,
        console: &Console,
        code: &'static str,
        asked: &Asked,
    ) -> Result<Written, Response> {
        let acted = Acted { kind: ActKind::Reading, code, actor: Some(self.name()), destroyed: None };
        let recorded = console.shared.exchange.journal.act(acted, self.about(asked)).await;
        recorded.map_err(|refusal| refusal.into_response())
    }

    /// Writes into the journal what this official says or does, and why. Nothing follows from it before this returned.
    pub(super) async fn state<const N: usize>(
        &self,
        console: &Console,
        code: &'static str,
        facts: [(&'static str, Value); N],
        why: &str,
    ) -> Result<(), Response> {
        let acted = Acted { kind: ActKind::Notice, code, actor: Some(self.name()), destroyed: None };
        let about = About {
            agency: Some(self.channel.agency.bin.clone()),
            facts: facts.into(),
            reasons: vec![why.to_owned()],
            ..About::default()
        };
        let stated = console.shared.exchange.journal.act(acted, about).await;
        stated.map(|_| ()).map_err(|refusal| refusal.into_response())
    }

    /// Refuses what is beyond the capacity, and keeps that it was tried.
    pub(super) async fn refuse(&self, console: &Console, asked: &Asked, detail: &str) -> Response {
        match self.record(console, "reading-refused", asked).await {
            Ok(_) => Problem::from(Fault::BeyondCapacity).detail(detail).into_response(),
            Err(response) => response,
        }
    }

    /// As entries of the journal name them.
    pub(super) fn name(&self) -> String {
        let system = &self.channel.system;
        format!("{} ({}), certificate {}", system.name, self.role.name(), system.certificate)
    }

    fn about(&self, asked: &Asked) -> About {
        let system = &self.channel.system;
        let reader = json!({
            "name": system.name,
            "capacity": self.role,
            "agency": self.channel.agency.bin.as_str(),
            "certificate": system.certificate.to_string(),
        });
        let given: BTreeMap<&str, Value> =
            asked.given.iter().map(|(name, value)| (name.as_str(), json!(value))).collect();
        let facts = [("reader", reader), ("asked", json!(given))];
        About {
            agency: Some(self.channel.agency.bin.clone()),
            facts: facts.into(),
            reasons: vec![asked.reason.clone()],
            ..About::default()
        }
    }
}
