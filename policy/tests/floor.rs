//! Whoever writes a set, and whoever writes its record of proof: what the law forbids stays forbidden.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use policy::*;
use situation::{DAY, Established, NOW, lawful};

const BLANKET: &str = "@id(\"blanket\") @clause(\"none\")\npermit (principal, action, resource);";

/// A record of proof as somebody would write it by hand: it claims of a set whatever is asked.
fn forged(files: PolicyFiles) -> PolicyFiles {
    let mut holds: Vec<String> =
        theorems().unwrap().iter().map(|theorem| theorem.name().to_owned()).collect();
    for file in files.rules() {
        for id in file.text().split("@id(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            holds.extend([format!("never-errs:{id}"), format!("matters:{id}")]);
        }
    }
    holds.sort();
    let proof =
        Proof { rules: files.rules_digest(), theorems: theorems_digest(), prover: "by hand".into(), holds };
    files.with_proof(File::new("proof.json", serde_json::to_string(&proof).unwrap()))
}

fn set_of(rules: &str) -> Policy {
    let files = forged(PolicyFiles::sort([File::new("own.cedar", rules)]).unwrap());
    Policy::load(&files, ProofDemand::Required).unwrap()
}

/// The built-in rules, with one of them put into other words.
fn reworded(from: &str, to: &str) -> Policy {
    let files: Vec<File> = PolicyFiles::default_set()
        .rules()
        .iter()
        .map(|file| File::new(file.name(), file.text().replace(from, to)))
        .collect();
    let files = PolicyFiles::sort(files).unwrap();
    assert_ne!(files.rules_digest(), PolicyFiles::default_set().rules_digest(), "nothing was reworded");
    Policy::load(&forged(files), ProofDemand::Required).unwrap()
}

fn closed() -> Facts {
    let mut facts = lawful(Ground::CriminalCase);
    facts.case.as_mut().unwrap().status = CaseStatus::Closed;
    facts
}

// SLS 16-2(3)¶3
#[test]
fn a_blanket_permission_with_a_hand_written_record_lets_nothing_out_that_the_law_forbids() {
    let hostile = set_of(BLANKET);
    let unlawful: Vec<Facts> = vec![
        closed(),
        Facts { case: None, ..lawful(Ground::CivilCase) },
        Facts { stopped: Some(ResolutionFacts { from: NOW - DAY }), ..lawful(Ground::SearchCase) },
        Facts { debtor: None, ..lawful(Ground::Bankruptcy) },
        Facts {
            operation: OperationFacts { private_life: true, ..lawful(Ground::Covert).operation },
            ..lawful(Ground::Covert)
        },
    ];
    for facts in unlawful {
        let expected = situation::decide(facts.clone()).unwrap_err();
        let (_, refused) = hostile.decide(Established(facts.clone())).unwrap_err();
        assert_eq!(
            (refused.code(), refused.clause(), refused.rule(), refused.detail()),
            (expected.code(), expected.clause(), expected.rule(), expected.detail()),
        );
        assert_eq!(refused.broken(), expected.broken());
        assert!(matches!(hostile.consider(&facts), Decided::Refused { .. }));
    }
    for &ground in Ground::ALL {
        let _ = hostile.decide(Established(lawful(ground))).unwrap();
    }
}

#[test]
fn a_rule_put_into_weaker_words_does_not_take_the_laws_place() {
    let weaker = reworded("context.case.status == CaseStatus::\"open\"", "true");
    let (_, refused) = weaker.decide(Established(closed())).unwrap_err();
    assert_eq!((refused.rule(), refused.clause()), ("case-open", "SLS 16-2(3)¶2"));
    let told = reworded(
        "the cited case is {case.status}; it must be open",
        "ask the registry: the case is {case.status}",
    );
    let (_, refused) = told.decide(Established(closed())).unwrap_err();
    let broken: Vec<&str> = refused.broken().iter().map(|reason| &*reason.rule).collect();
    assert_eq!(broken, ["case-open"], "a rule that is asked in two wordings is told once");
}

#[test]
fn stricter_rules_of_ones_own_refuse_under_their_own_name() {
    let rule = "@id(\"not-here\") @clause(\"own\") @code(\"ground-not-permitted\") @detail(\"not here\")\n\
                forbid (principal, action, resource) when { context.ground == Ground::\"civil-case\" };";
    let files = forged(PolicyFiles::default_set().with_rules(File::new("own.cedar", rule)));
    let stricter = Policy::load(&files, ProofDemand::Required).unwrap();
    let (_, refused) = stricter.decide(Established(lawful(Ground::CivilCase))).unwrap_err();
    assert_eq!((refused.rule(), refused.detail()), ("not-here", "not here"));
    let _ = stricter.decide(Established(lawful(Ground::CriminalCase))).unwrap();
}

#[test]
fn no_rule_of_an_operator_can_take_the_name_of_one_beneath_it() {
    let rule = "@id(\"law:case-open\") @clause(\"own\")\npermit (principal, action, resource);";
    let files = PolicyFiles::sort([File::new("own.cedar", rule)]).unwrap();
    let error = Policy::load(&files, ProofDemand::Waived).unwrap_err();
    assert!(matches!(error, PolicyError::Annotation { .. }), "{error}");
}

#[test]
fn a_decision_names_what_stood_beneath_its_set() {
    let built_in = Policy::default_set().unwrap();
    assert_eq!(built_in.floor(), None, "the built-in set stands on nothing");
    let matrix = PolicyFiles::default_set().with_matrix(File::new("matrix.json", "[]"));
    assert_eq!(Policy::load(&matrix, ProofDemand::Required).unwrap().floor(), None);
    let law = PolicyFiles::default_set().digest();
    let hostile = set_of(BLANKET);
    assert_eq!(hostile.floor(), Some(&law));
    let granted = hostile.decide(Established(lawful(Ground::CriminalCase))).unwrap();
    assert_eq!((granted.policy_digest(), granted.policy_floor()), (hostile.digest(), Some(&law)));
    let (_, refused) = hostile.decide(Established(closed())).unwrap_err();
    assert_eq!((refused.policy_digest(), refused.policy_floor()), (hostile.digest(), Some(&law)));
    let registries = PolicyFiles::default_set().with_registries(File::new("registries.json", "[]"));
    assert_eq!(Policy::load(&registries, ProofDemand::Required).unwrap().floor(), Some(&law));
}
