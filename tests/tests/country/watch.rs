//! Seen from outside (SLS 6(12-3)): alive, ready, measured, logged; and no person named in any of it.

use http::Method;
use negiz_tests::channel::{Channel, get};
use negiz_tests::country::Country;
use serde_json::json;

on_both_databases!(
    tells_operators_that_it_is_alive_and_ready,
    measures_what_operators_need,
    names_no_person_in_logs_and_metrics,
    publishes_keys_checkpoints_and_its_own_description,
    says_who_one_is_on_the_console,
    lets_nobody_in_without_a_trusted_certificate,
    answers_unknown_paths_and_methods_with_problems,
    proves_old_receipts_against_a_log_that_only_grows,
    hands_out_proofs_between_any_two_sizes,
);

fn tells_operators_that_it_is_alive_and_ready(country: &Country) {
    let admin = &country.manifest.admin;
    assert_eq!(get(&format!("{admin}/healthz")).status, 200);
    let ready = get(&format!("{admin}/readyz"));
    let body = ready.json();
    assert_eq!((ready.status, &body["ready"]), (200, &json!(true)), "{body}");
    let names: Vec<_> =
        body["checks"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    for check in ["database", "case-sources", "revocation", "registries"] {
        assert!(names.contains(&check), "{names:?}");
    }
}

fn measures_what_operators_need(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let mut closed = country.question();
    closed["basis"]["case"] = json!("999999");
    country.refused("case-not-found", &country.ask(country.manifest.lead(), &closed));
    let reply = get(&format!("{}/metrics", country.manifest.admin));
    assert!(reply.header("content-type").starts_with("text/plain"));
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    for wanted in [
        "case-not-found",
        "population",
        country.manifest.agency("police").bin.as_str(),
        "_bucket{",
        "negiz_registry_breaker{registry=\"population\"} 0",
        "negiz_registry_questions_total{registry=\"population\",operation=",
        "negiz_registry_seconds_count{registry=\"population\"}",
    ] {
        assert!(text.contains(wanted), "nothing about {wanted} in /metrics:\n{text}");
    }
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
    }
}

/// IAB 6(1)44)-46): an IIN in a log is a disclosure.
fn names_no_person_in_logs_and_metrics(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let asked = document["parameters"]["iin"].as_str().unwrap();
    let log = country.process().errors();
    let metrics =
        String::from_utf8(get(&format!("{}/metrics", country.manifest.admin)).body.to_vec()).unwrap();
    let ready = String::from_utf8(get(&format!("{}/readyz", country.manifest.admin)).body.to_vec()).unwrap();
    assert!(log.contains("trace_id"), "JSON logs carry a trace id");
    for (place, text) in [("the log", &log), ("/metrics", &metrics), ("/readyz", &ready)] {
        for officer in &country.manifest.officers {
            assert!(!text.contains(&officer.iin), "{place} names {}", officer.code);
        }
        assert!(!text.contains(asked), "{place} names the person asked about");
        assert!(!text.contains("Witness statement"), "{place} repeats circumstances");
    }
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["time"].is_string() && line["level"].is_string(), "{line}");
    }
}

fn publishes_keys_checkpoints_and_its_own_description(country: &Country) {
    let lead = country.manifest.lead();
    let keys = country.get(&lead.agency, "/v1/keys");
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(country.path(&country.manifest.jwks)).unwrap()).unwrap();
    assert_eq!((keys.status, keys.json()), (200, file));
    let checkpoint = country.get(&lead.agency, "/v1/log/checkpoint");
    assert_eq!(checkpoint.status, 200);
    let head = country.verifier().checkpoint(std::str::from_utf8(&checkpoint.body).unwrap());
    assert!(head.head().size > 0);
    let description = country.get(&lead.agency, "/v1/openapi.json");
    assert_eq!(description.status, 200);
    let body = description.json();
    assert!(body["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(body["paths"]["/v1/requests"]["post"].is_object());
}

/// SLS 6(12-4): the capacity is that of the certificate.
fn says_who_one_is_on_the_console(country: &Country) {
    let address = &country.manifest.console;
    let me = |channel: Channel| channel.call(address, Method::GET, "/v1/me", None, "").unwrap();
    for (name, role) in [
        ("console-operator", "operator"),
        ("console-security", "security"),
        ("console-auditor", "auditor"),
        ("console-police", "agency"),
        ("console-prosecutor", "prosecutor"),
    ] {
        let reply = me(country.system(name));
        assert_eq!((reply.status, &reply.json()["role"]), (200, &json!(role)), "{name}");
    }
    for agency in &country.manifest.agencies {
        assert_eq!(me(country.channel(agency)).code(), "system-not-enrolled", "{}", agency.code);
    }
    assert_eq!(me(country.system("case-feed")).code(), "system-not-enrolled");
}

/// SLS 16-2(1): without a certificate of the transport authority nobody gets past the handshake.
fn lets_nobody_in_without_a_trusted_certificate(country: &Country) {
    let authority = country.path(&country.manifest.tls_ca);
    let officer = country.manifest.lead();
    let signing = Channel::open(&authority, &country.path(&officer.cert), &country.path(&officer.key));
    for channel in [Channel::anonymous(&authority), signing] {
        for address in [&country.manifest.exchange, &country.manifest.console] {
            // TLS 1.3 tells the client only when it reads.
            assert!(channel.call(address, Method::GET, "/v1/keys", None, "").is_err());
        }
    }
}

fn answers_unknown_paths_and_methods_with_problems(country: &Country) {
    let lead = country.manifest.lead();
    let channel = country.channel(country.manifest.agency(&lead.agency));
    for (method, path, status, code) in [
        (Method::GET, "/nope", 404, "not-found"),
        (Method::GET, "/v1/requests/not-a-uuid", 404, "not-found"),
        (Method::GET, "/v1/requests/6f5902ac-237e-4a0f-9d0b-6f5902ac237e", 404, "not-found"),
        (Method::DELETE, "/v1/requests", 405, "method-not-allowed"),
        (Method::POST, "/v1/registries", 405, "method-not-allowed"),
    ] {
        let reply = channel.call(&country.manifest.exchange, method, path, None, "").unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
}

/// C2SP tlog-tiles: from the published hashes alone, an old receipt's tree is a part of the new one.
fn proves_old_receipts_against_a_log_that_only_grows(country: &Country) {
    let lead = country.manifest.lead();
    let document = country.question();
    let early = country.answered(&document, &country.ask(lead, &document));
    let document = country.question();
    let late = country.answered(&document, &country.ask(lead, &document));
    let (old, new) = (early.head().head(), late.head().head());
    assert!(old.size < new.size && early.index() < late.index());
    crate::log::extends(country, old, new);
}

/// RFC 6962 sections 2.1.1, 2.1.2: between two receipts, and of one entry in the tree of the later.
fn hands_out_proofs_between_any_two_sizes(country: &Country) {
    let lead = country.manifest.lead();
    let document = country.question();
    let early = country.answered(&document, &country.ask(lead, &document));
    let document = country.question();
    let late = country.answered(&document, &country.ask(lead, &document));
    let (old, new) = (early.head().head(), late.head().head());
    let hashes = |body: &serde_json::Value| -> Vec<evidence::NodeHash> {
        let proof = body["proof"].as_array().unwrap().iter();
        proof.map(|hash| evidence::NodeHash::from_base64(hash.as_str().unwrap()).unwrap()).collect()
    };
    let consistency = "/v1/log/consistency";
    let ask = |query: String| country.get(&lead.agency, &query);
    let reply = ask(format!("{consistency}?first={}&second={}", old.size, new.size));
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    evidence::proof::verify_consistency(&hashes(&reply.json()), old, new).unwrap();
    assert_eq!(reply.json()["origin"], late.head().origin());
    let inclusion = "/v1/log/inclusion";
    let reply = ask(format!("{inclusion}?index={}&size={}", early.index(), new.size));
    let leaf = early.leaf().hash();
    evidence::proof::verify_inclusion(&hashes(&reply.json()), new, early.index(), leaf).unwrap();
    assert_eq!(ask(format!("{inclusion}?index={}", early.index())).status, 200);
    assert_eq!(ask(format!("{consistency}?first=0")).status, 200);
    for (query, status) in [
        (format!("{consistency}?first={}&second={}", new.size, old.size), 404),
        (format!("{consistency}?first=0&second=281474976710656"), 404),
        (format!("{inclusion}?index={}&size={}", new.size, new.size), 404),
        (format!("{consistency}?second=1"), 400),
        (format!("{consistency}?first=-1"), 400),
        (inclusion.to_owned(), 400),
    ] {
        assert_eq!(ask(query.clone()).status, status, "{query}");
    }
}
