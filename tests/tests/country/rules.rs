//! `negiz policy`: a set of rules before it decides anything.

use std::path::PathBuf;

use negiz_tests::command::{Done, run, run_with};
use negiz_tests::country::Country;
use negiz_tests::document::seconds_from_now;
use negiz_tests::node::{Node, set, write};

on_both_databases!(
    decides_recorded_requests_again,
    keeps_every_set_that_decided,
    starts_with_no_set_that_is_not_proven,
);

/// A copy of the built-in rules in a directory of its own.
fn copy(name: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::Builder::new().prefix(name).tempdir().unwrap();
    let rules = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policy/policies");
    for entry in std::fs::read_dir(rules).unwrap().flatten() {
        std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    let path = directory.path().to_path_buf();
    (directory, path)
}

fn policy(verb: &str, arguments: &[&str]) -> Done {
    run(&[&["policy", verb], arguments].concat())
}

#[test]
fn prints_the_matrix_that_was_read_and_signed() {
    let done = policy("matrix", &[]);
    assert_eq!(done.status, 0, "{done:?}");
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policy/tests/matrix.txt");
    assert!(done.said.trim_end() == std::fs::read_to_string(golden).unwrap().trim_end(), "{}", done.said);
}

#[test]
fn names_every_error_with_file_and_line() {
    let done = policy("check", &[]);
    assert!(done.status == 0 && done.said.contains("proven: "), "{done:?}");
    let (_kept, directory) = copy("negiz-check.");
    let name = directory.to_str().unwrap();
    std::fs::write(
        directory.join("own.cedar"),
        "// a comment\n@id(\"own\")\n@clause(\"none\")\npermit (principal, action, resource)\nwhen { context.ground == Ground::\"hunch\" };\n",
    )
    .unwrap();
    std::fs::write(directory.join("bare.cedar"), "permit (principal, action, resource);\n").unwrap();
    let done = policy("check", &[name]);
    assert_eq!(done.status, 1, "{done:?}");
    assert!(done.complained.contains("own.cedar:") && done.complained.contains("hunch"), "{done:?}");
    assert!(done.complained.contains("bare.cedar:1: "), "{done:?}");
    let done = policy("check", &[name, "--json"]);
    assert!(done.status == 1 && done.said.contains("bare.cedar:1: "), "{done:?}");
    std::fs::write(directory.join("notes.txt"), "").unwrap();
    let done = policy("check", &[name]);
    assert!(done.status == 1 && done.complained.contains("notes.txt"), "{done:?}");
    assert_eq!(policy("check", &["/nowhere"]).status, 3);
}

/// `permit (principal, action, resource);` is neither proven nor loaded, whatever it is called.
#[test]
fn proves_a_set_and_refuses_a_blanket_permission() {
    let (_kept, directory) = copy("negiz-prove.");
    let name = directory.to_str().unwrap();
    let done = policy("prove", &[name]);
    assert_eq!(done.status, 0, "{done:?}");
    assert!(directory.join("proof.json").exists());
    assert!(policy("check", &[name]).said.contains("proven: "));
    std::fs::write(
        directory.join("hostile.cedar"),
        "@id(\"blanket\")\n@clause(\"none\")\npermit (principal, action, resource);\n",
    )
    .unwrap();
    assert!(policy("check", &[name]).said.contains("NOT PROVEN"));
    let done = policy("prove", &[name]);
    assert_eq!(done.status, 1, "{done:?}");
    assert!(done.said.contains("FAILS  matters:blanket"), "{done:?}");
    let done = run_with(&["policy", "prove", name], &[("CVC5", "/nowhere/cvc5")]);
    assert_eq!(done.status, 3, "{done:?}");
    assert_eq!(done.complained.trim_end().lines().count(), 1, "{done:?}");
    assert!(done.complained.contains("cvc5"), "{done:?}");
}

/// A weakened rule is told by a request that shows it, fact by fact.
#[test]
fn shows_what_a_weakened_rule_would_let_out() {
    let (_kept, directory) = copy("negiz-weak.");
    let file = directory.join("sls-16-2-3-2.cedar");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("context.case.holders.contains(principal) &&", "")).unwrap();
    let done = policy("prove", &[directory.to_str().unwrap()]);
    assert_eq!(done.status, 1, "{done:?}");
    assert!(done.said.contains("FAILS  only-in-ones-own-production"), "{}", done.said);
    assert!(done.said.contains("context.case.holders"), "{}", done.said);
    assert!(!directory.join("proof.json").exists(), "a record of what was not proven");
}

fn decides_recorded_requests_again(country: &Country) {
    let since = seconds_from_now(-1);
    let lead = country.manifest.lead();
    let document = country.question();
    country.answered(&document, &country.ask(lead, &document));
    let config = country.path("negiz.toml");
    let config = config.to_str().unwrap();
    let same = policy("replay", &["--since", &since, "--log", config, "--config", config]);
    assert_eq!(same.status, 0, "{same:?}");
    assert!(!same.said.contains(document["id"].as_str().unwrap()), "{same:?}");
    // A matrix that opens nothing: what was granted would not be.
    let empty = country.path("empty-matrix.json");
    std::fs::write(&empty, "[]").unwrap();
    let registries = country.path("policy/registries.json");
    let with = ["--matrix", empty.to_str().unwrap(), "--registries", registries.to_str().unwrap()];
    let other = policy("replay", &[&["--since", &since, "--log", config], &with[..]].concat());
    assert_eq!(other.status, 0, "{other:?}");
    let said: Vec<&str> = other.said.lines().collect();
    let line = said.iter().position(|line| line.contains(document["id"].as_str().unwrap()));
    let line = line.unwrap_or_else(|| panic!("{other:?}"));
    assert!(said[line + 1].contains("was       granted to the role investigator"), "{other:?}");
    assert!(said[line + 2].contains("operation-not-permitted"), "{other:?}");
    // Also while the keys of cases are being wrapped anew, and most are still under the master key of before.
    let rotating = rotating(country);
    let rotating = policy("replay", &[&["--since", &since, "--log", &rotating], &with[..]].concat());
    assert_eq!((rotating.status, &rotating.said), (0, &other.said), "{rotating:?}");
    assert_eq!(policy("replay", &["--since", "yesterday"]).status, 2);
}

/// The configuration of the country's own node with another master key, its own being the one before.
fn rotating(country: &Country) -> String {
    let fresh = country.path("keys/master-new.hex");
    std::fs::write(&fresh, "5e".repeat(32)).unwrap();
    std::fs::set_permissions(&fresh, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let own: toml::Table =
        toml::from_str(&std::fs::read_to_string(country.path("negiz.toml")).unwrap()).unwrap();
    let path = write(country, "rotating", |config| {
        set(config, &["deployment", "node"], own["deployment"]["node"].clone());
        set(config, &["keys", "master_previous"], own["keys"]["master"].clone());
        set(config, &["keys", "master"], fresh.to_str().unwrap());
    });
    path.to_str().unwrap().to_owned()
}

/// SLS 16-3(5): who is asked years later why a record was let out shows the rules that let it out, word for word.
fn keeps_every_set_that_decided(country: &Country) {
    let config = country.path("negiz.toml");
    let config = config.to_str().unwrap();
    let checked = policy("check", &["--config", config, "--json"]);
    let checked: serde_json::Value = serde_json::from_str(&checked.said).unwrap();
    let set = checked["set"].as_str().unwrap();
    let listed = policy("kept", &["--config", config]);
    assert!(listed.status == 0 && listed.said.contains(set), "{listed:?}");
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("kept");
    let out = out.to_str().unwrap();
    let written = policy("kept", &["--config", config, set, "--out", out]);
    assert_eq!(written.status, 0, "{written:?}");
    let again = policy("check", &[out, "--json"]);
    let again: serde_json::Value = serde_json::from_str(&again.said).unwrap();
    assert_eq!((again["set"].as_str(), &again["unproven"]), (Some(set), &serde_json::Value::Null));
    let unknown = format!("sha-256:{}", "00".repeat(32));
    assert_eq!(policy("kept", &["--config", config, &unknown, "--out", "never"]).status, 3);
}

fn starts_with_no_set_that_is_not_proven(country: &Country) {
    let (_kept, directory) = copy("negiz-unproven.");
    let ended = Node::start(country, "unproven", |config| {
        set(config, &["policy", "directory"], directory.to_str().unwrap());
    });
    let ended = ended.expect_err("a set without its record of proof");
    assert!(format!("{ended:?}").contains("record of proof"), "{ended:?}");
}
