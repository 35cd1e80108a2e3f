//! OI 12(4), 12(7), 25(2)3): private life on the operational track.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use policy::*;
use situation::{DAY, NOW, decide, granted, lawful, refused, sanction, urgent};

fn private(ground: Ground) -> Facts {
    let mut facts = lawful(ground);
    facts.operation.private_life = true;
    facts
}

// OI 12(4)
/// What is changed, in words, and how.
type Change<T> = (&'static str, fn(&mut T));

#[test]
fn refuses_what_touches_private_life_without_a_sanction() {
    for ground in [Ground::Operational, Ground::Covert] {
        refused(private(ground), "sanction-missing", "OI 12(4)");
        granted(Facts { sanction: Some(sanction()), ..private(ground) });
        granted(lawful(ground));
    }
}

// OI 12(4)
#[test]
fn refuses_a_sanction_that_does_not_cover_the_request() {
    let changes: [Change<SanctionFacts>; 9] = [
        ("signer not enrolled", |sanction| sanction.prosecutor_enrolled = false),
        ("signer of too low a rank", |sanction| sanction.rank = ProsecutorRank::OtherProsecutor),
        ("another case", |sanction| sanction.case = "case-2".into()),
        ("another registry", |sanction| sanction.registries = vec!["vehicles".into()]),
        ("no registry", |sanction| sanction.registries.clear()),
        ("another subject", |sanction| sanction.subject = "subject-2".into()),
        ("not yet", |sanction| sanction.from = NOW + 1),
        ("no longer", |sanction| sanction.until = NOW),
        ("taken back", |sanction| sanction.revoked = true),
    ];
    for (what, change) in changes {
        let mut given = sanction();
        change(&mut given);
        let facts = Facts { sanction: Some(given), ..private(Ground::Operational) };
        assert_eq!(decide(facts).expect_err(what).code(), "sanction-missing", "{what}");
    }
}

// OI 12(7)
#[test]
fn an_urgent_decision_opens_for_a_day_and_the_grant_says_until_when() {
    let at = |decided_at| {
        let urgent = UrgentFacts { decided_at, ..urgent() };
        decide(Facts { urgent: Some(urgent), ..private(Ground::Operational) })
    };
    assert_eq!(at(NOW).unwrap().unsanctioned_until(), Some(NOW + DAY));
    assert_eq!(at(NOW - DAY + 1).unwrap().unsanctioned_until(), Some(NOW + 1));
    assert_eq!(at(NOW - DAY).unwrap_err().code(), "sanction-missing", "the second the day is over");
    assert_eq!(at(NOW + 1).unwrap_err().code(), "sanction-missing", "decided in the future");
    assert_eq!(at(i64::MIN).unwrap_err().code(), "sanction-missing");
}

// OI 12(7): a sanction that has arrived ends the urgency
#[test]
fn a_grant_under_a_sanction_is_not_flagged_as_unsanctioned() {
    let facts = Facts { sanction: Some(sanction()), urgent: Some(urgent()), ..private(Ground::Operational) };
    assert_eq!(decide(facts).unwrap().unsanctioned_until(), None);
}

// OI 12(4): only the sanction without which nothing would be let out is one that carries a grant
#[test]
fn a_sanction_carries_a_grant_only_where_the_law_asks_for_one_and_it_fits() {
    let with = |ground, sanction, urgent| {
        decide(Facts { sanction, urgent, ..private(ground) }).unwrap().sanctioning()
    };
    let own = SanctionFacts { prosecutor_enrolled: false, ..sanction() };
    assert_eq!(with(Ground::Covert, Some(sanction()), None), Sanctioning::Given);
    assert_eq!(with(Ground::Covert, Some(sanction()), Some(urgent())), Sanctioning::Given);
    let awaited = Sanctioning::Awaited { until: urgent().decided_at + DAY };
    assert_eq!(with(Ground::Covert, None, Some(urgent())), awaited);
    assert_eq!(with(Ground::Covert, Some(own.clone()), Some(urgent())), awaited);
    for sanction in [None, Some(own), Some(sanction())] {
        assert_eq!(with(Ground::CriminalCase, sanction, None), Sanctioning::NotAsked);
    }
}

// OI 12(7): at the end of time the deadline is no instant
#[test]
fn refuses_an_urgent_decision_whose_deadline_cannot_be_told() {
    let mut facts = Facts { urgent: Some(urgent()), ..private(Ground::Operational) };
    facts.now = i64::MAX - 1;
    facts.user.term_until = i64::MAX;
    facts.urgent.as_mut().unwrap().decided_at = i64::MAX - 10;
    assert_eq!(decide(facts).unwrap_err().rule(), "undecidable");
}

// OI 12(4)
#[test]
fn refuses_a_sanction_and_a_request_that_name_nothing() {
    for change in [
        (|facts: &mut Facts, blank: &mut SanctionFacts| {
            (facts.document.case, blank.case) = (Some(String::new()), String::new());
        }) as fn(&mut Facts, &mut SanctionFacts),
        |facts, blank| (facts.document.subject, blank.subject) = (Some(String::new()), String::new()),
    ] {
        let (mut facts, mut blank) = (private(Ground::Operational), sanction());
        change(&mut facts, &mut blank);
        facts.sanction = Some(blank);
        refused(facts, "sanction-missing", "OI 12(4)");
    }
}

// OI 12(7)
#[test]
fn refuses_an_urgent_decision_that_is_not_as_the_law_asks() {
    let changes: [Change<UrgentFacts>; 4] = [
        ("not by a head", |urgent| urgent.decided_by_head = false),
        ("prosecutor not told", |urgent| urgent.prosecutor_notified = false),
        ("against a judge", |urgent| urgent.against_judge = true),
        ("no grave crime and no criminal group", |urgent| urgent.threat = None),
    ];
    for (what, change) in changes {
        let mut given = urgent();
        change(&mut given);
        let facts = Facts { urgent: Some(given), ..private(Ground::Covert) };
        assert_eq!(decide(facts).expect_err(what).code(), "sanction-missing", "{what}");
    }
}

// OI 25(2)3)
#[test]
fn a_prosecutors_resolution_stops_every_ground_at_its_second() {
    for &ground in Ground::ALL {
        let with = |from| Facts { stopped: Some(ResolutionFacts { from }), ..lawful(ground) };
        refused(with(NOW), "case-not-open", "OI 25(2)3)");
        granted(with(NOW + 1));
    }
}

// OI 8(1)
#[test]
fn a_covert_action_in_anothers_case_needs_its_investigators_documented_order() {
    let mut facts = lawful(Ground::Covert);
    facts.case.as_mut().unwrap().holders = vec!["officer-2".into()];
    refused(facts.clone(), "case-not-in-production", "OI 8(1)");
    facts.ground.basis = Some(BasisFacts { basis: OperationalBasis::InvestigatorOrder, documented: false });
    refused(facts.clone(), "case-not-in-production", "OI 8(1)");
    facts.ground.basis = Some(BasisFacts { basis: OperationalBasis::InvestigatorOrder, documented: true });
    granted(facts);
}

// OI 8(1): what another agency's investigator ordered is not for this agency's officers to say
#[test]
fn no_order_opens_another_agencys_case_to_a_covert_action() {
    let mut facts = lawful(Ground::Covert);
    facts.ground.basis = Some(BasisFacts { basis: OperationalBasis::InvestigatorOrder, documented: true });
    facts.case.as_mut().unwrap().agency = "050540000002".into();
    refused(facts.clone(), "case-not-in-production", "OI 8(1)");
    facts.case.as_mut().unwrap().holders.clear();
    refused(facts, "case-not-in-production", "OI 8(1)");
}
