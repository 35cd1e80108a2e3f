//! What people are told is what the machine does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use policy::{Claim, Code, Ground, Policy, PolicyFiles, theorems};

const LAW: &str = include_str!("../../docs/law/grounds.md");
const README: &str = include_str!("../README.md");

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split("@id(\"").skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[test]
fn the_page_of_the_law_names_every_rule_and_every_theorem() {
    let files = PolicyFiles::default_set();
    for rule in files.rules().iter().flat_map(|file| identifiers(file.text())) {
        assert!(LAW.contains(&format!("`{rule}`")), "docs/law/grounds.md does not name the rule {rule}");
    }
    for theorem in theorems().unwrap() {
        let name = theorem.name();
        assert!(LAW.contains(&format!("`{name}`")), "docs/law/grounds.md does not name the theorem {name}");
    }
}

#[test]
fn the_page_of_the_law_names_nothing_that_is_not_there() {
    let files = PolicyFiles::default_set();
    let mut known: Vec<String> =
        files.rules().iter().flat_map(|file| identifiers(file.text())).map(str::to_owned).collect();
    known.extend(theorems().unwrap().iter().map(|theorem| theorem.name().to_owned()));
    known.extend(Ground::ALL.iter().map(|ground| ground.as_str().to_owned()));
    for line in LAW.lines().filter(|line| line.starts_with("| ")) {
        for name in line.split('`').skip(1).step_by(2) {
            let file = name.contains('/') || name.contains(':');
            assert!(file || known.iter().any(|known| known == name), "docs/law/grounds.md names `{name}`");
        }
    }
}

#[test]
fn the_walk_through_shows_the_rule_and_the_theorem_as_they_are() {
    let rules: String =
        PolicyFiles::default_set().rules().iter().map(|file| file.text().to_owned()).collect();
    let theorems = include_str!("../theorems/sls-16-2-3.cedar");
    let shown: Vec<&str> =
        README.split("```cedar\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(shown.len(), 2);
    assert!(rules.contains(shown[0]), "the rule in README.md is not the rule");
    assert!(theorems.contains(shown[1]), "the theorem in README.md is not the theorem");
}

#[test]
fn the_walk_through_counts_the_theorems_as_they_are() {
    let (possible, guarantees): (Vec<_>, Vec<_>) =
        theorems().unwrap().into_iter().partition(|theorem| theorem.claim() == Claim::Possible);
    let counted = format!("{} guarantees, and {} kinds of request", guarantees.len(), possible.len());
    assert!(README.contains(&counted), "README.md should say: {counted}");
}

#[test]
fn every_theorem_speaks_in_a_sentence_and_names_its_clause() {
    for theorem in theorems().unwrap() {
        assert!(theorem.says().ends_with('.') && theorem.says().len() > 20, "{}", theorem.name());
        let law = theorem.clause().split(' ').next().unwrap();
        assert!(["SLS", "OI", "IAB", "PI", "MIG"].contains(&law), "{}: {}", theorem.name(), theorem.clause());
    }
}

#[test]
fn every_refusal_code_is_guarded_by_a_theorem() {
    let theorems = theorems().unwrap();
    for &code in Code::ALL {
        assert!(theorems.iter().any(|theorem| theorem.claim() == Claim::Guarded(code)), "{code}");
    }
}

#[test]
fn the_schema_lists_exactly_the_words_that_facts_can_hold() {
    use policy::*;
    let words = |entity: &str| -> Vec<String> {
        let schema = &SCHEMA;
        let after = schema.text().split(&format!("entity {entity} enum [")).nth(1).unwrap();
        let list = after.split(']').next().unwrap();
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    macro_rules! same {
        ($($entity:literal is $list:ty),+) => {
            $(assert_eq!(words($entity), <$list>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>());)+
        };
    }
    same!(
        "Ground" is Ground, "BodyKind" is BodyKind, "CaseKind" is CaseKind, "CaseStatus" is CaseStatus,
        "Standing" is Standing, "RegistryClass" is RegistryClass, "RegistryState" is RegistryState,
        "Basis" is OperationalBasis, "Rank" is ProsecutorRank, "Threat" is Threat
    );
}

#[test]
fn the_built_in_set_loads_with_its_record_of_proof() {
    let policy = Policy::default_set().unwrap();
    assert_eq!(*policy.digest(), PolicyFiles::default_set().digest());
}
