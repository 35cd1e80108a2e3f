//! The matrix under four eyes (SLS 13(3), SLS 16-3(4)): proposed by one official, approved by another, in force by digest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, set};
use negiz_tests::sign::Hand;
use negiz_tests::tracks::Tracks;
use serde_json::{Value, json};

fn hand_in(country: &Country, path: &str, system: &str, officer: &str, document: &Value) -> Reply {
    hand_in_at(country, &country.manifest.console, path, system, officer, document)
}

fn hand_in_at(
    country: &Country,
    address: &str,
    path: &str,
    system: &str,
    officer: &str,
    document: &Value,
) -> Reply {
    let tracks = Tracks::of(country);
    let hand = Hand::of(&country.directory, tracks.officer(country, officer));
    let (console, body) = (country.system(system), hand.cms(&bytes(document)));
    console.call(address, Method::POST, path, Some(CMS), body).expect("an answer")
}

/// A country of its own: what the matrix closes, other tests ask for.
#[test]
fn puts_a_matrix_in_force_that_two_officials_signed_on_sqlite() {
    puts_a_matrix_in_force(&Country::start(None));
}

#[test]
fn puts_a_matrix_in_force_that_two_officials_signed_on_postgres() {
    puts_a_matrix_in_force(&Country::start(Some(&negiz_tests::postgres::database().unwrap().owner)));
}

fn puts_a_matrix_in_force(country: &Country) {
    let running = Node::start(country, "running", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let ask = || {
        let document = country.question();
        country.ask(lead, &document).code()
    };
    assert_eq!(ask(), "answered");
    // A matrix that opens nothing.
    let file = country.path("none.json");
    std::fs::write(&file, "[]").unwrap();
    let registries = country.path("policy/registries.json");
    let named = ["--matrix", file.to_str().unwrap(), "--registries", registries.to_str().unwrap(), "--json"];
    let checked = run(&[&["policy", "check"], &named[..]].concat());
    assert_eq!(checked.status, 0, "{checked:?}");
    let checked: Value = serde_json::from_str(&checked.said).unwrap();
    let digest = checked["set"].as_str().unwrap();
    let proposal = json!({"version": 1, "kind": "matrix-proposal", "set": digest, "matrix": "W10=", "reasons": "a test"});
    let propose = |officer: &str, document: &Value| {
        hand_in(country, "/v1/matrix/proposals", "console-operator", officer, document)
    };
    let mut other = proposal.clone();
    other["matrix"] = json!("WyBd");
    assert_eq!(
        propose("valiev", &other).code(),
        "malformed-document",
        "another matrix than the digest names"
    );
    assert_eq!(propose("akhmetov", &proposal).code(), "user-not-registered", "no official of the operator");
    let reply = propose("valiev", &proposal);
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert!(reply.json()["changes"][0].as_str().unwrap().starts_with("closed: "), "{}", reply.json());
    assert_eq!(ask(), "answered", "proposed is not in force");
    let approval = json!({"version": 1, "kind": "matrix-approval", "set": digest});
    let approve =
        |system: &str, officer: &str| hand_in(country, "/v1/matrix/approvals", system, officer, &approval);
    assert_eq!(approve("console-operator", "valiev").code(), "user-not-registered", "four eyes");
    assert_eq!(approve("console-police", "zhanova").code(), "system-not-enrolled");
    let reply = approve("console-security", "zhanova");
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert_eq!(ask(), "operation-not-permitted");
    assert_eq!(approve("console-security", "zhanova").code(), "malformed-document", "approved already");
    assert_eq!(
        propose("valiev", &proposal).code(),
        "malformed-document",
        "in force: one alone takes nothing back"
    );
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(ask(), "operation-not-permitted");
    // Nodes that run take it up within a second, and one that starts now decides by it too.
    std::thread::sleep(Duration::from_secs(1));
    let started = Node::start(country, "started", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    for node in [running, started] {
        let body = country.hand(lead).cms(&bytes(&country.question()));
        let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
        assert_eq!(reply.code(), "operation-not-permitted");
    }
    with_other_rules_nothing_is_open_until_a_matrix_is_approved(country);
}

/// What two officials approved was rules and matrix together.
fn with_other_rules_nothing_is_open_until_a_matrix_is_approved(country: &Country) {
    let other = country.path("other-registries.json");
    let registries = std::fs::read_to_string(country.path("policy/registries.json")).unwrap();
    std::fs::write(&other, registries + "\n").unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let node = Node::start(country, "other-rules", |config| {
        set(config, &["policy", "registries"], other.to_str().unwrap());
        set(config, &["console", "listen"], address.to_string());
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let ask = || {
        let body = country.hand(lead).cms(&bytes(&country.question()));
        country.post_to(&node.exchange, &lead.agency, CMS, body).code()
    };
    assert_eq!(ask(), "operation-not-permitted");
    let matrix = country.path("policy/matrix.json");
    let named = ["--matrix", matrix.to_str().unwrap(), "--registries", other.to_str().unwrap(), "--json"];
    let checked = run(&[&["policy", "check"], &named[..]].concat());
    let set: Value = serde_json::from_str::<Value>(&checked.said).unwrap()["set"].clone();
    let text = STANDARD.encode(std::fs::read(matrix).unwrap());
    let proposal =
        json!({"version": 1, "kind": "matrix-proposal", "set": set, "matrix": text, "reasons": "new rules"});
    let approval = json!({"version": 1, "kind": "matrix-approval", "set": set});
    let console = format!("https://{address}");
    let proposed =
        hand_in_at(country, &console, "/v1/matrix/proposals", "console-operator", "valiev", &proposal);
    assert_eq!(proposed.status, 200, "{}", proposed.json());
    let approved =
        hand_in_at(country, &console, "/v1/matrix/approvals", "console-security", "zhanova", &approval);
    assert_eq!(approved.status, 200, "{}", approved.json());
    assert_eq!(ask(), "answered");
}
