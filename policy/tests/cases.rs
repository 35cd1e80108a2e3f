//! SLS 16-2(3)–(4): the grounds that rest on a case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use std::sync::Arc;

use policy::*;
use situation::{AGENCY, DAY, NOW, decide, granted, lawful, refused};

#[test]
fn grants_every_ground_that_the_law_names_when_all_it_asks_is_there() {
    for &ground in Ground::ALL {
        let granted = decide(lawful(ground)).unwrap_or_else(|refused| panic!("{ground}: {refused}"));
        assert!(!granted.fields().is_empty(), "{ground}: a grant that releases nothing");
        assert_eq!(granted.reasons().len(), 1, "{ground}: {:?}", granted.reasons());
    }
}

// SLS 16-2(3)¶2
#[test]
fn refuses_a_case_the_registry_does_not_know() {
    let facts = Facts { case: None, ..lawful(Ground::CriminalCase) };
    refused(facts, "case-not-found", "SLS 16-2(3)¶2");
}

// SLS 16-2(3)¶2
#[test]
fn refuses_a_case_in_another_officers_production() {
    let mut facts = lawful(Ground::CriminalCase);
    facts.case.as_mut().unwrap().holders = vec!["officer-2".into()];
    refused(facts, "case-not-in-production", "SLS 16-2(3)¶2");
}

// SLS 16-2(3)¶2
#[test]
fn refuses_a_case_in_another_agencys_production() {
    let mut facts = lawful(Ground::CivilCase);
    facts.case.as_mut().unwrap().agency = "940740000011".into();
    let refused = refused(facts, "case-not-in-production", "SLS 16-2(3)¶2");
    // The signer's own agency, and not whose it is instead.
    assert!(!refused.detail().contains("940740000011") && refused.detail().contains(AGENCY), "{refused}");
}

// SLS 16-2(3)¶2
#[test]
fn refuses_a_case_of_another_kind_than_the_ground() {
    for &ground in Ground::ALL.iter().filter(|ground| ground.case_kind().is_some()) {
        for &kind in CaseKind::ALL.iter().filter(|kind| ground.case_kind() != Some(**kind)) {
            let mut facts = lawful(ground);
            facts.case.as_mut().unwrap().kind = kind;
            refused(facts, "case-kind-mismatch", "SLS 16-2(3)¶2");
        }
    }
}

// SLS 16-2(3)¶2
#[test]
fn refuses_a_case_that_is_not_open() {
    for status in [CaseStatus::Suspended, CaseStatus::Closed] {
        let mut facts = lawful(Ground::SearchCase);
        facts.case.as_mut().unwrap().status = status;
        let refused = refused(facts, "case-not-open", "SLS 16-2(3)¶2");
        assert!(refused.detail().contains(status.as_str()));
    }
}

// SLS 16-2(3)¶3
#[test]
fn refuses_what_the_case_registry_said_too_long_ago_or_says_from_the_future() {
    for (as_of, fresh) in [(NOW, true), (NOW - 60, true), (NOW - 61, false), (NOW + 1, false), (-1, false)] {
        let mut facts = lawful(Ground::EnforcementProceeding);
        facts.case.as_mut().unwrap().as_of = as_of;
        if fresh {
            granted(facts);
        } else {
            refused(facts, "case-unverifiable", "SLS 16-2(3)¶2");
        }
    }
}

// SLS 16-2(3)¶2: whatever a deployment sets
#[test]
fn refuses_a_word_that_may_be_older_than_a_day() {
    for (max_age, accepted) in [(CASE_WORD_LASTS, true), (CASE_WORD_LASTS + 1, false), (i64::MAX, false)] {
        let mut facts = lawful(Ground::CriminalCase);
        facts.case.as_mut().unwrap().max_age = max_age;
        if accepted {
            granted(facts);
        } else {
            refused(facts, "case-unverifiable", "SLS 16-2(3)¶2");
        }
    }
}

// SLS 16-2(3)¶1
#[test]
fn refuses_a_request_that_does_not_state_its_circumstances() {
    for &ground in Ground::ALL {
        let mut facts = lawful(ground);
        facts.document.circumstances_stated = false;
        refused(facts, "circumstances-missing", "SLS 16-2(3)¶1");
    }
}

// SLS 16-2(1)
#[test]
fn refuses_who_is_not_a_registered_user_in_office() {
    let change = |change: fn(&mut UserFacts)| {
        let mut facts = lawful(Ground::CriminalCase);
        change(&mut facts.user);
        facts
    };
    refused(change(|user| user.registered = false), "user-not-registered", "SLS 16-2(1)");
    refused(change(|user| user.state = Standing::Suspended), "user-suspended", "SLS 16-2(1)");
    refused(change(|user| user.term_from = NOW + 1), "user-suspended", "SLS 16-2(1)");
    refused(change(|user| user.term_until = NOW), "user-suspended", "SLS 16-2(1)");
    refused(change(|user| user.agency = "940740000011".into()), "agency-mismatch", "SLS 16-2(1)");
    // Four blanks agree, and bind nobody.
    let mut nobodys = lawful(Ground::Operational);
    for agency in [
        &mut nobodys.user.agency,
        &mut nobodys.channel.agency,
        &mut nobodys.document.agency,
        &mut nobodys.body.bin,
    ] {
        agency.clear();
    }
    refused(nobodys, "agency-mismatch", "SLS 16-2(1)");
}

// SLS 16-2(4)
#[test]
fn gives_courts_their_three_kinds_of_case_and_nobody_else_their_grounds() {
    let of_three_kinds = [Ground::CriminalCase, Ground::CivilCase, Ground::AdministrativeCase];
    for &ground in Ground::ALL.iter().filter(|ground| !of_three_kinds.contains(ground)) {
        let mut facts = lawful(ground);
        facts.body.kind = if ground.is_court() { BodyKind::InternalAffairs } else { BodyKind::Court };
        if let Some(act) = facts.ground.act.as_mut().map(Arc::make_mut) {
            act.bodies = vec![facts.body.kind];
        }
        let refused = decide(facts).expect_err("courts and their grounds belong together");
        assert_eq!(refused.code(), "ground-not-permitted", "{ground}");
        assert!(refused.broken().iter().any(|reason| &*reason.clause == "SLS 16-2(4)"), "{ground}");
    }
}

// SLS 16-1(1)¶2
#[test]
fn refuses_a_registry_that_is_off_the_list() {
    let change = |change: fn(&mut RegistryFacts)| {
        let mut facts = lawful(Ground::CriminalCase);
        change(&mut facts.registry);
        facts
    };
    let clause = "SLS 16-1(1)¶2";
    refused(change(|registry| registry.state = RegistryState::Suspended), "registry-not-listed", clause);
    refused(change(|registry| registry.state = RegistryState::Unlisted), "registry-not-listed", clause);
    refused(change(|registry| registry.listed_until = NOW), "registry-not-listed", clause);
    refused(change(|registry| registry.listed_from = NOW + DAY), "registry-not-listed", clause);
}

#[test]
fn names_the_first_question_of_the_law_that_was_answered_no() {
    let mut facts = lawful(Ground::CriminalCase);
    facts.registry.state = RegistryState::Suspended;
    facts.user.grounds.clear();
    facts.case.as_mut().unwrap().status = CaseStatus::Closed;
    refused(facts.clone(), "case-not-open", "SLS 16-2(3)¶2");
    facts.case.as_mut().unwrap().status = CaseStatus::Open;
    refused(facts.clone(), "ground-not-permitted", "SLS 16-3(4)");
    facts.user.grounds = vec![Ground::CriminalCase];
    refused(facts.clone(), "registry-not-listed", "SLS 16-1(1)¶2");
    facts.user.registered = false;
    let refused = refused(facts, "user-not-registered", "SLS 16-2(1)");
    assert_eq!(refused.broken().len(), 2, "every broken rule is kept for the evidence");
}
