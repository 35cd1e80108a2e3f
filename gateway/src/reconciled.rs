//! What a decision is made about: the request, the signer, the case as its registry knows it, the registry as listed.

use std::sync::Arc;

use policy::{
    BodyFacts, CaseFacts, ChannelFacts, Considered, DocumentFacts, Facts, GroundFacts, NO_END,
    OperationFacts, RegistryClass, RegistryFacts, RegistryState, Standing, UserFacts,
};

use crate::cases::fact::CaseFact;
use crate::catalogue::{Catalogue, ListingState, OperationClass, Registry};
use crate::clock::Millis;
use crate::commitment::Commitments;
use crate::declined::{About, Stage};
use crate::document::Document;
use crate::enrolment::State;
use crate::refusal::{Code, Refusal};
use crate::registries::question::Question;
use crate::support::{Support, basis_facts};
use crate::users::Identified;

/// What the catalogue says of the registry and operation a document names.
#[derive(Debug)]
pub struct Entitlement {
    registry: Option<Arc<Registry>>,
    question: Option<Result<Question, Refusal>>,
}

impl Entitlement {
    /// Looks the document's registry up. Not finding it is a fact to decide on, not an error.
    #[must_use]
    pub fn look_up(catalogue: &Catalogue, document: &Document) -> Self {
        let registry = catalogue.registry(&document.registry).cloned();
        let question = registry.as_ref().map(|registry| {
            let (parameters, ground) = (document.parameters.clone(), document.basis.ground);
            Question::new(registry, &document.operation, parameters, ground)
        });
        Self { registry, question }
    }

    /// Whom or what the question is about, if that is known. Personal data.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.question.as_ref()?.as_ref().ok()?.subject()
    }
}

/// A request reconciled with the databases (SLS 16-2(3)¶2).
#[derive(Debug)]
pub struct Reconciled {
    identified: Identified,
    case: Option<CaseFact>,
    entitlement: Entitlement,
    support: Box<Support>,
    facts: Box<Facts>,
    material: [u8; 32],
}

impl Reconciled {
    pub(crate) fn new(
        identified: Identified,
        case: Option<CaseFact>,
        entitlement: Entitlement,
        support: Support,
        can_notify: bool,
        commitments: &Commitments,
    ) -> Self {
        let mut facts = facts(&identified, case.as_ref(), &entitlement, &support, commitments);
        facts.urgent = support.urgent(can_notify);
        let (kind, number) = identified.attested().document().material();
        let material = commitments.case(kind, number);
        let (support, facts) = (Box::new(support), Box::new(facts));
        Self { identified, case, entitlement, support, facts, material }
    }

    #[must_use]
    pub fn identified(&self) -> &Identified {
        &self.identified
    }

    #[must_use]
    pub fn document(&self) -> &Document {
        self.identified.attested().document()
    }

    #[must_use]
    pub fn case(&self) -> Option<&CaseFact> {
        self.case.as_ref()
    }

    /// The question as the registry will be asked it.
    ///
    /// # Errors
    /// `operation-not-permitted`, `parameters-invalid`; `registry-not-listed` where the policy did not say so first.
    pub fn question(&self) -> Result<&Question, Refusal> {
        match &self.entitlement.question {
            Some(Ok(question)) => Ok(question),
            Some(Err(refusal)) => Err(refusal.clone()),
            None => Err(Refusal::new(Code::RegistryNotListed, "The registry is not on the list.")),
        }
    }

    /// What stands behind the request besides the case.
    #[must_use]
    pub fn support(&self) -> &Support {
        &self.support
    }

    /// Stands for the case or other material, for resolutions that end it.
    #[must_use]
    pub fn material(&self) -> &[u8; 32] {
        &self.material
    }

    /// The instant everything is judged by.
    #[must_use]
    pub fn arrived(&self) -> Millis {
        self.identified.attested().channel().arrived
    }
}

impl Considered for Reconciled {
    fn facts(&self) -> Box<Facts> {
        self.facts.clone()
    }
}

impl Stage for Reconciled {
    fn about(&self) -> About {
        let mut about = self.identified.about();
        about.facts.state("decided-on", &self.facts);
        if let Some(case) = &self.case {
            about.facts.state("case-registry", &case.evidence());
            about.papers.extend(case.paper());
        }
        self.support.tell(&mut about);
        about
    }
}

const fn standing(state: State) -> Standing {
    match state {
        State::Active => Standing::Active,
        State::Suspended => Standing::Suspended,
    }
}

/// Persons appear in facts as pseudonyms: facts are kept, compared and re-decided by people who need no names.
fn pseudonym(commitments: &Commitments, iin: &certs::Iin) -> String {
    hex::encode(commitments.signer(iin))
}

fn facts(
    identified: &Identified,
    case: Option<&CaseFact>,
    entitlement: &Entitlement,
    support: &Support,
    commitments: &Commitments,
) -> Facts {
    let attested = identified.attested();
    let (channel, document, user) = (attested.channel(), attested.document(), identified.user());
    Facts {
        now: channel.arrived.seconds(),
        user: UserFacts {
            pseudonym: pseudonym(commitments, attested.signer()),
            registered: true,
            state: standing(user.state),
            term_from: user.from.seconds(),
            term_until: user.until.map_or(NO_END, Millis::seconds),
            agency: user.agency.as_str().to_owned(),
            roles: vec![user.role.clone()],
            grounds: user.grounds.iter().copied().collect(),
        },
        channel: ChannelFacts {
            agency: channel.agency.bin.as_str().to_owned(),
            state: standing(channel.system.state),
        },
        document: DocumentFacts {
            agency: document.agency.as_str().to_owned(),
            case: Some(document.basis.case.as_str().to_owned()),
            circumstances_stated: true,
            purpose_stated: !document.purpose.trim().is_empty(),
            subject: entitlement.subject().map(|subject| pseudonym_of(commitments, subject)),
        },
        body: BodyFacts {
            bin: channel.agency.bin.as_str().to_owned(),
            kind: channel.agency.kind,
            state: standing(channel.agency.state),
        },
        ground: GroundFacts {
            ground: document.basis.ground,
            act: support.act(),
            basis: basis_facts(document),
        },
        case: case.map(|fact| case_facts(fact, channel.arrived, commitments)),
        stopped: support.stopped(),
        registry: registry_facts(document, entitlement),
        operation: operation_facts(document, entitlement),
        sanction: support.sanction(|subject| pseudonym_of(commitments, subject)),
        urgent: None,
        debtor: support.debtor(|number| pseudonym_of(commitments, number)),
    }
}

/// A registry that was asked, or reported, after the request arrived speaks for now: what it says is not from the future. Its own
/// instant stands in the evidence; how far its clock may run ahead was checked where its word was taken.
fn case_facts(fact: &CaseFact, arrived: Millis, commitments: &Commitments) -> CaseFacts {
    CaseFacts {
        kind: fact.state.kind,
        status: fact.state.status,
        agency: fact.state.agency.as_str().to_owned(),
        holders: fact.state.holders.iter().map(|iin| pseudonym(commitments, iin)).collect(),
        as_of: fact.as_of.min(arrived).seconds(),
        max_age: i64::from(fact.max_age),
    }
}

/// The person or thing asked about, as a pseudonym; sanctions and debtors name the same one.
fn pseudonym_of(commitments: &Commitments, subject: &str) -> String {
    hex::encode(commitments.subject(subject.as_bytes()))
}

fn registry_facts(document: &Document, entitlement: &Entitlement) -> RegistryFacts {
    let code = document.registry.clone();
    let Some(registry) = &entitlement.registry else {
        let (state, class) = (RegistryState::Unlisted, RegistryClass::General);
        return RegistryFacts { code, class, state, listed_from: 0, listed_until: 0 };
    };
    let listing = registry.listing();
    let state = match listing.state {
        ListingState::Integrated => RegistryState::Integrated,
        ListingState::Suspended => RegistryState::Suspended,
    };
    RegistryFacts {
        code,
        class: listing.class,
        state,
        listed_from: listing.act.from_seconds(),
        listed_until: listing.act.until_seconds().unwrap_or(NO_END),
    }
}

fn operation_facts(document: &Document, entitlement: &Entitlement) -> OperationFacts {
    let registry = entitlement.registry.as_ref();
    let operation = registry.and_then(|registry| registry.operation(&document.operation));
    let listing = operation.map(|operation| operation.listing());
    OperationFacts {
        code: document.operation.clone(),
        private_life: listing.is_some_and(|listing| listing.class == OperationClass::PrivateLife),
        pending_cases_only: listing.is_some_and(|listing| listing.pending_cases_only),
    }
}
