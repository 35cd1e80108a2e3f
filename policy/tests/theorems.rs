//! The theorems, about the set that comes with the program and about sets that somebody might try instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use policy::prove::{Outcome, Prover};
use policy::{File, Policy, PolicyError, PolicyFiles, Proof, ProofDemand};

const BLANKET: &str = "@id(\"blanket\") @clause(\"none\")\npermit (principal, action, resource);";

fn set_of(rules: &str) -> PolicyFiles {
    PolicyFiles::sort([File::new("hostile.cedar", rules)]).unwrap()
}

#[tokio::test]
async fn the_default_set_keeps_every_promise_and_carries_the_record_of_it() {
    let report = Prover::start().unwrap().prove(&PolicyFiles::default_set()).await.unwrap();
    let failures: String = report.failures().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{failures}");
    let proof = serde_json::to_string_pretty(&report.proof().unwrap()).unwrap() + "\n";
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/data/proof.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(kept, &proof).unwrap();
    }
    let recorded = std::fs::read_to_string(kept).unwrap();
    assert!(recorded == proof, "the record of proof is of another set: run again with UPDATE_GOLDEN=1");
}

#[tokio::test]
async fn a_blanket_permission_alone_breaks_every_guarantee() {
    let report = Prover::start().unwrap().prove(&set_of(BLANKET)).await.unwrap();
    assert!(report.proof().is_none());
    for finding in &report.findings {
        let about_the_rule = finding.claim.ends_with(":blanket");
        let expected = about_the_rule || finding.claim.starts_with("possible-");
        assert_eq!(finding.holds(), expected, "{finding}");
    }
}

#[tokio::test]
async fn a_blanket_permission_among_the_rules_lets_nothing_more_out_and_is_not_proven() {
    let hostile = PolicyFiles::default_set().with_rules(File::new("hostile.cedar", BLANKET));
    let mut prover = Prover::start().unwrap();
    let more = prover.permits_no_more(&hostile, &PolicyFiles::default_set()).await.unwrap();
    assert_eq!(more, Outcome::Holds, "the guards stand against whatever is added");
    let report = prover.prove(&hostile).await.unwrap();
    let failed: Vec<&str> = report.failures().map(|finding| finding.claim.as_str()).collect();
    assert!(failed.contains(&"matters:blanket"), "{failed:?}");
    assert!(report.proof().is_none());
    let error = Policy::load(&hostile, ProofDemand::Required).unwrap_err();
    assert!(matches!(error, PolicyError::ProofOfOther { what: "rules", .. }), "{error}");
}

#[tokio::test]
async fn a_counterexample_reads_as_a_request() {
    let weakened = PolicyFiles::default_set().rules().to_vec().into_iter().map(|file| {
        let text = file.text().replace("context.case.status == CaseStatus::\"open\"", "true");
        File::new(file.name(), text)
    });
    let finding =
        Prover::start().unwrap().refute(&PolicyFiles::sort(weakened).unwrap()).await.unwrap().unwrap();
    assert_eq!((finding.claim.as_str(), finding.clause.as_str()), ("only-on-an-open-case", "SLS 16-2(3)¶2"));
    let told = finding.to_string();
    assert!(told.starts_with("FAILS  only-on-an-open-case  (SLS 16-2(3)¶2)"), "{told}");
    let status =
        told.lines().find(|line| line.contains("context.case.status")).expect("names the fact it hangs on");
    assert!(status.trim_start().starts_with('>'), "{told}");
    assert!(status.ends_with("suspended") || status.ends_with("closed"), "{told}");
}

#[tokio::test]
async fn a_rule_that_can_err_is_found() {
    let rule = "@id(\"late\") @clause(\"none\") @code(\"case-not-open\") @detail(\"late\")\n\
                forbid (principal, action, resource) when { context.now + 86400 > resource.listed.until };";
    let erring = PolicyFiles::default_set().with_rules(File::new("late.cedar", rule));
    let finding = Prover::start().unwrap().refute(&erring).await.unwrap().unwrap();
    assert_eq!(finding.claim, "never-errs:late", "{finding}");
    assert!(finding.to_string().contains("context.now"), "{finding}");
}

#[test]
fn a_set_without_a_fitting_record_of_proof_does_not_load() {
    let files = PolicyFiles::default_set();
    Policy::load(&files, ProofDemand::Required).unwrap();
    let bare = PolicyFiles::sort(files.rules().iter().cloned()).unwrap();
    assert!(matches!(Policy::load(&bare, ProofDemand::Required).unwrap_err(), PolicyError::Unproven { .. }));
    Policy::load(&bare, ProofDemand::Waived).unwrap();

    let record = include_str!("../data/proof.json");
    let mut proof: Proof = serde_json::from_str(record).unwrap();
    let dropped = proof.holds.pop().unwrap();
    let with = |proof: &Proof| {
        let record = File::new("proof.json", serde_json::to_string(proof).unwrap());
        Policy::load(&bare.clone().with_proof(record), ProofDemand::Required)
    };
    assert_eq!(with(&proof).unwrap_err(), PolicyError::NotProven { theorem: dropped.clone() });
    proof.holds.push(dropped);
    with(&proof).unwrap();
    proof.theorems = proof.rules;
    assert!(matches!(with(&proof).unwrap_err(), PolicyError::ProofOfOther { what: "theorems", .. }));
}
