//! What is known when a decision is made. Facts only: every judgement about them is a rule.
//!
//! All instants are Unix seconds (UTC). `from` is the first second of a term, `until` the first second after it.
//! Persons appear as pseudonyms, never by name or number: facts are recorded with the decision and re-decided later.
//! Any value is allowed here, however absurd: deciding on it refuses and never panics.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::body::{BodyKind, ProsecutorRank, Standing};
use crate::ground::{CaseKind, CaseStatus, Ground, OperationalBasis, Threat};
use crate::registry::{RegistryClass, RegistryState};

/// A term without an end: pass it as `until`.
pub const NO_END: i64 = i64::MAX;

/// Everything a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The instant of the decision.
    pub now: i64,
    /// The person who signed the request.
    pub user: UserFacts,
    /// The connection the request came in on.
    pub channel: ChannelFacts,
    /// The signed request document.
    pub document: DocumentFacts,
    /// The body the person serves.
    pub body: BodyFacts,
    /// The ground the request cites.
    pub ground: GroundFacts,
    /// The cited case as its own registry knows it; `None`: no such case there, or the ground has none.
    pub case: Option<CaseFacts>,
    /// A prosecutor's resolution that stops the case, if there is one (OI 25(2)3)).
    pub stopped: Option<ResolutionFacts>,
    /// The registry that is asked.
    pub registry: RegistryFacts,
    /// What it is asked.
    pub operation: OperationFacts,
    /// A prosecutor's sanction that came with the request (OI 12(4)).
    pub sanction: Option<SanctionFacts>,
    /// A decision to go ahead before the sanction (OI 12(7)).
    pub urgent: Option<UrgentFacts>,
    /// The subject as a declared debtor (IAB 6(1)49)).
    pub debtor: Option<DebtorFacts>,
}

/// The signer as the register of users knows him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserFacts {
    /// Opaque pseudonym of the signer: stable within one deployment, not the IIN.
    pub pseudonym: String,
    /// Whether the register of users holds this person at all (SLS 16-2(1)).
    pub registered: bool,
    /// The person's standing.
    pub state: Standing,
    /// First second of the term of office.
    pub term_from: i64,
    /// First second after the term of office; [`NO_END`] without one.
    pub term_until: i64,
    /// BIN of the agency the person is registered for.
    pub agency: String,
    /// Roles the person holds, e.g. `investigator`.
    pub roles: Vec<String>,
    /// Grounds the person may cite.
    pub grounds: Vec<Ground>,
}

/// The agency system at the other end of the mutually authenticated channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelFacts {
    /// BIN of the agency the system is enrolled for.
    pub agency: String,
    /// Standing of the system.
    pub state: Standing,
}

/// What the signed document itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentFacts {
    /// BIN of the agency the document names.
    pub agency: String,
    /// Case number the document cites, if any. A pseudonym will do, as long as it is the one sanctions use.
    pub case: Option<String>,
    /// Whether the circumstances are stated, in the signed bytes and above the length floor (SLS 16-2(3)¶1).
    pub circumstances_stated: bool,
    /// Whether the purpose is stated (SLS 16-3(1)).
    pub purpose_stated: bool,
    /// Pseudonym of the person or thing asked about, if the operation has one.
    pub subject: Option<String>,
}

/// The body behind the agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyFacts {
    /// BIN.
    pub bin: String,
    /// What the body is in law.
    pub kind: BodyKind,
    /// Standing of the body.
    pub state: Standing,
}

/// The ground as cited, and what allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundFacts {
    /// The ground.
    pub ground: Ground,
    /// The joint act that admits this body to this ground, if one is on record.
    pub act: Option<Arc<ActFacts>>,
    /// The basis of the operational-search measure, with its document (OI 10).
    pub basis: Option<BasisFacts>,
}

/// A joint regulatory legal act (SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActFacts {
    /// Number of the act.
    pub number: String,
    /// Date of the act, `YYYY-MM-DD`, for the reader.
    pub date: String,
    /// First second the act is in force.
    pub from: i64,
    /// First second it no longer is.
    pub until: i64,
    /// Bodies it admits.
    pub bodies: Vec<BodyKind>,
    /// Grounds it admits them to.
    pub grounds: Vec<Ground>,
    /// Roles it lists (for financial monitoring: by ground, SLS 16-2(5)).
    pub roles: Vec<String>,
    /// Codes of the registries it opens.
    pub registries: Vec<String>,
}

/// The basis of an operational-search measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasisFacts {
    /// Which one of the closed list.
    pub basis: OperationalBasis,
    /// Whether the request names the document that embodies it.
    pub documented: bool,
}

/// A case, in its own registry's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// Kind.
    pub kind: CaseKind,
    /// Status.
    pub status: CaseStatus,
    /// BIN of the agency that has it in production.
    pub agency: String,
    /// Pseudonyms of the persons who have it in production; same pseudonyms as [`UserFacts::pseudonym`].
    pub holders: Vec<String>,
    /// The instant as of which the registry said so.
    pub as_of: i64,
    /// How old the registry's word may be, in seconds.
    pub max_age: i64,
}

/// A prosecutor's resolution that terminates measures in a case (OI 25(2)3)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionFacts {
    /// The instant from which it stops the case.
    pub from: i64,
}

/// The registry, as the list of integrated systems has it (SLS 16-1(1)¶2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryFacts {
    /// Code, e.g. `population`.
    pub code: String,
    /// What kind of register it is, where the law treats it apart.
    pub class: RegistryClass,
    /// Whether it may be asked now.
    pub state: RegistryState,
    /// First second at which the act that lists it is in force.
    pub listed_from: i64,
    /// First second at which it no longer is.
    pub listed_until: i64,
}

/// The operation asked of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationFacts {
    /// Code, e.g. `person-by-iin`.
    pub code: String,
    /// Whether the answer touches private life (OI 12(4)).
    pub private_life: bool,
    /// Whether the answer is confined to pending criminal cases against property (IAB 6(1)49)).
    pub pending_cases_only: bool,
}

/// A prosecutor's sanction, after its signature was verified (OI 12(4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SanctionFacts {
    /// Whether its signer is an enrolled prosecutor in office.
    pub prosecutor_enrolled: bool,
    /// The signer's rank.
    pub rank: ProsecutorRank,
    /// Case it names, spelt as in [`DocumentFacts::case`].
    pub case: String,
    /// Codes of the registries it names.
    pub registries: Vec<String>,
    /// Subject it names, spelt as in [`DocumentFacts::subject`].
    pub subject: String,
    /// First second of its term.
    pub from: i64,
    /// First second after its term.
    pub until: i64,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// A reasoned decision to act before the sanction (OI 12(7)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrgentFacts {
    /// The instant of the decision: the 24 hours run from here.
    pub decided_at: i64,
    /// Whether it was made by one of the heads of the body.
    pub decided_by_head: bool,
    /// Whether the prosecutor has been notified.
    pub prosecutor_notified: bool,
    /// Whether the subject is a judge: then only a sanction will do (OI 12(7)¶3).
    pub against_judge: bool,
    /// What the decision says is to be feared (OI 12(7)¶1). Facts recorded before it was asked for have none.
    #[serde(default)]
    pub threat: Option<Threat>,
}

/// The subject's standing as a debtor (IAB 6(1)49)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebtorFacts {
    /// The debtor, spelt as in [`DocumentFacts::subject`].
    pub subject: String,
    /// First second at which bankruptcy is declared or rehabilitation applied.
    pub from: i64,
    /// First second after the procedure; [`NO_END`] while it runs.
    pub until: i64,
}
