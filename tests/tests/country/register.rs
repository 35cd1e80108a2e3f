//! The register is derived: emptied, it is made again from what the journal keeps, and says what it said when the requests came in.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use negiz_tests::country::{CMS, Country, JOSE};
use negiz_tests::document::bytes;
use negiz_tests::node::Node;
use serde_json::{Value, json};

use crate::destroying::{ask, close, confirm, is_destroyed, obtained};

on_both_databases!(says_the_same_when_it_is_made_again, lets_go_of_whom_the_latest_requests_were_about);

const NODE: &str = "derived";

/// The log's rows in the register, every column, once all that is in the log is.
fn rows(country: &Country, node: &Node) -> Vec<String> {
    let progress = format!(
        "SELECT CAST(h.size - r.next AS TEXT) FROM log_heads AS h JOIN register_logs AS r ON r.origin = h.origin
         WHERE h.origin = 'negiz.demo/{NODE}'"
    );
    let until = Instant::now() + Duration::from_secs(40);
    while country.texts(&progress) != ["0"] {
        assert!(Instant::now() < until, "the register falls behind: {}", node.process().errors());
        std::thread::sleep(Duration::from_millis(100));
    }
    let key = |name: &str| match country.database {
        Some(_) => format!("coalesce({name}::text, '')"),
        None => format!("hex({name})"),
    };
    let columns: Vec<String> = ["place", "at", "outcome", "track"]
        .map(|name| format!("CAST({name} AS TEXT)"))
        .into_iter()
        .chain(["request", "officer", "subject", "case_key"].map(key))
        .chain(["agency", "registry", "operation", "code"].map(|name| format!("coalesce({name}, '')")))
        .collect();
    let columns = columns.join(" || '|' || ");
    country.texts(&format!("SELECT {columns} FROM register WHERE {} ORDER BY place", of_the_log()))
}

fn of_the_log() -> String {
    format!("place / 281474976710656 = (SELECT number FROM register_logs WHERE origin = 'negiz.demo/{NODE}')")
}

/// One request with each of these contents, signed by the lead.
fn contents(country: &Country) -> Vec<Vec<u8>> {
    let with = |change: fn(&mut Value)| {
        let mut document = country.question();
        change(&mut document);
        bytes(&document)
    };
    let whole = with(|_| ());
    vec![
        whole.clone(),
        // Its id was used.
        whole.clone(),
        with(|document| document["basis"]["case"] = json!("26759999999998")),
        with(|document| document["basis"]["ground"] = json!("operational")),
        with(|document| document["registry"] = json!("Not a code")),
        with(|document| document["operation"] = json!("never-heard-of")),
        with(|document| document["parameters"]["iin"] = json!({"and": ["more", 1]})),
        with(|document| drop(document.as_object_mut().unwrap().remove("purpose"))),
        // Two readers could take it differently.
        [&whole[..whole.len() - 1], br#","registry":"vehicles"}"#].concat(),
        b"no document".to_vec(),
    ]
}

/// A signature over something else.
fn another_signature(country: &Country) -> Vec<u8> {
    let hand = country.hand(country.manifest.lead());
    let text = |jws: Vec<u8>| String::from_utf8(jws).unwrap();
    let (one, two) = (text(hand.jws(&bytes(&country.question()))), text(hand.jws(b"{}")));
    let signature = two.rsplit_once('.').unwrap().1;
    assert!(URL_SAFE_NO_PAD.decode(signature).is_ok());
    format!("{}.{signature}", one.rsplit_once('.').unwrap().0).into_bytes()
}

fn says_the_same_when_it_is_made_again(country: &Country) {
    let start = || Node::start(country, NODE, |_| ()).unwrap_or_else(|ended| panic!("{ended:?}"));
    let node = start();
    let lead = country.manifest.lead();
    let post = |kind: &str, body| country.post_to(&node.exchange, &lead.agency, kind, body).status;
    let (hand, contents) = (country.hand(lead), contents(country));
    let answered = contents.iter().filter(|content| post(CMS, hand.cms(content)) == 200).count();
    assert_eq!(answered, 1, "and nine were refused");
    assert_ne!(post(JOSE, another_signature(country)), 200);
    assert_ne!(post(CMS, b"no envelope".to_vec()), 200);
    let stranger = country.manifest.officers.iter().find(|officer| officer.state == "unregistered").unwrap();
    assert_ne!(post(CMS, country.hand(stranger).cms(&bytes(&country.question()))), 200);
    let made = rows(country, &node);
    assert_eq!(made.len(), contents.len() + 3);
    assert!(made.iter().any(|row| row.split('|').nth(3) == Some("1")), "one is operational: {made:?}");
    let answered = made.iter().find(|row| row.split('|').nth(2) == Some("1")).unwrap();
    assert!(answered.split('|').take(11).all(|column| !column.is_empty()), "nothing is left out: {answered}");
    drop(node);
    let emptied = format!("DELETE FROM register WHERE {}", of_the_log());
    country.texts(&emptied);
    country.texts(&format!("UPDATE register_logs SET next = 0 WHERE origin = 'negiz.demo/{NODE}'"));
    assert_eq!(rows(country, &start()), made);
}

/// OI 5(5): a request that was under way when its case's material was destroyed comes into the register after the first look at it.
fn lets_go_of_whom_the_latest_requests_were_about(country: &Country) {
    let (document, mut case) = obtained(country);
    close(country, &mut case);
    let asked = ask(country, "police", &case);
    assert_eq!(confirm(country, "security", &asked.json()["id"]).status, 200);
    assert!(is_destroyed(country, &document));
    let request = country.is_request(&document["id"]);
    let forgotten = || {
        country
            .texts(&format!("SELECT CAST(subject IS NULL AS TEXT) FROM register WHERE {request}"))
            .remove(0)
    };
    let before = forgotten();
    country.texts(&format!("UPDATE register SET subject = officer WHERE {request}"));
    assert_ne!(forgotten(), before, "it is told again");
    let until = Instant::now() + Duration::from_secs(60);
    while forgotten() != before {
        assert!(Instant::now() < until, "whom it was about stays");
        std::thread::sleep(Duration::from_millis(200));
    }
}
