//! Step 4: whether the signer is a registered user of the agency on the channel (SLS 16-2(1)).
//!
//! Identity is one binding: the TLS system's agency, the agency in the document, the agency the user is registered
//! for and the organisation in the certificate are the same, or the request ends here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use policy::Ground;
use serde::Serialize;

use crate::admission::Admission;
use crate::channel::Channels;
use crate::commitment::Commitments;
use crate::declined::{About, Declined, Stage};
use crate::enrolment::{State, User};
use crate::refusal::{Code, Refusal};
use crate::store::{Asked, Held, Known, Store};
use crate::trust::Attested;

/// The register of users.
#[derive(Debug)]
pub struct Users {
    store: Arc<dyn Store>,
    commitments: Arc<Commitments>,
    admission: Arc<Admission>,
    channels: Channels,
}

impl Users {
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        commitments: Arc<Commitments>,
        admission: Arc<Admission>,
        channels: Channels,
    ) -> Self {
        Self { store, commitments, admission, channels }
    }

    /// Identifies the signer as a registered user.
    ///
    /// # Errors
    /// `system-not-enrolled`, `user-not-registered`, `user-suspended`, `agency-mismatch`, `rate-limited`, `evidence-unavailable`.
    pub async fn identify(&self, attested: Attested) -> Result<Identified, Declined> {
        // With all else that the request is held against: one look in the database instead of four.
        let mut attested = attested;
        let asked = self.asked(&attested);
        let officer = asked.signer;
        let Known { enrolment, user, cases, unclaimed } = match self.store.known(asked).await {
            Ok(known) => known,
            Err(error) => return Err(attested.decline_store(&error)),
        };
        if let Err(refusal) = self.channels.renew(attested.channel_mut(), enrolment) {
            return Err(attested.decline(refusal));
        }
        let Some(user) = user else {
            let detail = "The signer is not in the register of users.";
            return Err(attested.decline(Refusal::new(Code::UserNotRegistered, detail)));
        };
        let checked = in_office(&attested, &user).and_then(|()| of_one_agency(&attested, &user));
        match checked.and_then(|()| self.admission.officer(&officer)) {
            Ok(()) => Ok(Identified { attested, user, cases, unclaimed }),
            Err(refusal) => Err(attested.decline(refusal)),
        }
    }

    fn asked(&self, attested: &Attested) -> Asked {
        let document = attested.document();
        Asked {
            certificate: attested.channel().system.certificate,
            person: attested.signer().clone(),
            case: document.basis.case.as_str().to_owned(),
            request: document.id,
            signer: self.commitments.signer(attested.signer()),
        }
    }
}

fn in_office(attested: &Attested, user: &User) -> Result<(), Refusal> {
    let at = attested.channel().arrived;
    if user.state == State::Suspended {
        return Err(Refusal::new(Code::UserSuspended, "The signer's registration is suspended."));
    }
    if at < user.from {
        let detail =
            format!("The signer's term of office begins at {}; it is {}.", user.from.rfc3339(), at.rfc3339());
        return Err(Refusal::new(Code::UserSuspended, detail));
    }
    match user.until {
        Some(until) if at >= until => {
            let detail =
                format!("The signer's term of office ended at {}; it is {}.", until.rfc3339(), at.rfc3339());
            Err(Refusal::new(Code::UserSuspended, detail))
        }
        _ => Ok(()),
    }
}

fn of_one_agency(attested: &Attested, user: &User) -> Result<(), Refusal> {
    let channel = &attested.channel().agency.bin;
    let document = &attested.document().agency;
    let mismatch = |what: String| Err(Refusal::new(Code::AgencyMismatch, what));
    if document != channel {
        return mismatch(format!("The document names agency {document}; the channel belongs to {channel}."));
    }
    if &user.agency != channel {
        return mismatch(format!(
            "The signer is registered for another agency than {channel}, to which the channel belongs."
        ));
    }
    match attested.certificate().bin() {
        Some(bin) if bin != channel => {
            mismatch(format!("The certificate names organisation {bin}; the channel belongs to {channel}."))
        }
        _ => Ok(()),
    }
}

/// A request by a registered user of the agency on the channel.
#[derive(Debug)]
pub struct Identified {
    attested: Attested,
    user: User,
    cases: Held,
    unclaimed: Option<Instant>,
}

impl Identified {
    #[must_use]
    pub fn attested(&self) -> &Attested {
        &self.attested
    }

    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The replica's cases with the number that the document cites, as they stood when the user was looked up.
    pub fn cases(&self) -> &Held {
        &self.cases
    }
}

/// The registration, as evidence.
#[derive(Serialize)]
struct UserEvidence<'a> {
    agency: &'a str,
    role: &'a str,
    grounds: &'a BTreeSet<Ground>,
    from: i64,
    until: Option<i64>,
}

impl Stage for Identified {
    fn about(&self) -> About {
        let mut about = self.attested.about();
        about.rated = true;
        about.unclaimed = self.unclaimed;
        let fact = UserEvidence {
            agency: self.user.agency.as_str(),
            role: &self.user.role,
            grounds: &self.user.grounds,
            from: self.user.from.0,
            until: self.user.until.map(|until| until.0),
        };
        about.facts.state("user", &fact);
        about
    }
}
