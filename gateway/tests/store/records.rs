//! Invented records.

use certs::{Bin, Iin};
use gateway::clock::Millis;
use gateway::enrolment::{
    Agency, ConsoleRole, Duty, Fingerprint, Holder, Official, State, System, SystemRole, User,
};
use gateway::entry::{Batch, Claim, Head, Kind, StoredEntry};
use gateway::replica::{CaseSource, CaseState, SourceMode};
use gateway::store::{AgencyBook, Sealing};
use policy::{BodyKind, CaseKind, CaseStatus, Ground};
use uuid::Uuid;

pub(crate) fn bin(number: u64) -> Bin {
    Bin::parse_unchecked_digit(&format!("9407400{number:05}")).unwrap()
}

pub(crate) fn iin(number: u64) -> Iin {
    Iin::parse_unchecked_digit(&format!("9001013{number:05}")).unwrap()
}

pub(crate) fn agency(number: u64) -> Agency {
    Agency {
        bin: bin(number),
        code: format!("agency-{number}"),
        name: format!("Агенттік «{number}»"),
        kind: BodyKind::InternalAffairs,
        state: State::Active,
    }
}

pub(crate) fn system(agency: u64, seed: u8, role: SystemRole) -> System {
    System {
        certificate: Fingerprint([seed; 32]),
        agency: bin(agency),
        name: format!("system {seed}"),
        role,
        state: State::Active,
    }
}

pub(crate) fn official(agency: u64, person: u64, duty: Duty) -> Official {
    Official {
        agency: bin(agency),
        iin: iin(person),
        name: "Айгүл".to_owned(),
        duty,
        from: Millis(1_000),
        until: None,
    }
}

/// Two agencies, four systems of every role, three officials.
pub(crate) fn book() -> AgencyBook {
    AgencyBook {
        agencies: vec![agency(1), agency(2)],
        systems: vec![
            system(1, 1, SystemRole::Exchange),
            system(1, 2, SystemRole::CaseFeed { source: "criminal-cases".to_owned() }),
            system(2, 3, SystemRole::Console(ConsoleRole::Prosecutor)),
            system(2, 4, SystemRole::Exchange),
        ],
        officials: vec![
            official(1, 1, Duty::Head),
            official(1, 2, Duty::Responsible),
            Official { until: Some(Millis(2_000)), ..official(2, 3, Duty::Head) },
        ],
        holders: vec![Holder { certificate: Fingerprint([3; 32]), iin: iin(9) }],
    }
}

pub(crate) fn user(person: u64, agency: u64) -> User {
    User {
        iin: iin(person),
        agency: bin(agency),
        name: "Ерлан 'O' \"Q\" \\ Ә".to_owned(),
        role: "investigator".to_owned(),
        grounds: [Ground::CriminalCase, Ground::SearchCase].into(),
        state: State::Active,
        from: Millis(-5),
        until: Some(Millis(9_007_199_254_740_993)),
    }
}

pub(crate) fn source(code: &str) -> CaseSource {
    CaseSource {
        code: code.to_owned(),
        kinds: vec![CaseKind::Criminal, CaseKind::Search],
        mode: SourceMode::Replica,
        max_age: 300,
        as_of: None,
    }
}

pub(crate) fn case(number: &str, version: i64) -> CaseState {
    CaseState {
        kind: CaseKind::Criminal,
        number: number.to_owned(),
        status: CaseStatus::Open,
        agency: bin(1),
        holders: vec![iin(1), iin(2)],
        version,
    }
}

pub(crate) fn claim(signer: u8, request: u128) -> Claim {
    Claim { signer: [signer; 32], request: Uuid::from_u128(request), unclaimed: None }
}

pub(crate) fn entry(index: u64, kind: Kind) -> StoredEntry {
    StoredEntry {
        index,
        kind,
        at: Millis(1_000),
        request: Some(Uuid::from_u128(7)),
        agency: Some(bin(1)),
        code: None,
        grant: None,
        leaf: vec![1, 2, 3],
        content: vec![0, 255, 0],
        case_ref: Some([9; 32]),
    }
}

pub(crate) fn outcome_of(grant: u64, index: u64, kind: Kind) -> StoredEntry {
    StoredEntry { grant: Some(grant), ..entry(index, kind) }
}

pub(crate) fn head(size: u64) -> Head {
    let byte = u8::try_from(size % 251).unwrap();
    Head { size, root: [byte; 32], checkpoint: format!("origin\n{size}\nroot\n\n— note —\n") }
}

/// Two nodes an entry; real trees have fewer.
pub(crate) fn batch(before: u64, entries: Vec<StoredEntry>) -> Batch {
    let size = before + u64::try_from(entries.len()).unwrap();
    let nodes = (before * 2..size * 2).map(|index| (index, node(index))).collect();
    let entries = entries.into_iter().map(std::sync::Arc::new).collect();
    Batch { before, entries, nodes, head: head(size), effects: Vec::new() }
}

pub(crate) fn node(index: u64) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&index.to_be_bytes());
    hash
}

pub(crate) fn sealed(batch: Batch) -> Sealing {
    Box::new(move |_| Ok(batch.clone()))
}
