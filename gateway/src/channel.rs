//! Step 1: over which channel a request comes, and for which agency (SLS 16-2(1)).

use std::sync::Arc;

use serde_json::json;

use crate::admission::{Admission, AgencyPermit};
use crate::clients::Clients;
use crate::clock::{Clock, Millis};
use crate::declined::{About, Declined, Stage, store_refusal};
use crate::enrolment::{Agency, Enrolment, Fingerprint, State, System, SystemRole};
use crate::listener::Peer;
use crate::refusal::{Code, Refusal};
use crate::store::Store;

/// An enrolled system, speaking for its agency, at one instant.
#[derive(Clone, Debug)]
pub struct Channel {
    pub system: System,
    pub agency: Agency,
    /// When the request arrived; the instant everything about it is judged by.
    pub arrived: Millis,
    /// Its place among the agency's requests in flight, held to the end.
    pub permit: Option<Arc<AgencyPermit>>,
}

/// Turns TLS certificates into channels.
#[derive(Clone, Debug)]
pub struct Channels {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    admission: Arc<Admission>,
    clients: Arc<Clients>,
}

impl Channels {
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        admission: Arc<Admission>,
        clients: Arc<Clients>,
    ) -> Self {
        Self { store, clock, admission, clients }
    }

    /// The enrolled system with this certificate, whatever its role.
    ///
    /// # Errors
    /// `system-not-enrolled` when the certificate, its system or its agency is not in force; `revocation-unknown`;
    /// `evidence-unavailable`.
    pub async fn admit(&self, peer: &Peer) -> Result<Channel, Declined> {
        let arrived = self.clock.now();
        let unknown = Nobody { certificate: peer.fingerprint };
        let found = self.store.enrolment(&peer.fingerprint).await;
        let enrolment = found.map_err(|error| unknown.decline(store_refusal(&error)))?;
        let Some(Enrolment { system, agency }) = enrolment else {
            return Err(unknown.decline(Refusal::new(
                Code::SystemNotEnrolled,
                "No system is enrolled with the certificate of this connection.",
            )));
        };
        let channel = Channel { system, agency, arrived, permit: None };
        if channel.system.state == State::Suspended || channel.agency.state == State::Suspended {
            let detail = "The enrolment of this system or of its agency is suspended.";
            return Err(channel.decline(Refusal::new(Code::SystemNotEnrolled, detail)));
        }
        match self.clients.stands(peer, arrived) {
            Ok(()) => Ok(channel),
            Err(refusal) => Err(channel.decline(refusal)),
        }
    }

    /// As [`Self::admit`], for a system that may send requests for records.
    ///
    /// # Errors
    /// Also `system-not-enrolled` for a system enrolled in another role.
    pub async fn admit_exchange(&self, peer: &Peer) -> Result<Channel, Declined> {
        let mut channel = self.admit(peer).await?;
        if channel.system.role != SystemRole::Exchange {
            let detail = "This system is enrolled in another role than requesting records.";
            return Err(channel.decline(Refusal::new(Code::SystemNotEnrolled, detail)));
        }
        match self.admission.agency(channel.agency.bin.as_str()) {
            Ok(permit) => channel.permit = Some(Arc::new(permit)),
            Err(refusal) => return Err(channel.decline(refusal)),
        }
        Ok(channel)
    }
}

impl Channels {
    /// Whether a refusal over this connection is recorded. From the moment a registered user is known, their own rate bounds their
    /// requests; before, the certificate's does.
    ///
    /// # Errors
    /// What is said instead: `rate-limited`; or `evidence-unavailable`, which is said because nothing can be recorded.
    pub fn may_record(&self, peer: &Peer, declined: &Declined) -> Result<(), Refusal> {
        match declined.refusal.code {
            Code::EvidenceUnavailable => Err(declined.refusal.clone()),
            _ if declined.about.rated => Ok(()),
            _ => self.admission.refusal(&peer.fingerprint),
        }
    }
}

impl Stage for Channel {
    fn about(&self) -> About {
        let mut about = About { agency: Some(self.agency.bin.clone()), ..About::default() };
        about.facts.insert(
            "channel".to_owned(),
            json!({
                "system": self.system.name,
                "certificate": self.system.certificate.to_string(),
                "agency": self.agency.bin.as_str(),
                "arrived": self.arrived.0,
            }),
        );
        about
    }
}

/// A certificate that no enrolment stands behind.
struct Nobody {
    certificate: Fingerprint,
}

impl Stage for Nobody {
    fn about(&self) -> About {
        let mut about = About::default();
        about.facts.insert("channel".to_owned(), json!({ "certificate": self.certificate.to_string() }));
        about
    }
}
