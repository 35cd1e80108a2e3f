//! `negiz policy`: a set of rules before it decides anything.

use std::path::PathBuf;

use negiz_tests::command::{Done, run, run_with};
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::manifest::Case;
use negiz_tests::node::{Node, log_vkey, set, write};
use serde_json::{Value, json};

on_both_databases!(
    decides_recorded_requests_again,
    keeps_every_set_that_decided,
    starts_with_no_set_that_is_not_proven,
    lets_nothing_out_under_a_set_whose_proof_was_written_by_hand,
    takes_no_catalogue_that_is_laxer_than_the_law,
    goes_on_when_a_set_is_nested_beyond_reason,
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
    let checked: Value = serde_json::from_str(&checked.said).unwrap();
    let set = checked["set"].as_str().unwrap();
    let listed = policy("kept", &["--config", config]);
    assert!(listed.status == 0 && listed.said.contains(set), "{listed:?}");
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("kept");
    let out = out.to_str().unwrap();
    let written = policy("kept", &["--config", config, set, "--out", out]);
    assert_eq!(written.status, 0, "{written:?}");
    let again = policy("check", &[out, "--json"]);
    let again: Value = serde_json::from_str(&again.said).unwrap();
    assert_eq!((again["set"].as_str(), &again["unproven"]), (Some(set), &Value::Null));
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

/// The directory of the set is not what keeps the law: whoever can write into it can write a record of proof as well.
fn lets_nothing_out_under_a_set_whose_proof_was_written_by_hand(country: &Country) {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let name = directory.path().to_str().unwrap();
    write("own.cedar", "@id(\"blanket\")\n@clause(\"none\")\npermit (principal, action, resource);\n");
    let checked: Value = serde_json::from_str(&policy("check", &[name, "--json"]).said).unwrap();
    let built_in = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policy/data/proof.json");
    let mut proof: Value = serde_json::from_slice(&std::fs::read(built_in).unwrap()).unwrap();
    proof["rules"] = checked["rules"].clone();
    let holds = proof["holds"].as_array_mut().unwrap();
    holds.extend([json!("never-errs:blanket"), json!("matters:blanket")]);
    write("proof.json", &proof.to_string());
    let said = policy("check", &[name]).said;
    let law = said.lines().find_map(|line| line.strip_prefix("beneath ")).unwrap_or_else(|| panic!("{said}"));
    let law = law.split(": ").next().unwrap();
    let node = Node::start(country, "hand-written", |config| {
        set(config, &["policy", "directory"], name);
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let registry = country.manifest.registry("person-by-iin");
    let ask = |case: &Case| {
        let document = country.document(lead, case, registry);
        let reply =
            country.post_to(&node.exchange, &lead.agency, CMS, country.hand(lead).cms(&bytes(&document)));
        (document["id"].as_str().unwrap().to_owned(), reply)
    };
    // What the law lets out, this set lets out.
    let (id, reply) = ask(country.manifest.case(lead, "criminal"));
    assert_eq!(reply.code(), "answered", "{}", reply.json());
    for (status, code) in [("closed", "case-not-open"), ("suspended", "case-not-open")] {
        let mut cases = country.manifest.cases.iter();
        let case = cases.find(|case| case.holder == lead.iin && case.status == status).unwrap();
        let (_, reply) = ask(case);
        assert_eq!((reply.code().as_str(), &reply.json()["clause"]), (code, &json!("SLS 16-2(3)¶2")));
    }
    let others = country.manifest.case(country.manifest.officer("bekova"), "criminal");
    assert_eq!(ask(others).1.code(), "case-not-in-production");
    // The evidence names what stood beneath the set, and it is kept like the set itself.
    let path = format!("/v1/requests/{id}/evidence");
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let bundle = channel.call(&node.exchange, http::Method::GET, &path, None, "").unwrap();
    let file = country.path("hand-written.asice");
    std::fs::write(&file, &bundle.body).unwrap();
    let dir = country.directory.to_str().unwrap();
    let vkey = log_vkey(country, "hand-written");
    let verified = run(&["verify", "--dir", dir, "--log-vkey", &vkey, file.to_str().unwrap()]);
    assert!(verified.said.contains(&format!("relied on policy-floor: \"{law}\"")), "{verified:?}");
    let kept = policy("kept", &["--config", node.config.to_str().unwrap()]);
    assert!(kept.said.contains(law), "{kept:?}");
}

/// PI 28(7), OI 12(4): an operator's catalogue adds to the law's and takes nothing from it, wherever it is handed in.
fn takes_no_catalogue_that_is_laxer_than_the_law(country: &Country) {
    let known = std::fs::read_to_string(country.path("policy/registries.json")).unwrap();
    let mut entries: Vec<Value> = serde_json::from_str(&known).unwrap();
    let record = entries.iter_mut().find(|entry| entry["code"] == "preventive-record").unwrap();
    record["class"] = json!("general");
    let text = serde_json::to_string_pretty(&entries).unwrap();
    let at = text[..text.find("\"preventive-record\"").unwrap()].lines().count();
    let lax = country.path("lax.json");
    std::fs::write(&lax, &text).unwrap();
    let done = policy("check", &["--registries", lax.to_str().unwrap()]);
    assert_eq!(done.status, 1, "{done:?}");
    let told = "registry preventive-record: `class` is general, which is laxer than the law has it: preventive-record";
    let line =
        done.complained.lines().find(|line| line.ends_with(told)).unwrap_or_else(|| panic!("{done:?}"));
    let named: usize = line.split(':').nth(1).unwrap().parse().unwrap();
    assert!(named.abs_diff(at) < 10, "line {named}, and the entry is at {at}");
    let ended = Node::start(country, "lax", |config| {
        set(config, &["policy", "registries"], lax.to_str().unwrap());
    });
    let ended = ended.expect_err("a catalogue laxer than the law");
    assert!(format!("{ended:?}").contains(told), "{ended:?}");
}

/// What nests ten thousandfold ends neither the command nor the gateway that is asked to take it up.
fn goes_on_when_a_set_is_nested_beyond_reason(country: &Country) {
    let (_kept, directory) = copy("negiz-deep.");
    let name = directory.to_str().unwrap();
    let proven = policy("prove", &[name]);
    assert_eq!(proven.status, 0, "{proven:?}");
    let node = Node::start(country, "deep", |config| set(config, &["policy", "directory"], name));
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let (open, close) = ("(".repeat(10_000), ")".repeat(10_000));
    std::fs::write(
        directory.join("deep.cedar"),
        format!("@id(\"deep\") @clause(\"none\")\npermit (principal, action, resource)\nwhen {{ {open}true{close} }};\n"),
    )
    .unwrap();
    for verb in ["check", "prove", "matrix"] {
        let done = policy(verb, &[name]);
        assert_eq!(done.status, 1, "{verb}: {done:?}");
        assert!(
            done.complained.contains("deep.cedar:3: 65 nested brackets; at most 64 are read"),
            "{done:?}"
        );
    }
    let config = country.path("negiz.toml");
    let since = seconds_from_now(-1);
    let done = policy("replay", &["--since", &since, "--log", config.to_str().unwrap(), name]);
    assert!(done.status == 1 && done.complained.contains("deep.cedar:3: "), "{done:?}");
    node.process().signal("HUP");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let lead = country.manifest.lead();
    let document = country.question();
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, country.hand(lead).cms(&bytes(&document)));
    assert_eq!(reply.code(), "answered", "the set in force goes on deciding");
}
