//! Lawful situations: for every ground, one in which the law lets the record out. Proofs start from them to show that something is
//! possible or that a rule matters; tests start from them to show what happens when one thing is otherwise.

use std::sync::Arc;

use crate::body::{BodyKind, ProsecutorRank, Standing};
use crate::facts::{
    ActFacts, BasisFacts, BodyFacts, CaseFacts, ChannelFacts, DebtorFacts, DocumentFacts, Facts, GroundFacts,
    NO_END, OperationFacts, RegistryFacts, SanctionFacts, UrgentFacts, UserFacts,
};
use crate::ground::{CaseStatus, Ground, OperationalBasis, Threat};
use crate::registry::{RegistryClass, RegistryState};

/// 22 November 2026, 10:15 UTC.
pub const NOW: i64 = 1_795_342_500;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The agency of every situation.
pub const AGENCY: &str = "940740000003";

/// The body that works on a ground, its role, the registry it asks and the operation.
fn setting(ground: Ground) -> (BodyKind, &'static str, &'static str, &'static str) {
    match ground {
        Ground::CourtCriminal | Ground::CourtCivil | Ground::CourtAdministrative => {
            (BodyKind::Court, "judge", "population", "person-by-iin")
        }
        Ground::Operational | Ground::Covert => {
            (BodyKind::InternalAffairs, "operative", "population", "person-by-iin")
        }
        Ground::FinancialMonitoring => {
            (BodyKind::FinancialMonitoring, "analyst", "laundering-offenders", "person-by-iin")
        }
        Ground::Bankruptcy => {
            (BodyKind::Bankruptcy, "insolvency-officer", "pending-property-cases", "cases-by-debtor")
        }
        Ground::Migration => (BodyKind::Migration, "migration-officer", "entry-exit", "crossings-by-person"),
        Ground::Prevention => {
            (BodyKind::InternalAffairs, "prevention-inspector", "preventive-record", "person-by-iin")
        }
        _ => (BodyKind::InternalAffairs, "investigator", "population", "person-by-iin"),
    }
}

fn class(registry: &str) -> RegistryClass {
    match registry {
        "pending-property-cases" => RegistryClass::PendingCases,
        "entry-exit" => RegistryClass::EntryExit,
        "preventive-record" => RegistryClass::PreventiveRecord,
        _ => RegistryClass::General,
    }
}

/// A situation in which a request on `ground` is lawful in every respect.
#[must_use]
pub fn lawful(ground: Ground) -> Facts {
    let (kind, role, registry, operation) = setting(ground);
    let subject = "subject-1".to_owned();
    Facts {
        now: NOW,
        user: UserFacts {
            pseudonym: "officer-1".into(),
            registered: true,
            state: Standing::Active,
            term_from: NOW - 100 * DAY,
            term_until: NO_END,
            agency: AGENCY.into(),
            roles: vec![role.into()],
            grounds: vec![ground],
        },
        channel: ChannelFacts { agency: AGENCY.into(), state: Standing::Active },
        document: DocumentFacts {
            agency: AGENCY.into(),
            case: Some("case-1".into()),
            circumstances_stated: true,
            purpose_stated: true,
            subject: Some(subject.clone()),
        },
        body: BodyFacts { bin: AGENCY.into(), kind, state: Standing::Active },
        ground: GroundFacts {
            ground,
            act: ground.needs_act().then(|| Arc::new(act(role, registry))),
            basis: (ground == Ground::Operational)
                .then_some(BasisFacts { basis: OperationalBasis::OffenceInformation, documented: true }),
        },
        case: ground.case_kind().map(|kind| CaseFacts {
            kind,
            status: CaseStatus::Open,
            agency: AGENCY.into(),
            holders: vec!["officer-1".into()],
            as_of: NOW - 5,
            max_age: 60,
        }),
        stopped: None,
        registry: RegistryFacts {
            code: registry.into(),
            class: class(registry),
            state: RegistryState::Integrated,
            listed_from: NOW - 1000 * DAY,
            listed_until: NO_END,
        },
        operation: OperationFacts {
            code: operation.into(),
            private_life: false,
            pending_cases_only: ground == Ground::Bankruptcy,
        },
        sanction: None,
        urgent: None,
        debtor: (ground == Ground::Bankruptcy).then_some(DebtorFacts {
            subject,
            from: NOW - 30 * DAY,
            until: NO_END,
        }),
    }
}

/// An act that admits everybody, so that what refuses is the law and not the act.
fn act(role: &str, registry: &str) -> ActFacts {
    ActFacts {
        number: "17".into(),
        date: "2024-03-01".into(),
        from: NOW - 500 * DAY,
        until: NO_END,
        bodies: BodyKind::ALL.to_vec(),
        grounds: Ground::ALL.to_vec(),
        roles: vec![role.into()],
        registries: vec![registry.into()],
    }
}

/// A sanction that covers the lawful situations.
#[must_use]
pub fn sanction() -> SanctionFacts {
    SanctionFacts {
        prosecutor_enrolled: true,
        rank: ProsecutorRank::RegionalProsecutor,
        case: "case-1".into(),
        registries: vec!["population".into()],
        subject: "subject-1".into(),
        from: NOW - DAY,
        until: NOW + DAY,
        revoked: false,
    }
}

/// An urgent decision of an hour ago.
#[must_use]
pub fn urgent() -> UrgentFacts {
    UrgentFacts {
        decided_at: NOW - 3600,
        decided_by_head: true,
        prosecutor_notified: true,
        against_judge: false,
        threat: Some(Threat::GraveCrime),
    }
}
