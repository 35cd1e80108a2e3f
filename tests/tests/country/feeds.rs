//! Case registries report by feed (SLS 16-2(3)¶2): versioned, whole or not at all, by their own systems alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certs::algorithm::KeyKind;
use certs::issue::{DistinguishedName, SigningKey};
use http::Method;
use negiz_tests::channel::{Channel, runtime};
use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::issuer::{DAY, authority, bare, now};
use negiz_tests::manifest::Case;
use serde_json::{Value, json};
use sha2::Digest as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

on_both_databases!(
    never_lets_an_older_state_overwrite_a_newer_one,
    takes_the_same_report_twice,
    takes_a_report_whole_or_not_at_all,
    takes_no_second_word_under_one_version,
    takes_reports_from_case_registries_alone,
    takes_ten_thousand_cases_and_not_one_more,
    takes_no_word_about_the_future,
    waits_for_no_slow_sender,
);

/// A sender whose bodies drip in, once with as many as it may have, holds up itself and nobody else.
fn waits_for_no_slow_sender(country: &Country) {
    let slow = second_feed(country);
    let dripping: Vec<_> = (0..6).map(|_| drip(country, &slow)).collect();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        let reply = report(country, &[]);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "a slow sender held the others up");
    let own = slow.call(&country.manifest.exchange, Method::PUT, "/v1/cases", Some("application/json"), "{}");
    assert_eq!(own.unwrap().code(), "rate-limited", "the slow sender waits for itself");
    drop(dripping);
}

/// Another system of the case registry, enrolled by the operator.
fn second_feed(country: &Country) -> Channel {
    let subject = DistinguishedName::common_name("drip");
    let profile = bare(subject, now() - DAY, now() + DAY).tls_client();
    let key = SigningKey::generate(KeyKind::P256).unwrap();
    let certificate = authority(country, "tls/ca").certify(&profile, key.spki_der()).unwrap();
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(&certificate)
    );
    std::fs::write(country.path("systems/drip.pem"), pem).unwrap();
    std::fs::write(country.path("systems/drip.key"), key.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
    let system = json!({
        "bin": country.manifest.agency("operator").bin, "name": "A slow case registry", "state": "active",
        "certificate": hex::encode(sha2::Sha256::digest(&certificate)), "role": "case-feed", "source": "case-register",
    });
    let (file, config) = (country.path("drip.json"), country.path("negiz.toml"));
    std::fs::write(&file, json!({ "systems": [system] }).to_string()).unwrap();
    let done = run(&["agencies", "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    country.system("drip")
}

/// A feed whose body has begun, and does not go on while the stream is held.
fn drip(country: &Country, sender: &Channel) -> TlsStream<TcpStream> {
    runtime().block_on(async {
        let mut stream = sender.connect(&country.manifest.exchange).await.unwrap();
        let head = "PUT /v1/cases HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        stream
    })
}

fn report(country: &Country, cases: &[Value]) -> negiz_tests::channel::Reply {
    country.feed(&json!({ "as-of": seconds_from_now(0), "cases": cases }))
}

fn asked(country: &Country, case: &Case) -> String {
    let lead = country.manifest.lead();
    let document = country.document(lead, case, country.manifest.registry("person-by-iin"));
    country.ask(lead, &document).code()
}

fn never_lets_an_older_state_overwrite_a_newer_one(country: &Country) {
    let mut case = country.new_case(country.manifest.lead());
    case.status = "closed".to_owned();
    assert_eq!(report(country, &[country.state(&case, 5)]).status, 200);
    case.status = "open".to_owned();
    for version in [0, 1, 4] {
        assert_eq!(report(country, &[country.state(&case, version)]).status, 200);
        assert_eq!(asked(country, &case), "case-not-open", "version {version} came after 5");
    }
    assert_eq!(report(country, &[country.state(&case, 6)]).status, 200);
    assert_eq!(asked(country, &case), "answered");
}

fn takes_the_same_report_twice(country: &Country) {
    let case = country.new_case(country.manifest.lead());
    for _ in 0..3 {
        let reply = report(country, &[country.state(&case, 1)]);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }
    assert_eq!(asked(country, &case), "answered");
}

fn takes_a_report_whole_or_not_at_all(country: &Country) {
    let mut case = country.new_case(country.manifest.lead());
    case.status = "closed".to_owned();
    let good = country.state(&case, 2);
    let broken = |name: &str, value: Value| {
        let mut state = good.clone();
        state["number"] = json!("T-broken");
        state[name] = value;
        state
    };
    for bad in [
        broken("kind", json!("tax")),
        broken("kind", json!("enforcement")),
        broken("status", json!("reopened")),
        broken("agency", json!("940740000014")),
        broken("holders", json!(["850314301012"])),
        broken("holders", json!("850314301011")),
        broken("version", json!(-1)),
        broken("version", json!("2")),
        broken("number", json!("")),
        broken("extra", json!(1)),
    ] {
        let reply = report(country, &[good.clone(), bad.clone()]);
        assert_eq!((reply.code().as_str(), reply.status), ("malformed-document", 400), "{bad}");
        assert_eq!(asked(country, &case), "answered", "half of a report was taken: {bad}");
    }
    let open = json!({ "as-of": "now", "cases": [] });
    assert_eq!(country.feed(&open).code(), "malformed-document");
}

fn takes_no_second_word_under_one_version(country: &Country) {
    let mut case = country.new_case(country.manifest.lead());
    assert_eq!(report(country, &[country.state(&case, 2)]).status, 200);
    case.status = "closed".to_owned();
    let reply = report(country, &[country.state(&case, 2)]);
    assert_eq!((reply.code().as_str(), reply.status), ("malformed-document", 400));
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&case.number) && detail.contains("version"), "{detail}");
    assert_eq!(asked(country, &case), "answered");
}

fn takes_reports_from_case_registries_alone(country: &Country) {
    let mut case = country.new_case(country.manifest.lead());
    case.status = "closed".to_owned();
    let feed = bytes(&json!({ "as-of": seconds_from_now(0), "cases": [country.state(&case, 2)] }));
    let address = &country.manifest.exchange;
    let put = |channel: Channel| {
        channel.call(address, Method::PUT, "/v1/cases", Some("application/json"), feed.clone()).unwrap()
    };
    for agency in &country.manifest.agencies {
        assert_eq!(put(country.channel(agency)).code(), "system-not-enrolled", "{}", agency.code);
    }
    for console in ["console-operator", "console-security", "console-prosecutor"] {
        assert_eq!(put(country.system(console)).code(), "system-not-enrolled", "{console}");
    }
    assert_eq!(asked(country, &case), "answered");
}

fn takes_ten_thousand_cases_and_not_one_more(country: &Country) {
    let lead = country.manifest.lead();
    let cases: Vec<Value> = (0..10_001)
        .map(|serial| Case { number: format!("M{serial}"), ..country.manifest.case(lead, "search").clone() })
        .map(|case| country.state(&case, 1))
        .collect();
    assert_eq!(report(country, &cases).code(), "too-large");
    let reply = report(country, &cases[..10_000]);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let last = Case { number: "M9999".to_owned(), ..country.manifest.case(lead, "search").clone() };
    assert_eq!(asked(country, &last), "answered");
}

fn takes_no_word_about_the_future(country: &Country) {
    let mut case = country.new_case(country.manifest.lead());
    case.status = "closed".to_owned();
    for ahead in [120, 86_400] {
        let reply =
            country.feed(&json!({ "as-of": seconds_from_now(ahead), "cases": [country.state(&case, 2)] }));
        assert_eq!((reply.code().as_str(), reply.status), ("document-stale", 422));
    }
    assert_eq!(asked(country, &case), "answered");
}
