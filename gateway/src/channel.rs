//! Step 1: over which channel a request comes, and for which agency (SLS 16-2(1)).

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::admission::{Admission, AgencyPermit};
use crate::clients::Clients;
use crate::clock::{Clock, Millis};
use crate::declined::{About, Declined, Stage, store_refusal};
use crate::enrolment::{Agency, Enrolment, Fingerprint, State, System, SystemRole};
use crate::listener::Peer;
use crate::memory::Memory;
use crate::refusal::{Code, Refusal};
use crate::store::Store;

/// Systems that are remembered.
const MOST: usize = 16_384;

/// An enrolled system, speaking for its agency, at one instant.
#[derive(Clone, Debug)]
pub struct Channel {
    pub system: System,
    pub agency: Agency,
    /// When the request arrived; the instant everything about it is judged by.
    pub arrived: Millis,
    /// Its place among the agency's requests in flight, held to the end.
    pub permit: Option<Arc<AgencyPermit>>,
    /// Whether it was let in from memory. Nothing is granted or refused on that: the system is looked up with the signer and the case
    /// ([`Channels::renew`]), or before it is refused ([`Channels::confirm`]).
    pub remembered: bool,
}

/// Turns TLS certificates into channels.
#[derive(Clone, Debug)]
pub struct Channels {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    admission: Arc<Admission>,
    clients: Arc<Clients>,
    /// Systems that might send requests for records when they were last looked up.
    enrolled: Arc<Memory<Fingerprint, Enrolment>>,
}

impl Channels {
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        admission: Arc<Admission>,
        clients: Arc<Clients>,
    ) -> Self {
        Self { store, clock, admission, clients, enrolled: Arc::new(Memory::of(MOST)) }
    }

    /// The enrolled system with this certificate, whatever its role.
    ///
    /// # Errors
    /// `system-not-enrolled` when the certificate, its system or its agency is not in force; `revocation-unknown`;
    /// `evidence-unavailable`.
    pub async fn admit(&self, peer: &Peer) -> Result<Channel, Declined> {
        self.find(peer, self.clock.now()).await
    }

    /// As [`Self::admit`], for a system that may send requests for records.
    ///
    /// # Errors
    /// Also `system-not-enrolled` for a system enrolled in another role, `rate-limited`.
    pub async fn admit_exchange(&self, peer: &Peer) -> Result<Channel, Declined> {
        self.counted(self.look_up(peer, self.clock.now()).await?)
    }

    /// As [`Self::admit_exchange`], to send a request: one that was let in before is let in from memory, as far as
    /// [`Channel::remembered`] says.
    ///
    /// # Errors
    /// As [`Self::admit_exchange`].
    pub async fn admit_request(&self, peer: &Peer) -> Result<Channel, Declined> {
        let Some(enrolment) = self.enrolled.get(&peer.fingerprint) else {
            return self.admit_exchange(peer).await;
        };
        let mut channel = self.over(peer, enrolment, self.clock.now(), true)?;
        let Err(refusal) = self.count(&mut channel) else { return Ok(channel) };
        // It may be another agency's by now.
        let found = self.look_up(peer, channel.arrived).await?;
        if found.agency.bin == channel.agency.bin {
            return Err(found.decline(refusal));
        }
        self.counted(found)
    }

    /// Puts the enrolment as it was found with the signer and the case in place of the one that the channel was let in by.
    ///
    /// # Errors
    /// `system-not-enrolled` when it would not be let in now, `rate-limited` when it is another agency's, which has as many requests in
    /// flight as it may.
    pub fn renew(&self, channel: &mut Channel, found: Option<Enrolment>) -> Result<(), Refusal> {
        // Of a system that is gone the refusal is confirmed, and tells whom the certificate named before.
        let Enrolment { system, agency } = found.ok_or_else(nobody)?;
        let moved = agency.bin != channel.agency.bin;
        (channel.system, channel.agency, channel.remembered) = (system, agency, false);
        channel.in_force()?;
        channel.exchanges()?;
        if moved {
            self.enrolled.keep(channel.system.certificate, channel.enrolment());
            self.count(channel)?;
        }
        Ok(())
    }

    /// A refusal on its way out. If the channel was let in from memory and would not be now, that comes first.
    pub async fn confirm(&self, peer: &Peer, mut declined: Declined) -> Declined {
        if let Some(arrived) = declined.about.remembered {
            match self.look_up(peer, arrived).await {
                Ok(channel) => channel.name_in(&mut declined.about),
                Err(refused) => declined = refused,
            }
        }
        if declined.refusal.code == Code::SystemNotEnrolled {
            self.enrolled.forget(&peer.fingerprint);
        }
        declined
    }

    async fn look_up(&self, peer: &Peer, arrived: Millis) -> Result<Channel, Declined> {
        let channel = self.find(peer, arrived).await?;
        match channel.exchanges() {
            Ok(()) => self.enrolled.keep(peer.fingerprint, channel.enrolment()),
            Err(refusal) => return Err(channel.decline(refusal)),
        }
        Ok(channel)
    }

    async fn find(&self, peer: &Peer, arrived: Millis) -> Result<Channel, Declined> {
        let unknown = Nobody { certificate: peer.fingerprint };
        let found = self.store.enrolment(&peer.fingerprint).await;
        let enrolment = found.map_err(|error| unknown.decline(store_refusal(&error)))?;
        let Some(enrolment) = enrolment else { return Err(unknown.decline(nobody())) };
        self.over(peer, enrolment, arrived, false)
    }

    fn over(
        &self,
        peer: &Peer,
        enrolment: Enrolment,
        arrived: Millis,
        remembered: bool,
    ) -> Result<Channel, Declined> {
        let Enrolment { system, agency } = enrolment;
        let channel = Channel { system, agency, arrived, permit: None, remembered };
        match channel.in_force().and_then(|()| self.clients.stands(peer, arrived)) {
            Ok(()) => Ok(channel),
            Err(refusal) => Err(channel.decline(refusal)),
        }
    }

    fn counted(&self, mut channel: Channel) -> Result<Channel, Declined> {
        match self.count(&mut channel) {
            Ok(()) => Ok(channel),
            Err(refusal) => Err(channel.decline(refusal)),
        }
    }

    /// Counts a request among those of its agency in flight.
    fn count(&self, channel: &mut Channel) -> Result<(), Refusal> {
        channel.permit = Some(Arc::new(self.admission.agency(channel.agency.bin.as_str())?));
        Ok(())
    }
}

impl Channel {
    fn in_force(&self) -> Result<(), Refusal> {
        if self.system.state == State::Suspended || self.agency.state == State::Suspended {
            let detail = "The enrolment of this system or of its agency is suspended.";
            return Err(Refusal::new(Code::SystemNotEnrolled, detail));
        }
        Ok(())
    }

    fn exchanges(&self) -> Result<(), Refusal> {
        if self.system.role != SystemRole::Exchange {
            let detail = "This system is enrolled in another role than requesting records.";
            return Err(Refusal::new(Code::SystemNotEnrolled, detail));
        }
        Ok(())
    }

    fn enrolment(&self) -> Enrolment {
        Enrolment { system: self.system.clone(), agency: self.agency.clone() }
    }

    fn name_in(&self, about: &mut About) {
        about.agency = Some(self.agency.bin.clone());
        about.remembered = self.remembered.then_some(self.arrived);
        let fact = ChannelEvidence {
            system: &self.system.name,
            certificate: &self.system.certificate.to_string(),
            agency: self.agency.bin.as_str(),
            arrived: self.arrived.0,
        };
        about.facts.state("channel", &fact);
    }
}

/// The channel, as evidence.
#[derive(Serialize)]
struct ChannelEvidence<'a> {
    system: &'a str,
    certificate: &'a str,
    agency: &'a str,
    arrived: i64,
}

fn nobody() -> Refusal {
    Refusal::new(Code::SystemNotEnrolled, "No system is enrolled with the certificate of this connection.")
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
        let mut about = About::default();
        self.name_in(&mut about);
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
        about.facts.state("channel", &json!({ "certificate": self.certificate.to_string() }));
        about
    }
}
