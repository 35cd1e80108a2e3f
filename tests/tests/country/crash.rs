//! What was promised survives what happens to the process and to the database under it (promises 1 and 2).

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evidence::{Outcome, VerifiedReceipt};
use http::Method;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::postgres;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

#[test]
fn keeps_every_receipt_through_a_crash_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let country = crash_and_return(directory.path(), None);
    gives_nothing_it_cannot_record(&country, |act| {
        let file = country.path("negiz.db");
        let runtime = negiz_tests::channel::runtime();
        let mut other = runtime.block_on(sqlx::SqliteConnection::connect(file.to_str().unwrap())).unwrap();
        // Somebody holds the database and does not let go: no commit returns.
        runtime.block_on(other.execute("BEGIN IMMEDIATE")).unwrap();
        act();
        runtime.block_on(other.execute("ROLLBACK")).unwrap();
    });
}

#[test]
fn keeps_every_receipt_through_a_crash_on_postgres() {
    let directory = tempfile::tempdir().unwrap();
    let database = postgres::database().unwrap();
    let country = crash_and_return(directory.path(), Some(&database.owner));
    gives_nothing_it_cannot_record(&country, |act| {
        let runtime = negiz_tests::channel::runtime();
        let mut admin = runtime.block_on(sqlx::PgConnection::connect(&database.administrator)).unwrap();
        let mut say = |text: &str| {
            let text = text.to_owned();
            runtime.block_on(admin.execute(sqlx::AssertSqlSafe(text))).unwrap();
        };
        let name = database.owner.split(['/', '?']).nth(3).unwrap();
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        );
        // As after a fail-over to a standby that was not promoted.
        say(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
        say(&cut);
        act();
        say("SET default_transaction_read_only = off");
        say(&format!("ALTER DATABASE {name} SET default_transaction_read_only = off"));
        say(&cut);
    });
}

/// A crash under load, and a start on what it left.
fn crash_and_return(directory: &Path, database: Option<&str>) -> Country {
    let country = Country::start_in(directory, database).unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let slow = country.manifest.registries("slow").next().unwrap();
    let waiting = country.document(lead, country.manifest.case(lead, "criminal"), slow);
    let told: Mutex<Vec<(VerifiedReceipt, Value)>> = Mutex::default();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| load(&country, &told, &over));
        }
        until("there is no load", || told.lock().unwrap().len() >= 8);
        let asked = country.calls(slow);
        let body = country.hand(lead).cms(&bytes(&waiting));
        let channel = country.channel(country.manifest.agency(&lead.agency));
        let exchange = &country.manifest.exchange;
        scope.spawn(move || channel.call(exchange, Method::POST, "/v1/requests", Some(CMS), body));
        // The registry was asked, so the grant is durable; it will not have answered yet.
        until("the slow registry is not asked", || country.calls(slow) > asked);
        country.process().signal("KILL");
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(country.process().wait(), 137);
    let (vkey, keys) = (country.manifest.log_vkey.clone(), country.manifest.jwks.clone());
    drop(country);
    let country = Country::start_in(directory, database).unwrap_or_else(|ended| panic!("{ended:?}"));
    assert_eq!((&country.manifest.log_vkey, &country.manifest.jwks), (&vkey, &keys), "the same log goes on");
    let told = told.into_inner().unwrap();
    remembers(&country, &told);
    // A grant without an outcome gets one.
    let path = format!("/v1/requests/{}", waiting["id"].as_str().unwrap());
    let found = country.get(&country.manifest.lead().agency, &path).json();
    assert_eq!((&found["outcome"], &found["code"]), (&json!("failed"), &json!("interrupted")), "{found}");
    let receipt = country.verifier().verify(found["receipt"].as_str().unwrap());
    assert!(matches!(receipt.outcome(), Outcome::Failed(code) if code.to_string() == "interrupted"));
    country
}

fn until(what_if_not: &str, reached: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(Instant::now() < deadline, "{what_if_not}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn load(country: &Country, told: &Mutex<Vec<(VerifiedReceipt, Value)>>, over: &AtomicBool) {
    let lead = country.manifest.lead();
    let channel = country.channel(country.manifest.agency(&lead.agency));
    while !over.load(Ordering::Relaxed) {
        let document = country.question();
        let body = country.hand(lead).cms(&bytes(&document));
        let sent = channel.call(&country.manifest.exchange, Method::POST, "/v1/requests", Some(CMS), body);
        if let Ok(reply) = sent {
            told.lock().unwrap().push((country.answered(&document, &reply), document));
        }
    }
}

/// No receipt that any client got is missing, and all of them are in the tree that goes on growing.
fn remembers(country: &Country, told: &[(VerifiedReceipt, Value)]) {
    let agency = &country.manifest.lead().agency;
    for (receipt, document) in told {
        let later = country.get(agency, &format!("/v1/requests/{}", receipt.id())).json();
        assert_eq!(later["outcome"], "answered", "{later}");
        let again = country.verifier().verify(later["receipt"].as_str().unwrap());
        assert_eq!(
            (again.index(), again.outcome(), again.leaf()),
            (receipt.index(), receipt.outcome(), receipt.leaf())
        );
        country.refused("duplicate-request", &country.ask(country.manifest.lead(), document));
    }
    let checkpoint = country.get(agency, "/v1/log/checkpoint");
    let head = country.verifier().checkpoint(std::str::from_utf8(&checkpoint.body).unwrap());
    let last = told.iter().map(|(receipt, _)| receipt.head().head()).max_by_key(|head| head.size).unwrap();
    assert!(head.head().size > last.size);
    crate::log::extends(country, last, head.head());
}

/// SLS 16-2(2): what cannot be recorded is not done, and no registry hears of it.
fn gives_nothing_it_cannot_record(country: &Country, while_down: impl FnOnce(&dyn Fn())) {
    let lead = country.manifest.lead();
    let licences = country.manifest.registry("licence-by-iin");
    let ask =
        || country.ask(lead, &country.document(lead, country.manifest.case(lead, "criminal"), licences));
    assert_eq!(ask().code(), "answered");
    let before = country.calls(licences);
    while_down(&|| {
        let reply = ask();
        country.refused("evidence-unavailable", &reply);
        assert!(reply.json().get("record").is_none());
        assert_eq!(country.calls(licences), before, "a registry was asked without a durable grant");
    });
    until("it does not come back", || ask().code() == "answered");
}
