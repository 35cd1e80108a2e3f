//! What stands behind a request besides its case: a joint act, the basis of a measure, a sanction, an urgent decision, a declared
//! debtor; and the resolution that ends it all.
//!
//! Facts only. Whether they suffice is for the rules to say (`policy/policies/`).

use std::sync::Arc;

use evidence::statement::Role;
use policy::{
    ActFacts, BasisFacts, DebtorFacts, Ground, NO_END, ProsecutorRank, ResolutionFacts, SanctionFacts,
    UrgentFacts,
};

use crate::acts::{Acts, Debtor, Sought};
use crate::attached::{Attached, NotAccepted};
use crate::clock::Millis;
use crate::commitment::Commitments;
use crate::declined::About;
use crate::document::Document;
use crate::prosecutor::{Sanction, UrgentDecision, is_head, rank};
use crate::resolutions::Resolutions;
use crate::store::{Store, StoreError};
use crate::trust::Trust;
use crate::urgent::ClockOf;
use crate::users::Identified;

/// What was found.
#[derive(Debug)]
pub struct Support {
    /// The joint act that admits the body to the ground, if one is on record.
    act: Option<Arc<ActFacts>>,
    /// The subject as a declared debtor (IAB 6(1)49)).
    debtor: Option<Debtor>,
    sanction: Option<Result<Sanctioned, NotAccepted>>,
    urgent: Option<Result<Urgent, NotAccepted>>,
    stopped: Option<Millis>,
    clock: Option<ClockOf>,
}

/// A sanction with a good signature, and what is known of its signer.
#[derive(Debug)]
struct Sanctioned {
    attached: Attached<Sanction>,
    rank: Option<ProsecutorRank>,
    taken_back: bool,
}

/// An urgent decision with a good signature, and since when its clock runs.
#[derive(Debug)]
struct Urgent {
    attached: Attached<UrgentDecision>,
    by_head: bool,
    /// The instant of the decision, or of an earlier one on the same case and subject.
    since: Millis,
}

/// Where it is looked for.
#[derive(Debug)]
pub struct Supports {
    pub store: Arc<dyn Store>,
    pub acts: Arc<Acts>,
    pub trust: Arc<Trust>,
    pub resolutions: Arc<Resolutions>,
    pub commitments: Arc<Commitments>,
    /// Whether a prosecutor can be told at once (OI 12(7)).
    pub can_notify: bool,
}

impl Supports {
    /// Gathers what stands behind a request about `subject`.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn gather(
        &self,
        identified: &Identified,
        subject: Option<&str>,
    ) -> Result<Support, StoreError> {
        let (channel, document) = (identified.attested().channel(), identified.attested().document());
        let (ground, now) = (document.basis.ground, channel.arrived);
        let act = self.acts.find(&Sought {
            body: channel.agency.kind,
            ground,
            registry: &document.registry,
            role: &identified.user().role,
            now,
        });
        let debtor = match (ground, subject) {
            (Ground::Bankruptcy, Some(subject)) => self.store.debtor(subject).await?,
            _ => None,
        };
        let (kind, number) = document.material();
        let case = self.commitments.case(kind, number);
        let clock = subject.map(|subject| {
            let subject = self.commitments.subject(subject.as_bytes());
            ClockOf { case, subject }
        });
        let sanction = match &document.basis.sanction {
            Some(text) => Some(self.sanction(text, now).await?),
            None => None,
        };
        let urgent = match &document.basis.urgent {
            Some(text) => Some(self.urgent(text, identified, subject, clock.as_ref()).await?),
            None => None,
        };
        Ok(Support { act, debtor, sanction, urgent, stopped: self.resolutions.stopped(&case), clock })
    }

    async fn sanction(&self, text: &str, now: Millis) -> Result<Result<Sanctioned, NotAccepted>, StoreError> {
        let attached = match Attached::in_text(&self.trust, text, now, Sanction::parse).await {
            Ok(attached) => attached,
            Err(why) => return Ok(Err(why)),
        };
        let user = self.store.user(attached.signer()).await?;
        let office = match &user {
            Some(user) => self.store.agency(&user.agency).await?.map(|(agency, _)| agency),
            None => None,
        };
        let rank = rank(user.as_ref(), office.as_ref(), now);
        let taken_back = self.resolutions.taken_back(&attached.digest());
        Ok(Ok(Sanctioned { attached, rank, taken_back }))
    }

    async fn urgent(
        &self,
        text: &str,
        identified: &Identified,
        subject: Option<&str>,
        clock: Option<&ClockOf>,
    ) -> Result<Result<Urgent, NotAccepted>, StoreError> {
        let (channel, document) = (identified.attested().channel(), identified.attested().document());
        let attached = Attached::in_text(&self.trust, text, channel.arrived, UrgentDecision::parse);
        let attached = match attached.await {
            Ok(attached) => attached,
            Err(why) => return Ok(Err(why)),
        };
        if !attached.document().covers(&document.basis.case, &document.registry, subject) {
            let why = "the urgent decision is about another case, registry or subject";
            return Ok(Err(NotAccepted(why.to_owned())));
        }
        let decided = attached.document().decided;
        let officials = self.store.agency(&channel.agency.bin).await?.map(|(_, officials)| officials);
        let by_head = is_head(&officials.unwrap_or_default(), attached.signer(), decided);
        // A second decision does not begin the clock anew.
        let begun = match clock {
            Some(clock) => self.store.running(clock).await?.map(|running| running.decided),
            None => None,
        };
        let since = begun.map_or(decided, |begun| begun.min(decided));
        Ok(Ok(Urgent { attached, by_head, since }))
    }
}

impl Support {
    pub(crate) fn act(&self) -> Option<Arc<ActFacts>> {
        self.act.clone()
    }

    pub(crate) fn stopped(&self) -> Option<ResolutionFacts> {
        self.stopped.map(|since| ResolutionFacts { from: since.seconds() })
    }

    /// Names the clock of this case and subject.
    pub(crate) const fn clock(&self) -> Option<&ClockOf> {
        self.clock.as_ref()
    }

    /// Since when an urgent measure runs.
    pub(crate) fn urgent_since(&self) -> Option<Millis> {
        Some(self.urgent.as_ref()?.as_ref().ok()?.since)
    }

    /// The debtor as the rules see him: under the pseudonym the subject of the request has.
    pub(crate) fn debtor(&self, pseudonym: impl Fn(&str) -> String) -> Option<DebtorFacts> {
        self.debtor.as_ref().map(|debtor| DebtorFacts {
            subject: pseudonym(&debtor.number),
            from: debtor.from.seconds(),
            until: debtor.until.map_or(NO_END, Millis::seconds),
        })
    }

    pub(crate) fn sanction(&self, pseudonym: impl Fn(&str) -> String) -> Option<SanctionFacts> {
        let Sanctioned { attached, rank, taken_back } = self.sanction.as_ref()?.as_ref().ok()?;
        let sanction = attached.document();
        Some(SanctionFacts {
            prosecutor_enrolled: rank.is_some(),
            rank: rank.unwrap_or(ProsecutorRank::OtherProsecutor),
            case: sanction.case.as_str().to_owned(),
            registries: sanction.registries.clone(),
            subject: pseudonym(&sanction.subject),
            from: sanction.from.seconds(),
            until: sanction.until.seconds(),
            revoked: *taken_back,
        })
    }

    pub(crate) fn urgent(&self, can_notify: bool) -> Option<UrgentFacts> {
        let Urgent { attached, by_head, since } = self.urgent.as_ref()?.as_ref().ok()?;
        Some(UrgentFacts {
            decided_at: since.seconds(),
            decided_by_head: *by_head,
            prosecutor_notified: can_notify,
            against_judge: attached.document().against_judge,
            threat: attached.document().threat,
        })
    }

    /// Why a sanction or an urgent decision that was sent does not count, if its signature or form is the reason.
    #[must_use]
    pub fn not_accepted(&self) -> Option<String> {
        let sanction = self.sanction.as_ref().and_then(|given| given.as_ref().err());
        let urgent = self.urgent.as_ref().and_then(|given| given.as_ref().err());
        let told = [("sanction", sanction), ("urgent decision", urgent)];
        let told =
            told.into_iter().filter_map(|(what, why)| Some(format!("the {what} was not accepted: {}", why?)));
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Puts the signed documents into the evidence.
    pub(crate) fn tell(&self, about: &mut About) {
        if let Some(Ok(given)) = &self.sanction {
            about.facts.state("sanction", &given.attached.evidence());
            about.papers.extend(given.attached.papers(Role::Sanction));
        }
        if let Some(Ok(given)) = &self.urgent {
            about.facts.state("urgent-decision", &given.attached.evidence());
            about.papers.extend(given.attached.papers(Role::Other));
        }
        if let Some(why) = self.not_accepted() {
            about.facts.state("not-accepted", &why);
        }
    }
}

/// The basis of a measure as the request cites it (OI 10).
#[must_use]
pub(crate) fn basis_facts(document: &Document) -> Option<BasisFacts> {
    let measure = document.basis.measure.as_ref()?;
    Some(BasisFacts { basis: measure.basis, documented: !measure.document.trim().is_empty() })
}
