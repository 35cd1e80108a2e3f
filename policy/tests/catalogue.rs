//! The catalogue and the matrix say to people what the rules say to the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use std::sync::Arc;

use policy::*;
use situation::{Established, lawful};

/// A set whose matrix opens one operation to every kind of body on every ground: only the rules are left to refuse.
fn open_matrix() -> Policy {
    let entry = Entry {
        bodies: BodyKind::ALL.to_vec(),
        roles: vec!["anyone".into()],
        grounds: Ground::ALL.to_vec(),
        opens: vec![
            opening("population", "person-by-iin", "iin"),
            opening("pending-property-cases", "cases-by-debtor", "case_number"),
        ],
    };
    let matrix = serde_json::to_string(&[entry]).unwrap();
    let files = PolicyFiles::default_set().with_matrix(File::new("matrix.json", matrix));
    Policy::load(&files, ProofDemand::Required).unwrap()
}

fn opening(registry: &str, operation: &str, field: &str) -> Opening {
    Opening { registry: registry.into(), operation: operation.into(), fields: vec![field.into()] }
}

fn facts_of(ground: Ground, body: BodyKind, by_act: bool) -> Facts {
    let mut facts = lawful(ground);
    let (registry, operation, class) = match ground {
        Ground::Bankruptcy => ("pending-property-cases", "cases-by-debtor", RegistryClass::PendingCases),
        _ => ("population", "person-by-iin", RegistryClass::General),
    };
    facts.registry.code = registry.into();
    facts.registry.class = class;
    facts.operation.code = operation.into();
    facts.body.kind = body;
    facts.user.roles = vec!["anyone".into()];
    facts.ground.act = by_act.then(|| {
        Arc::new(ActFacts {
            number: "1".into(),
            date: "2024-01-01".into(),
            from: 0,
            until: NO_END,
            bodies: vec![body],
            grounds: vec![ground],
            roles: vec!["anyone".into()],
            registries: vec![registry.into()],
        })
    });
    facts
}

#[test]
fn the_catalogue_names_exactly_the_bodies_that_the_rules_admit() {
    let policy = open_matrix();
    let entries = grounds().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.ground).collect::<Vec<_>>(), Ground::ALL);
    for entry in &entries {
        for &body in BodyKind::ALL {
            let admitted = |by_act| policy.decide(Established(facts_of(entry.ground, body, by_act))).is_ok();
            let expected = (entry.bodies.contains(&body), entry.bodies_by_act.contains(&body));
            let found = (admitted(false), admitted(true) && !admitted(false));
            assert_eq!(found, expected, "{} for {body} (by law, only by act)", entry.ground);
        }
        assert_eq!(entry.act.is_some(), entry.ground.needs_act(), "{}", entry.ground);
    }
}

// SLS 12(3)
#[test]
fn the_catalogue_has_every_special_account_of_the_law() {
    let policy = Policy::default_set().unwrap();
    let clauses: Vec<&str> = policy.catalogue().registries().map(|entry| entry.clause.as_str()).collect();
    let numbers = (1..=18).map(|n| n.to_string());
    let more = ["6-2", "10-1", "11-1", "16-1", "16-2", "16-3"].map(str::to_owned);
    for number in numbers.chain(more) {
        let clause = format!("SLS 12(3){number})");
        assert_eq!(clauses.iter().filter(|found| **found == clause).count(), 1, "{clause}");
    }
    for number in [7, 18, 20, 21, 22, 23, 25, 49] {
        assert!(clauses.contains(&format!("IAB 6(1){number})").as_str()), "IAB 6(1){number})");
    }
}

#[test]
fn every_row_of_the_matrix_can_lead_to_a_record() {
    let policy = Policy::default_set().unwrap();
    let rows: Vec<Row> = policy.matrix().rows().cloned().collect();
    assert!(rows.len() > 500);
    for row in rows {
        let mut facts = lawful(row.ground);
        facts.body.kind = row.body;
        facts.user.roles = vec![row.role.clone()];
        facts.registry.code = row.registry.clone();
        facts.registry.class = policy.catalogue().registry(&row.registry).unwrap().class;
        facts.operation.code = row.operation.clone();
        if let Some(act) = facts.ground.act.as_mut().map(Arc::make_mut) {
            act.bodies = vec![row.body];
            act.registries = vec![row.registry.clone()];
            act.roles = vec![row.role.clone()];
        }
        facts.sanction =
            Some(SanctionFacts { registries: vec![row.registry.clone()], ..situation::sanction() });
        let granted =
            policy.decide(Established(facts)).unwrap_or_else(|(_, refused)| panic!("{row:?}: {refused}"));
        assert_eq!(granted.fields(), &*row.fields, "{row:?}");
    }
}

// PI 28(7): under whatever settings of the operator
#[test]
fn the_preventive_record_stays_the_preventive_record_when_it_is_registered_as_something_else() {
    let mut facts = lawful(Ground::Prevention);
    facts.registry.class = RegistryClass::General;
    facts.ground.ground = Ground::CriminalCase;
    let refused = situation::decide(facts).unwrap_err();
    assert!(refused.broken().iter().any(|reason| &*reason.rule == "preventive-record-for-prevention"));
}

#[test]
fn the_matrix_in_words_is_the_one_that_was_read_and_signed() {
    let policy = Policy::default_set().unwrap();
    let printed = policy.matrix().print(&grounds().unwrap(), policy.catalogue());
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden, &printed).unwrap();
    }
    let signed = std::fs::read_to_string(golden).unwrap();
    assert!(printed == signed, "the matrix changed: read it and run again with UPDATE_GOLDEN=1\n{printed}");
}

#[test]
fn a_matrix_that_says_what_the_catalogue_does_not_know_is_refused_with_the_entry_at_fault() {
    let catalogue = Policy::default_set().unwrap().catalogue().clone();
    let entry = |opens: Opening| {
        vec![Entry {
            bodies: vec![BodyKind::Court],
            roles: vec!["judge".into()],
            grounds: vec![Ground::CourtCivil],
            opens: vec![opens],
        }]
    };
    let error = |opens| Matrix::from_entries(&entry(opens), &catalogue).unwrap_err().to_string();
    assert_eq!(
        error(opening("populatoin", "person-by-iin", "iin")),
        "entry 1: the catalogue has no registry `populatoin`"
    );
    assert_eq!(
        error(opening("population", "people", "iin")),
        "entry 1: the catalogue has no operation `people`"
    );
    assert_eq!(
        error(opening("population", "person-by-iin", "secret")),
        "entry 1: the catalogue has no field `secret`"
    );
    let twice = [
        entry(opening("population", "person-by-iin", "iin")),
        entry(opening("population", "person-by-iin", "sex")),
    ];
    let error = Matrix::from_entries(&twice.concat(), &catalogue).unwrap_err().to_string();
    assert_eq!(error, "entry 2: court / judge / court-civil already has a row for population/person-by-iin");
}
