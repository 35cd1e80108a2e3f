//! A prosecutor's resolution reaches what is already under way (OI 25(2)3)).

use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::manifest::Case;
use negiz_tests::node::{Node, verifier};
use negiz_tests::sign::Hand;
use negiz_tests::tracks::Tracks;
use serde_json::{Value, json};

#[test]
fn hands_nothing_over_in_a_case_that_is_stopped_while_the_registry_answers_on_sqlite() {
    hands_nothing_over_in_a_case_that_is_stopped_while_the_registry_answers(None);
}

#[test]
fn hands_nothing_over_in_a_case_that_is_stopped_while_the_registry_answers_on_postgres() {
    let database = negiz_tests::postgres::database().unwrap();
    hands_nothing_over_in_a_case_that_is_stopped_while_the_registry_answers(Some(&database.owner));
}

/// The slow registry, with the patience to wait for its answer: in this country it answers, after two seconds.
pub(crate) fn patient(country: &Country) -> Value {
    let state: Value = serde_json::from_slice(&std::fs::read(country.path("state.json")).unwrap()).unwrap();
    let port = state["registries"]["archive"].as_u64().expect("the port of the slow registry");
    json!({
        "code": "archive", "title": "Archive of civil status",
        "act": {"title": "Invented", "number": "0-0", "date": "2023-01-13", "valid-from": "2023-02-01"},
        "state": "integrated", "endpoint": format!("https://127.0.0.1:{port}/v1"), "server-name": "localhost",
        "audience": "urn:demo:registry:archive", "concurrency": 16,
        "breaker": {"failures": 1000, "open-seconds": 2},
        "operations": [{
            "code": "file-by-iin", "title": "Whether there is a file on a person", "class": "ordinary",
            "method": "GET", "path": "/files/{iin}", "subject": "iin",
            "parameters": {"type": "object", "properties": {"iin": {"type": "string", "format": "iin"}},
                           "required": ["iin"], "additionalProperties": false},
            "answer": {"type": "object", "properties": {"iin": {"type": "string"}, "file": {"type": "string"}},
                       "required": ["iin", "file"], "additionalProperties": false},
            "fields": {"criminal-case": ["*"]}, "timeout-ms": 20_000, "max-bytes": 65_536,
        }],
    })
}

fn stop(country: &Country, case: &Case) -> Reply {
    let resolution = json!({
        "version": 1, "kind": "resolution", "number": "11-r", "case": {"kind": case.kind, "number": case.number},
        "reasons": "The measures go beyond what the case needs",
    });
    let tracks = Tracks::of(country);
    let body = Hand::of(&country.directory, tracks.officer(country, "tulegenov")).cms(&bytes(&resolution));
    let console = country.system("console-prosecutor");
    console.call(&country.manifest.console, Method::POST, "/v1/resolutions", Some(CMS), body).unwrap()
}

/// OI 25(2)3): what was granted, recorded and asked before the resolution is still not handed over after it, on any node; and a case
/// that nobody stopped is answered meanwhile.
fn hands_nothing_over_in_a_case_that_is_stopped_while_the_registry_answers(database: Option<&str>) {
    let country = &Country::start(database);
    let node = Node::start(country, "in-flight", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let (file, config) = (country.path("archive.json"), country.path("negiz.toml"));
    std::fs::write(&file, patient(country).to_string()).unwrap();
    let done = run(&["registries", "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    let (lead, slow) = (country.manifest.lead(), country.manifest.registries("slow").next().unwrap());
    let (stopped, other) = (country.new_case(lead), country.new_case(lead));
    let places = [country.manifest.exchange.as_str(), node.exchange.as_str()];
    let ask = |place: &str, case: &Case| {
        let body = country.hand(lead).cms(&bytes(&country.document(lead, case, slow)));
        country.post_to(place, &lead.agency, CMS, body)
    };
    // Until both nodes have taken up the listing.
    let deadline = Instant::now() + Duration::from_secs(30);
    while places.iter().any(|place| ask(place, &other).code() != "answered") {
        assert!(Instant::now() < deadline, "the listing is not in force");
    }
    let asked = country.calls(slow);
    std::thread::scope(|scope| {
        let in_flight: Vec<_> = places.iter().map(|place| scope.spawn(|| ask(place, &stopped))).collect();
        let beside = scope.spawn(|| ask(places[1], &other));
        while country.calls(slow) < asked + 3 {
            assert!(Instant::now() < deadline, "the registry was not asked");
            std::thread::sleep(Duration::from_millis(10));
        }
        let reply = stop(country, &stopped);
        assert_eq!(reply.json()["done"], "case-stopped", "{}", reply.json());
        for asking in in_flight {
            let reply = asking.join().unwrap();
            let said = reply.json();
            assert_eq!(
                (reply.code().as_str(), &said["clause"]),
                ("case-not-open", &json!("OI 25(2)3)")),
                "{said}"
            );
            assert!(said.get("record").is_none(), "{said}");
            let known = verifier(country, &["in-flight"]);
            let receipt = known.verify(said["receipt"].as_str().expect("it is on record"));
            let failed = matches!(receipt.outcome(), evidence::Outcome::Failed(_));
            assert!(failed, "a grant was made, and failed: {:?}", receipt.outcome());
        }
        assert_eq!(beside.join().unwrap().code(), "answered", "another case goes on");
    });
}
