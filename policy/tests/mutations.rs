//! Removing or weakening any part of any rule, one at a time, breaks a theorem. If a mutant that permits more than the law
//! survived, the theorems would have a hole where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod mutation;

use cedar_policy::{Policy as CedarPolicy, PolicySet};
use mutation::{Mutant, mutants};
use policy::prove::{ProveError, Prover, Weakening};
use policy::{File, PolicyFiles};

/// What became of mutants.
#[derive(Debug, Default)]
struct Fates {
    /// A theorem fails.
    killed: usize,
    /// The set does not load: the mutant does not type-check.
    do_not_load: usize,
    /// It permits nothing that the original refuses. Not a weakening, and the theorems may be content with it.
    permit_no_more: usize,
    /// It permits more, and every theorem holds: a hole.
    survived: Vec<String>,
}

/// Mutants are dealt out to as many tests, each with a solver of its own, so that every core has work.
const SHARDS: usize = 4;

#[tokio::test]
async fn no_rule_can_be_weakened_without_breaking_a_theorem_1_of_4() {
    weaken(0).await;
}

#[tokio::test]
async fn no_rule_can_be_weakened_without_breaking_a_theorem_2_of_4() {
    weaken(1).await;
}

#[tokio::test]
async fn no_rule_can_be_weakened_without_breaking_a_theorem_3_of_4() {
    weaken(2).await;
}

#[tokio::test]
async fn no_rule_can_be_weakened_without_breaking_a_theorem_4_of_4() {
    weaken(3).await;
}

async fn weaken(shard: usize) {
    let original = PolicyFiles::default_set();
    let mut prover = Prover::start().unwrap();
    let all = original.rules().iter().flat_map(|file| mutants_of(file).into_iter().map(move |it| (file, it)));
    let mut fates = Fates::default();
    for (file, (rule, mutant)) in all.skip(shard).step_by(SHARDS) {
        let files = original.rules().iter().filter(|other| other.name() != file.name()).cloned();
        let mutated = PolicyFiles::sort(files.chain([File::new(file.name(), mutant.text)])).unwrap();
        match prover.weigh(&mutated, &original).await {
            Ok(Weakening::Breaks { .. }) => fates.killed += 1,
            Ok(Weakening::PermitsNoMore) => fates.permit_no_more += 1,
            Ok(Weakening::Unnoticed) => {
                fates.survived.push(format!("{}: {rule}: {}", file.name(), mutant.what));
            }
            Err(ProveError::Policy(_)) => fates.do_not_load += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(fates.survived.is_empty(), "these mutants permit more and break nothing: {fates:#?}");
    assert!(fates.killed >= 75, "the mutator has gone blind: {fates:?}");
}

/// A mutant as the text of a whole file.
struct MutantFile {
    what: String,
    text: String,
}

/// Every mutant of every rule in a file, with the rule's identifier; the first one is the file without the rule.
fn mutants_of(file: &File) -> Vec<(String, MutantFile)> {
    let set: PolicySet = file.text().parse().unwrap();
    let rules: Vec<CedarPolicy> = set.policies().cloned().collect();
    let mut found = Vec::new();
    for rule in &rules {
        let name = rule.annotation("id").unwrap().to_owned();
        let others: Vec<String> = rules
            .iter()
            .filter(|other| other.id() != rule.id())
            .map(|other| other.to_cedar().unwrap())
            .collect();
        let with = |text: &str| format!("{}\n{text}", others.join("\n"));
        if !others.is_empty() {
            found.push((name.clone(), MutantFile { what: "removed".to_owned(), text: with("") }));
        }
        for Mutant { what, rule } in mutants(&rule.to_json().unwrap()) {
            let text = CedarPolicy::from_json(None, rule).unwrap().to_cedar().unwrap();
            found.push((name.clone(), MutantFile { what, text: with(&text) }));
        }
    }
    found
}
