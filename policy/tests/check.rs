//! A faulty set is explained with file and line, and nothing of it is loaded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use policy::*;

fn errors_of(rules: &str) -> Vec<String> {
    let files = PolicyFiles::sort([File::new("own.cedar", rules)]).unwrap();
    let errors = check(&files);
    let loaded = Policy::load(&files, ProofDemand::Waived);
    assert_eq!(loaded.err().map(|error| error.to_string()), errors.first().map(ToString::to_string));
    errors.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn one_error(rules: &str, at: &str, says: &str) {
    let errors = errors_of(rules);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].starts_with(at) && errors[0].contains(says), "{}", errors[0]);
}

const HEAD: &str = "// a comment\n\n@id(\"own\")\n@clause(\"SLS 13(3)\")\n";

#[test]
fn the_default_set_has_no_errors() {
    assert_eq!(check(&PolicyFiles::default_set()), []);
}

#[test]
fn a_statement_that_cannot_be_read_is_named_with_its_line() {
    one_error(
        &format!("{HEAD}permit (principal, action, resource)\nwhen {{ context.now << 1 }};"),
        "own.cedar:6: ",
        "",
    );
}

#[test]
fn a_misspelt_ground_is_an_error_not_a_rule_that_never_applies() {
    let rule = format!(
        "{HEAD}permit (principal, action, resource)\nwhen {{ context.ground == Ground::\"criminal-caes\" }};"
    );
    one_error(&rule, "own.cedar:", "criminal-caes");
}

#[test]
fn a_fact_that_may_be_absent_has_to_be_asked_for_first() {
    let rule = format!("{HEAD}permit (principal, action, resource)\nwhen {{ context.case.asOf > 0 }};");
    one_error(&rule, "own.cedar:6: ", "case");
}

#[test]
fn a_rule_says_which_clause_it_fulfils_and_how_it_refuses() {
    let forbid = "forbid (principal, action, resource);";
    one_error("permit (principal, action, resource);", "own.cedar:1: ", "no @id");
    one_error("@id(\"x\")\npermit (principal, action, resource);", "own.cedar:1: ", "no @clause");
    one_error(&format!("{HEAD}{forbid}"), "own.cedar:3: ", "no @code");
    one_error(
        &format!("{HEAD}@code(\"case-closed\")\n@detail(\"d\")\n{forbid}"),
        "own.cedar:3: ",
        "case-not-open",
    );
    one_error(
        &format!("{HEAD}@code(\"case-not-open\")\n@detail(\"{{who}}\")\n{forbid}"),
        "own.cedar:3: ",
        "{who}",
    );
    one_error(
        &format!("{HEAD}@claus(\"typo\")\npermit (principal, action, resource);"),
        "own.cedar:3: ",
        "@claus",
    );
}

#[test]
fn every_error_of_a_set_is_told_at_once() {
    let errors = errors_of(
        "permit (principal, action, resource);\n\n@id(\"a b\") @clause(\"c\")\npermit (principal, action, resource);",
    );
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[1].starts_with("own.cedar:3: "), "{}", errors[1]);
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let twice =
        format!("{HEAD}permit (principal, action, resource);\n{HEAD}permit (principal, action, resource);");
    one_error(&twice, "own.cedar:8: ", "own.cedar:3");
}

#[test]
fn a_file_that_would_not_be_read_is_not_ignored() {
    let stray = PolicyFiles::sort([File::new("more.ceder", "")]).unwrap_err();
    assert_eq!(stray, PolicyError::Stray { file: "more.ceder".into() });
    let schema = PolicyFiles::sort([File::new("schema.cedarschema", "entity Officer;")]).unwrap_err();
    assert!(matches!(schema, PolicyError::OtherSchema { .. }), "{schema}");
    assert!(matches!(PolicyFiles::sort([]).unwrap_err(), PolicyError::Missing { .. }));
}

/// On a thread with a stack of 1 MiB, half of what the gateway's threads have: an overflow would end the whole test program.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(work).unwrap().join().unwrap()
}

fn rule_of(condition: &str) -> String {
    format!("{HEAD}permit (principal, action, resource)\nwhen {{ {condition} }};")
}

#[test]
fn what_is_nested_or_chained_a_thousandfold_is_refused_and_overflows_no_stack() {
    let nested = |open: &str, close: &str| format!("{}true{}", open.repeat(20_000), close.repeat(20_000));
    let conditions = [
        nested("(", ")"),
        nested("[", "]"),
        nested("{a: ", "}"),
        nested("!(", ")"),
        nested("if true then (", ") else false"),
        "!".repeat(20_000) + "true",
        "-".repeat(20_000) + "1 == 1",
        "true && ".repeat(20_000) + "true",
        "true || ".repeat(20_000) + "true",
        "1 - ".repeat(20_000) + "1 == 1",
        "context".to_owned() + &".case".repeat(20_000),
        "if true then true else ".repeat(20_000) + "true",
    ];
    for condition in conditions {
        let start: String = condition.chars().take(20).collect();
        let errors = on_a_small_stack(move || errors_of(&rule_of(&condition)));
        assert_eq!(errors.len(), 1, "{start}: {errors:?}");
        assert!(
            errors[0].starts_with("own.cedar:6: ") && errors[0].contains("at most"),
            "{start}: {errors:?}"
        );
    }
}

#[test]
fn what_is_within_the_bounds_is_read_and_decided_on_an_ordinary_stack() {
    let chained = |link: &str, last: &str, links: usize| link.repeat(links) + last;
    let conditions = [
        format!("{}true{}", "(".repeat(60), ")".repeat(60)),
        chained("true && ", "true", 240),
        chained("false || ", "true", 240),
        chained("1 - ", "1 == 1", 240),
        chained("if false then true else ", "true", 240),
    ];
    for condition in conditions {
        let start: String = condition.chars().take(20).collect();
        let work = move || {
            let own = File::new("own.cedar", rule_of(&condition));
            let files = PolicyFiles::default_set().with_rules(own);
            assert_eq!(check(&files), []);
            let policy = Policy::load(&files, ProofDemand::Waived).unwrap();
            policy.consider(&situation::lawful(Ground::CriminalCase))
        };
        let decided =
            std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap();
        assert!(matches!(decided, Decided::Granted { .. }), "{start}: {decided}");
    }
}

#[test]
fn data_that_is_nested_or_long_beyond_reason_is_refused() {
    let deep = on_a_small_stack(|| {
        let deep = "[".repeat(100_000);
        let set = PolicyFiles::default_set();
        let faulty = [
            set.clone().with_matrix(File::new("matrix.json", deep.clone())),
            set.clone().with_registries(File::new("registries.json", deep.clone())),
            set.with_proof(File::new("proof.json", deep)),
        ];
        faulty.map(|files| Policy::load(&files, ProofDemand::Required).unwrap_err().to_string())
    });
    assert!(deep[0].starts_with("matrix.json: ") && deep[1].starts_with("registries.json:1: "), "{deep:?}");
    let long = File::new("own.cedar", " ".repeat(MAX_FILE + 1));
    let error = Policy::load(&PolicyFiles::sort([long]).unwrap(), ProofDemand::Waived).unwrap_err();
    assert!(matches!(error, PolicyError::TooLong { .. }), "{error}");
    let many = (0..=MAX_FILES).map(|n| File::new(format!("{n}.cedar"), ""));
    assert!(matches!(PolicyFiles::sort(many).unwrap_err(), PolicyError::TooMany { .. }));
}

#[test]
fn every_file_of_rules_is_built_in() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let mut present: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".cedar"))
        .collect();
    present.sort();
    let files = PolicyFiles::default_set();
    let built_in: Vec<&str> = files.rules().iter().map(File::name).collect();
    assert_eq!(built_in, present);
}

#[test]
fn a_set_is_named_by_all_that_decides() {
    let set = PolicyFiles::default_set();
    let matrix = set.clone().with_matrix(File::new("matrix.json", "[]"));
    assert_ne!(set.digest(), matrix.digest(), "another matrix decides otherwise");
    assert_eq!(set.rules_digest(), matrix.rules_digest(), "what is proven does not depend on the matrix");
    let more = set.clone().with_rules(File::new("zz.cedar", "// nothing"));
    assert_ne!(set.rules_digest(), more.rules_digest());
    assert_eq!(set.digest().to_string().parse(), Ok(set.digest()));
}
