//! `negiz request`, as an official uses it; and what each command says of itself.

use std::process::Command;

use negiz_tests::command::{Done, run, run_with};
use negiz_tests::country::Country;
use serde_json::Value;

on_both_databases!(
    asks_and_prints_the_record,
    asks_with_a_key_from_pkcs12,
    tells_refused_from_could_not_send,
);

const CIRCUMSTANCES: &str = "Witness statement of 20.11.2026 names the person as the driver";

fn ask(country: &Country, officer: &str, case: &str, more: &[&str]) -> Done {
    ask_in(country.directory.to_str().unwrap(), officer, case, more)
}

fn ask_in(directory: &str, officer: &str, case: &str, more: &[&str]) -> Done {
    let arguments = [
        "request",
        "--dir",
        directory,
        "--officer",
        officer,
        "--case",
        case,
        "--registry",
        "population",
        "--operation",
        "person-by-iin",
        "--parameter",
        "iin=900101300017",
        "--circumstances",
        CIRCUMSTANCES,
        "--purpose",
        "Establish the identity of the driver",
    ];
    run(&[&arguments[..], more].concat())
}

fn asks_and_prints_the_record(country: &Country) {
    let manifest = &country.manifest;
    for officer in manifest.officers.iter().filter(|it| it.state == "registered" && it.agency == "police") {
        let case = &manifest.case(officer, "criminal").number;
        let done = ask(country, &officer.code, case, &[]);
        assert_eq!(done.status, 0, "{}: {done:?}", officer.code);
        assert!(
            done.said.contains("900101300017") && done.complained.contains("receipt verifies"),
            "{done:?}"
        );
    }
    let lead = manifest.lead();
    let case = &manifest.case(lead, "criminal").number;
    for more in [&["--json"][..], &["--json", "--jose"]] {
        let done = ask(country, &lead.code, case, more);
        assert_eq!(done.status, 0, "{done:?}");
        let body: Value = serde_json::from_str(&done.said).unwrap();
        assert!(country.verifier().verify(body["receipt"].as_str().unwrap()).answers(&body["record"]));
    }
}

fn asks_with_a_key_from_pkcs12(country: &Country) {
    let (manifest, lead) = (&country.manifest, country.manifest.lead());
    let agency = manifest.agency(&lead.agency);
    let file = |name: &str| country.path(name).to_str().unwrap().to_owned();
    let p12 = file("lead.p12");
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-in", &file(&lead.cert), "-inkey", &file(&lead.key)])
        .args(["-passout", "pass:a secret", "-out", &p12])
        .status();
    assert!(made.unwrap().success());
    let case = &manifest.case(lead, "criminal").number;
    let (ca, cert, key, jwks) =
        (file(&manifest.tls_ca), file(&agency.cert), file(&agency.key), file(&manifest.jwks));
    let arguments = [
        "request",
        "--exchange",
        &manifest.exchange,
        "--tls-ca",
        &ca,
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
        "--agency",
        &agency.bin,
        "--p12",
        &p12,
        "--jwks",
        &jwks,
        "--log-vkey",
        &manifest.log_vkey,
        "--ground",
        "criminal-case",
        "--case",
        case,
        "--registry",
        "population",
        "--operation",
        "person-by-iin",
        "--parameter",
        "iin=900101300017",
        "--circumstances",
        CIRCUMSTANCES,
        "--purpose",
        "Establish identity",
    ];
    let done = run_with(&arguments, &[("NEGIZ_P12_PASSWORD", "a secret")]);
    assert_eq!(done.status, 0, "{done:?}");
    let wrong = run_with(&arguments, &[("NEGIZ_P12_PASSWORD", "another")]);
    assert_eq!(wrong.status, 3, "{wrong:?}");
    assert!(!wrong.complained.contains("another"), "a password was repeated");
}

fn tells_refused_from_could_not_send(country: &Country) {
    let (manifest, lead) = (&country.manifest, country.manifest.lead());
    let refused = ask(country, &lead.code, "999999", &["--ground", "criminal-case", "--json"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.said.contains("urn:negiz:problem:case-not-found"), "{refused:?}");
    let suspended = manifest.officers.iter().find(|officer| officer.state == "suspended").unwrap();
    let case = &manifest.case(suspended, "criminal").number;
    assert_eq!(ask(country, &suspended.code, case, &[]).status, 1);
    // The ground does not follow from a case nobody knows; it is asked about all the same.
    let unknown = ask(country, &lead.code, "999999", &["--json"]);
    assert_eq!(unknown.status, 1, "{unknown:?}");
    assert!(unknown.said.contains("urn:negiz:problem:case-not-found"), "{unknown:?}");
    let nobody = ask(country, "nobody", "1", &[]);
    assert_eq!(nobody.status, 2, "{nobody:?}");
    assert!(nobody.complained.contains("has no officer nobody"), "{nobody:?}");
    assert_eq!(ask_in("/nowhere", &lead.code, "1", &[]).status, 3, "there is no demonstration");
    assert_eq!(run(&["request", "--dir", "/nowhere"]).status, 2, "arguments are missing");
    assert_eq!(run(&["request", "--nonsense"]).status, 2);
    assert_eq!(run(&["frobnicate"]).status, 2);
    assert_eq!(run(&[]).status, 2);
}

#[test]
fn every_command_explains_itself() {
    let whole = run(&["--help"]);
    assert_eq!(whole.status, 0);
    // Indented by two: a command; by more: what is said of it.
    let commands: Vec<&str> = whole
        .said
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for command in ["demo", "serve", "request", "migrate", "agencies", "users", "cases", "registries"] {
        assert!(commands.contains(&command), "{commands:?}");
    }
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = run(&[command, "--help"]);
        assert_eq!(help.status, 0, "{command}");
        assert!(help.said.contains("Usage:") && help.said.len() > 80, "{command}: {}", help.said);
    }
    assert!(run(&["--version"]).said.starts_with("negiz "));
}
