//! An operator's catalogue adds registries to those of the law; it makes none of them laxer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use policy::*;

/// An entry as an operator writes it; `class` and each operation are given.
fn entry(code: &str, class: &str, operations: &str) -> String {
    format!(
        "[\n {{\"code\": \"own-archive\", \"title\": \"t\", \"clause\": \"own act\", \"class\": \"general\",\n  \
         \"operations\": [{{\"code\": \"find\", \"title\": \"t\", \"fields\": [\"population\"]}}]}},\n \
         {{\n  \"code\" : \"{code}\",\n  \"title\": \"t\", \"clause\": \"own act\",\n  \"class\": \"{class}\",\n  \
         \"operations\": [\n{operations}\n  ]}}\n]"
    )
}

fn operation(code: &str, members: &str, field: &str) -> String {
    format!("   {{\"code\": \"{code}\", \"title\": \"t\",\n    {members}\"fields\": [\"{field}\"]}}")
}

fn set(registries: &str) -> PolicyFiles {
    PolicyFiles::default_set()
        .with_registries(File::new("own.json", registries))
        .with_matrix(File::new("matrix.json", "[]"))
}

/// Refused when loaded and when checked, in the same words.
#[track_caller]
fn lax(registries: &str, expected: &str) {
    let files = set(registries);
    let error = Policy::load(&files, ProofDemand::Required).unwrap_err().to_string();
    assert_eq!(error, expected);
    assert_eq!(check(&files).iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

// PI 28(7), MIG 9(3)
#[test]
fn a_class_of_the_law_is_not_taken_away() {
    let found = operation("person-by-iin", "", "iin");
    lax(
        &entry("preventive-record", "general", &found),
        "own.json:7: registry preventive-record: `class` is general, which is laxer than the law has it: preventive-record",
    );
    lax(
        &entry("entry-exit", "preventive-record", &operation("crossings-by-person", "", "citizenship")),
        "own.json:7: registry entry-exit: `class` is preventive-record, which is laxer than the law has it: entry-exit",
    );
    lax(
        &entry("population", "pending-cases", &found),
        "own.json:7: registry population: `class` is pending-cases, which is laxer than the law has it: general",
    );
}

// OI 12(4)
#[test]
fn private_life_stays_private_life() {
    let family = operation("family-by-iin", "\"private_life\": false,\n    ", "iin");
    lax(
        &entry("population", "general", &family),
        "own.json:10: registry population, operation family-by-iin: `private_life` is false, which is laxer than the law has it: true",
    );
    // Left out is false.
    let family =
        format!("{},\n{}", operation("person-by-iin", "", "iin"), operation("family-by-iin", "", "iin"));
    lax(
        &entry("population", "general", &family),
        "own.json:11: registry population, operation family-by-iin: `private_life` is false, which is laxer than the law has it: true",
    );
    // Under another name, in a register of which the law knows nothing else.
    lax(
        &entry("fingerprints", "general", &operation("by-number", "", "number")),
        "own.json:9: registry fingerprints, operation by-number: `private_life` is false, which is laxer than the law has it: true",
    );
    // Through another question.
    lax(
        &entry("population", "general", &operation("person-by-iin", "", "relation")),
        "own.json:10: registry population, operation person-by-iin: `fields` is `relation` without private_life, which is laxer than the law has it: private_life",
    );
}

// IAB 6(1)49)
#[test]
fn nothing_else_becomes_pending_cases() {
    let found = operation("person-by-iin", "\"pending_cases_only\": true,\n    ", "iin");
    lax(
        &entry("population", "general", &found),
        "own.json:10: registry population, operation person-by-iin: `pending_cases_only` is true, which is laxer than the law has it: false",
    );
}

#[test]
fn an_operator_may_add_and_be_stricter() {
    let found = operation("person-by-iin", "\"private_life\": true,\n    ", "iin");
    let files = set(&entry("population", "preventive-record", &found));
    let policy = Policy::load(&files, ProofDemand::Required).unwrap();
    let population = policy.catalogue().registry("population").unwrap();
    assert_eq!(population.class, RegistryClass::PreventiveRecord);
    assert!(policy.catalogue().operation("population", "person-by-iin").unwrap().private_life);
    assert!(policy.catalogue().registry("own-archive").is_some());
}

#[test]
fn what_the_law_knows_is_known_whatever_the_file_names() {
    let policy = Policy::load(&set("[]"), ProofDemand::Required).unwrap();
    let law = Catalogue::of_the_law().unwrap();
    assert_eq!(policy.catalogue(), &law);
    let found = operation("person-by-iin", "", "iin");
    let policy = Policy::load(&set(&entry("population", "general", &found)), ProofDemand::Required).unwrap();
    assert!(policy.catalogue().operation("population", "family-by-iin").unwrap().private_life);
    assert_eq!(policy.catalogue().registry("preventive-record"), law.registry("preventive-record"));
}
