//! Facts outside all reason: refused, never a panic, never a grant that the law does not carry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use policy::*;
use proptest::prelude::*;
use situation::{NOW, decide, lawful};

/// Instants that break arithmetic, and some that do not.
fn instant() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(-1),
        Just(0),
        Just(NOW),
        Just(NOW - 86_400),
        Just(NOW + 1),
        any::<i64>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("officer-1".to_owned()),
        Just("case-1".to_owned()),
        Just("\"); permit(principal, action, resource);//".to_owned()),
        Just("\u{0}\u{202e}\n".to_owned()),
        Just("x".repeat(100_000)),
        any::<String>(),
    ]
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 0..4)
}

prop_compose! {
    fn case()(
        kind in one_of(CaseKind::ALL), status in one_of(CaseStatus::ALL), agency in text(), holders in texts(),
        as_of in instant(), max_age in instant(),
    ) -> CaseFacts {
        CaseFacts { kind, status, agency, holders, as_of, max_age }
    }
}

prop_compose! {
    fn sanction()(
        prosecutor_enrolled in any::<bool>(), rank in one_of(ProsecutorRank::ALL), case in text(), registries in texts(),
        subject in text(), from in instant(), until in instant(), revoked in any::<bool>(),
    ) -> SanctionFacts {
        SanctionFacts { prosecutor_enrolled, rank, case, registries, subject, from, until, revoked }
    }
}

prop_compose! {
    fn urgent()(
        decided_at in instant(), decided_by_head in any::<bool>(), prosecutor_notified in any::<bool>(),
        against_judge in any::<bool>(), threat in proptest::option::of(one_of(Threat::ALL)),
    ) -> UrgentFacts {
        UrgentFacts { decided_at, decided_by_head, prosecutor_notified, against_judge, threat }
    }
}

/// What is twisted in an otherwise lawful situation.
#[derive(Debug, Clone)]
enum Twist {
    Now(i64),
    Term(i64, i64),
    Pseudonym(String),
    Agencies(String, String, String, String),
    Roles(Vec<String>),
    Grounds(Vec<Ground>),
    Body(BodyKind),
    Ground(Ground),
    Case(Option<CaseFacts>),
    Registry(String, RegistryClass, RegistryState, i64, i64),
    Operation(String, bool, bool),
    Sanction(Option<SanctionFacts>),
    Urgent(Option<UrgentFacts>),
    Stopped(i64),
    NoAct,
    NoBasis,
    NoSubject,
}

fn twist() -> impl Strategy<Value = Twist> {
    prop_oneof![
        instant().prop_map(Twist::Now),
        (instant(), instant()).prop_map(|(from, until)| Twist::Term(from, until)),
        text().prop_map(Twist::Pseudonym),
        (text(), text(), text(), text()).prop_map(|(a, b, c, d)| Twist::Agencies(a, b, c, d)),
        texts().prop_map(Twist::Roles),
        proptest::collection::vec(one_of(Ground::ALL), 0..4).prop_map(Twist::Grounds),
        one_of(BodyKind::ALL).prop_map(Twist::Body),
        one_of(Ground::ALL).prop_map(Twist::Ground),
        proptest::option::of(case()).prop_map(Twist::Case),
        (text(), one_of(RegistryClass::ALL), one_of(RegistryState::ALL), instant(), instant())
            .prop_map(|(code, class, state, from, until)| Twist::Registry(code, class, state, from, until)),
        (text(), any::<bool>(), any::<bool>()).prop_map(|(code, a, b)| Twist::Operation(code, a, b)),
        proptest::option::of(sanction()).prop_map(Twist::Sanction),
        proptest::option::of(urgent()).prop_map(Twist::Urgent),
        instant().prop_map(Twist::Stopped),
        Just(Twist::NoAct),
        Just(Twist::NoBasis),
        Just(Twist::NoSubject),
    ]
}

fn apply(facts: &mut Facts, twist: Twist) {
    match twist {
        Twist::Now(now) => facts.now = now,
        Twist::Term(from, until) => (facts.user.term_from, facts.user.term_until) = (from, until),
        Twist::Pseudonym(pseudonym) => facts.user.pseudonym = pseudonym,
        Twist::Agencies(a, b, c, d) => {
            (facts.user.agency, facts.channel.agency, facts.document.agency, facts.body.bin) = (a, b, c, d);
        }
        Twist::Roles(roles) => facts.user.roles = roles,
        Twist::Grounds(grounds) => facts.user.grounds = grounds,
        Twist::Body(kind) => facts.body.kind = kind,
        Twist::Ground(ground) => facts.ground.ground = ground,
        Twist::Case(case) => facts.case = case,
        Twist::Registry(code, class, state, listed_from, listed_until) => {
            facts.registry = RegistryFacts { code, class, state, listed_from, listed_until };
        }
        Twist::Operation(code, private_life, pending_cases_only) => {
            facts.operation = OperationFacts { code, private_life, pending_cases_only };
        }
        Twist::Sanction(sanction) => facts.sanction = sanction,
        Twist::Urgent(urgent) => facts.urgent = urgent,
        Twist::Stopped(from) => facts.stopped = Some(ResolutionFacts { from }),
        Twist::NoAct => facts.ground.act = None,
        Twist::NoBasis => facts.ground.basis = None,
        Twist::NoSubject => facts.document.subject = None,
    }
}

/// What the law asks on every case ground, said once more in Rust, independently of rules and theorems.
fn carried_by_the_law(facts: &Facts) -> bool {
    let within = |from: i64, until: i64| from <= facts.now && facts.now < until;
    let user = &facts.user;
    let one_agency =
        [&facts.channel.agency, &facts.document.agency, &facts.body.bin].iter().all(|a| **a == user.agency);
    let case = match (facts.ground.ground.case_kind(), &facts.case) {
        (None, None) => true,
        (Some(kind), Some(case)) => {
            let own = case.agency == user.agency && case.holders.contains(&user.pseudonym);
            let ordered = case.agency == user.agency
                && facts.ground.ground == Ground::Covert
                && facts.ground.basis.is_some();
            let age = i128::from(facts.now) - i128::from(case.as_of);
            kind == case.kind
                && case.status == CaseStatus::Open
                && (own || ordered)
                && case.max_age <= CASE_WORD_LASTS
                && (0..=i128::from(case.max_age)).contains(&age)
        }
        _ => false,
    };
    user.registered
        && user.state == Standing::Active
        && within(user.term_from, user.term_until)
        && one_agency
        && !user.agency.is_empty()
        && case
        && user.grounds.contains(&facts.ground.ground)
        && facts.registry.state == RegistryState::Integrated
        && within(facts.registry.listed_from, facts.registry.listed_until)
        && facts.stopped.as_ref().is_none_or(|stop| facts.now < stop.from)
        && (!facts.ground.ground.needs_act() || facts.ground.act.is_some())
        && facts.ground.ground.is_court() == (facts.body.kind == BodyKind::Court)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_facts_a_decision_is_made_and_no_grant_is_without_the_law(
        ground in one_of(Ground::ALL), twists in proptest::collection::vec(twist(), 0..4),
    ) {
        let mut facts = lawful(ground);
        twists.into_iter().for_each(|twist| apply(&mut facts, twist));
        match decide(facts.clone()) {
            Ok(granted) => {
                prop_assert!(carried_by_the_law(&facts), "granted: {facts:?}");
                prop_assert!(!granted.fields().is_empty());
            }
            Err(refused) => {
                prop_assert!(refused.code().parse::<Code>().is_ok());
                prop_assert!(refused.detail().chars().count() < 2000, "{}", refused.detail());
                prop_assert!(!refused.detail().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn facts_survive_being_written_down_and_read_again(ground in one_of(Ground::ALL), twist in twist()) {
        let mut facts = lawful(ground);
        apply(&mut facts, twist);
        let kept = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Facts>(&kept).unwrap(), facts);
    }
}

#[test]
fn facts_with_a_missing_null_or_unknown_member_are_not_facts() {
    let facts = serde_json::to_value(lawful(Ground::CriminalCase)).unwrap();
    let read = |value: serde_json::Value| serde_json::from_value::<Facts>(value);
    read(facts.clone()).unwrap();
    for member in ["now", "user", "channel", "document", "body", "ground", "registry", "operation"] {
        let mut missing = facts.clone();
        missing.as_object_mut().unwrap().remove(member);
        assert!(read(missing).is_err(), "without {member}");
        let mut null = facts.clone();
        null[member] = serde_json::Value::Null;
        assert!(read(null).is_err(), "{member} null");
    }
    let mut unknown = facts;
    unknown["override"] = true.into();
    assert!(read(unknown).is_err());
}
