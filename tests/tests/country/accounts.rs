//! Every log says what of it is gone before it is (SLS 16-3(3)): no moment at which content is missing and nothing says so.

use std::time::{Duration, Instant};

use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::manifest::Case;
use negiz_tests::node::Node;

use crate::destroying::{ask, close, confirm, evidence, is_destroyed, obtained};
use crate::stopping::patient;

#[test]
fn a_key_stays_until_every_log_says_that_it_goes_on_sqlite() {
    a_key_stays_until_every_log_says_that_it_goes(None);
}

#[test]
fn a_key_stays_until_every_log_says_that_it_goes_on_postgres() {
    let database = negiz_tests::postgres::database().unwrap();
    a_key_stays_until_every_log_says_that_it_goes(Some(&database.owner));
}

#[test]
fn what_comes_under_a_key_late_is_named_too_on_sqlite() {
    what_comes_under_a_key_late_is_named_too(None);
}

#[test]
fn what_comes_under_a_key_late_is_named_too_on_postgres() {
    let database = negiz_tests::postgres::database().unwrap();
    what_comes_under_a_key_late_is_named_too(Some(&database.owner));
}

/// Something obtained in the case through another node.
fn obtain(country: &Country, node: &Node, case: &Case) {
    let lead = country.manifest.lead();
    let document = country.document(lead, case, country.manifest.registry("person-by-iin"));
    let body = country.hand(lead).cms(&bytes(&document));
    assert_eq!(country.post_to(&node.exchange, &lead.agency, CMS, body).code(), "answered");
}

fn is_sound(config: &std::path::Path) {
    let done = run(&["log", "fsck", "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn a_key_stays_until_every_log_says_that_it_goes(database: Option<&str>) {
    let country = &Country::start(database);
    let start = || Node::start(country, "second", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let second = start();
    let (document, mut case) = obtained(country);
    obtain(country, &second, &case);
    let config = second.config.clone();
    drop(second);
    close(country, &mut case);
    let asked = ask(country, "police", &case);
    assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
    assert_eq!(confirm(country, "security", &asked.json()["id"]).status, 200);
    // The second log has something of it and its node is away: it stays for a while, and both logs are sound.
    assert!(!is_destroyed(country, &document));
    country.is_sound(&[]);
    is_sound(&config);
    let _second = start();
    until("the key went once both logs said so", || {
        // At every moment.
        country.is_sound(&[]);
        is_sound(&config);
        is_destroyed(country, &document)
    });
    country.is_sound(&[]);
    is_sound(&config);
}

/// Granted before its case ended, answered after this log's account: the bundle shows both entries that say so.
fn what_comes_under_a_key_late_is_named_too(database: Option<&str>) {
    let country = &Country::start(database);
    let start = || Node::start(country, "second", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let (lead, slow) = (country.manifest.lead(), country.manifest.registries("slow").next().unwrap());
    let (file, config) = (country.path("archive.json"), country.path("negiz.toml"));
    std::fs::write(&file, patient(country).to_string()).unwrap();
    let done = run(&["registries", "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    let second = start();
    let (_, mut case) = obtained(country);
    obtain(country, &second, &case);
    drop(second);
    until("the listing is in force", || {
        country.ask(lead, &country.document(lead, &case, slow)).code() == "answered"
    });
    let document = country.document(lead, &case, slow);
    let calls = country.calls(slow);
    std::thread::scope(|scope| {
        let under_way = scope.spawn(|| country.ask(lead, &document));
        until("the registry is asked", || country.calls(slow) > calls);
        close(country, &mut case);
        let asked = ask(country, "police", &case);
        assert_eq!(confirm(country, "security", &asked.json()["id"]).status, 200);
        // The key stays until the second log says something too, so what is under way still ends as it would have.
        assert_eq!(under_way.join().unwrap().code(), "answered");
    });
    let _second = start();
    until("the key goes", || is_destroyed(country, &document));
    // Twenty seconds later everything that came late is named.
    until("every log is sound", || run(&["log", "fsck", "--config", config.to_str().unwrap()]).status == 0);
    let verified = evidence(country, &document, "late.evidence");
    assert_eq!(verified.status, 0, "{verified:?}");
    assert!(verified.said.contains("was destroyed"), "{verified:?}");
    assert!(!verified.said.contains("no entry shown says so"), "{verified:?}");
}
