//! Sanctions, urgent measures and the prosecutor's resolution (OI 12(4), OI 12(7), OI 25(2)3)).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::node::{Node, set};
use negiz_tests::sign::Hand;
use negiz_tests::tracks::{Question, Tracks};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tracks::measured;

on_both_databases!(
    lets_private_life_out_under_a_prosecutors_sanction,
    takes_no_sanction_that_does_not_fit,
    begins_urgently_tells_the_prosecutor_and_stops_at_the_deadline,
    begins_nothing_urgent_where_nobody_can_be_told,
    stops_a_case_by_resolution_on_every_node,
    takes_a_sanction_back_on_every_node,
    takes_resolutions_from_prosecutors_alone,
    says_of_a_resolution_told_twice_since_when_it_holds,
);

/// A child who has a parent in the population, as the manifest's question about parents names it.
pub(crate) fn child(country: &Country) -> String {
    country.manifest.registry("parent-by-iin").parameters["iin"].as_str().unwrap().to_owned()
}

/// A private-life measure on the operational ground, in material that no other test knows.
pub(crate) fn private<'a>(case: &'a str, iin: &'a str) -> Question<'a> {
    Question {
        officer: "mukanov",
        ground: "operational",
        case,
        registry: "population",
        operation: "parent-by-iin",
        iin,
    }
}

pub(crate) fn material() -> String {
    format!("OP-{}", Uuid::new_v4())
}

/// Signs a document as an official does and gives it as text.
pub(crate) fn signed(country: &Country, tracks: &Tracks, officer: &str, document: &Value) -> String {
    let hand = Hand::of(&country.directory, tracks.officer(country, officer));
    STANDARD.encode(hand.cms(&bytes(document)))
}

pub(crate) fn sanction(case: &str, subject: &str) -> Value {
    json!({
        "version": 1, "kind": "sanction", "number": "17-s", "case": case, "registries": ["population"],
        "subject": subject, "from": seconds_from_now(-3600), "until": seconds_from_now(86_400),
    })
}

pub(crate) fn urgent(case: &str, subject: &str, decided: i64) -> Value {
    json!({
        "version": 1, "kind": "urgent-decision", "number": "3-u", "case": case, "registries": ["population"],
        "subject": subject, "decided": seconds_from_now(decided), "against-judge": false, "threat": "grave-crime",
        "reasons": "The person is about to leave; a witness says within the hour",
    })
}

/// OI 12(4)
fn lets_private_life_out_under_a_prosecutors_sanction(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let mut document = measured(tracks.document(country, &private(&case, &child)));
    document["basis"]["sanction"] = json!(signed(country, &tracks, "sadykov", &sanction(&case, &child)));
    let reply = tracks.ask(country, "mukanov", &document);
    country.answered(&document, &reply);
}

/// OI 12(4)¶4: the prosecutors named there, this case, these registries, this subject, this term.
fn takes_no_sanction_that_does_not_fit(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let fitting = sanction(&case, &child);
    let with = |member: &str, value: Value| {
        let mut changed = fitting.clone();
        changed[member] = value;
        changed
    };
    let wrong: Vec<(&str, Value)> = vec![
        ("tulegenov", fitting.clone()),
        ("mukanov", fitting.clone()),
        ("sadykov", with("case", json!("another"))),
        ("sadykov", with("registries", json!(["vehicles"]))),
        ("sadykov", with("subject", json!("720522379429"))),
        ("sadykov", with("until", json!(seconds_from_now(-60)))),
        ("sadykov", with("kind", json!("resolution"))),
        ("sadykov", with("extra", json!(1))),
    ];
    for (officer, given) in wrong {
        let mut document = measured(tracks.document(country, &private(&case, &child)));
        document["basis"]["sanction"] = json!(signed(country, &tracks, officer, &given));
        let reply = tracks.ask(country, "mukanov", &document);
        assert_eq!(reply.code(), "sanction-missing", "{officer}: {given}: {}", reply.json());
        country.refused("sanction-missing", &reply);
    }
    let mut document = measured(tracks.document(country, &private(&case, &child)));
    document["basis"]["sanction"] = json!("not a signature");
    let reply = tracks.ask(country, "mukanov", &document);
    country.refused("sanction-missing", &reply);
    assert!(reply.json()["detail"].as_str().unwrap().contains("not accepted"), "{}", reply.json());
}

/// A service that takes notices by POST.
pub(crate) fn webhook() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notices", listener.local_addr().unwrap());
    let (taken, notices) = channel();
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            // The first attempt is turned away: a notice is delivered at least once, not at most.
            let status = if turn == 0 { "503 Busy" } else { "204 No Content" };
            let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if turn > 0 {
                taken.send(serde_json::from_slice(&body).unwrap()).unwrap();
            }
        }
    });
    (url, notices)
}

/// A mail relay that takes everything.
pub(crate) fn relay() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (taken, mails) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            reader.get_mut().write_all(b"220 relay\r\n").unwrap();
            let (mut mail, mut data) = (String::new(), false);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                let answer = match (data, line.trim_end()) {
                    (true, ".") => {
                        data = false;
                        "250 taken\r\n"
                    }
                    (true, text) => {
                        mail.push_str(text);
                        mail.push('\n');
                        continue;
                    }
                    (false, "DATA") => {
                        data = true;
                        "354 go on\r\n"
                    }
                    (false, "QUIT") => {
                        let _ = reader.get_mut().write_all(b"221 bye\r\n");
                        break;
                    }
                    (false, _) => "250 ok\r\n",
                };
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
            let _ = taken.send(mail);
        }
    });
    (address, mails)
}

/// Waits for the notice of `what` about a request; others of the same gateway may come before it.
pub(crate) fn notice(notices: &Receiver<Value>, what: &str, request: &str) {
    let told = std::iter::from_fn(|| notices.recv_timeout(Duration::from_secs(20)).ok());
    let mut about = told.filter(|told| told["request"] == request);
    assert_eq!(about.next().expect("a notice")["what"], what);
}

/// OI 12(7): begun on a head's decision, told at once, ended after twenty-four hours, flagged.
fn begins_urgently_tells_the_prosecutor_and_stops_at_the_deadline(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let ((url, notices), (relay, mails)) = (webhook(), relay());
    let node = Node::start(country, "urgent", |config| {
        config.insert("notify".to_owned(), toml::Value::Table(toml::Table::new()));
        set(config, &["notify", "webhook"], url.as_str());
        let mail = toml::toml! { from = "gateway@negiz.test" to = ["duty@prosecutor.test"] };
        set(config, &["notify", "mail"], toml::Value::Table(mail));
        set(config, &["notify", "mail", "relay"], relay.as_str());
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    // Twenty-four hours ago, but for a few seconds: the clock is nearly out.
    let decision = signed(country, &tracks, "usenov", &urgent(&case, &child, 8 - 86_400));
    let ask = |decision: &str| {
        let mut document = measured(tracks.document(country, &private(&case, &child)));
        document["basis"]["urgent"] = json!(decision);
        let reply = tracks.ask_at(country, &node.exchange, "mukanov", &document);
        (document["id"].as_str().unwrap().to_owned(), reply)
    };
    let not_head = signed(country, &tracks, "rakhimov", &urgent(&case, &child, 8 - 86_400));
    assert_eq!(ask(&not_head).1.code(), "sanction-missing", "not a head of the body");
    let mut judge = urgent(&case, &child, 8 - 86_400);
    judge["against-judge"] = json!(true);
    assert_eq!(ask(&signed(country, &tracks, "usenov", &judge)).1.code(), "sanction-missing", "OI 12(7)¶3");
    let (id, reply) = ask(&decision);
    assert_eq!(reply.code(), "answered", "{}", reply.json());
    let wait = Duration::from_secs(20);
    notice(&notices, "urgent-measure-begun", &id);
    let mail =
        std::iter::from_fn(|| mails.recv_timeout(wait).ok()).find(|mail| mail.contains(&id)).expect("a mail");
    assert!(mail.contains("urgent") && mail.contains("To: duty@prosecutor.test"), "{mail}");
    // A second decision does not begin the clock anew.
    let second = signed(country, &tracks, "usenov", &urgent(&case, &child, 0));
    let deadline = Instant::now() + Duration::from_secs(20);
    while ask(&second).1.code() != "sanction-missing" {
        assert!(Instant::now() < deadline, "the clock does not run out");
        std::thread::sleep(Duration::from_millis(500));
    }
    notice(&notices, "urgent-measure-unsanctioned", &id);
    let outcome = country.get("police", &format!("/v1/requests/{id}"));
    assert_eq!(outcome.json()["unsanctioned"], true, "{}", outcome.json());
}

/// OI 12(7): «with notification of the prosecutor». A node without a way to tell one.
fn begins_nothing_urgent_where_nobody_can_be_told(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let node = Node::start(country, "mute", |config| drop(config.remove("notify")));
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let mut document = measured(tracks.document(country, &private(&case, &child)));
    document["basis"]["urgent"] = json!(signed(country, &tracks, "usenov", &urgent(&case, &child, -60)));
    let reply = tracks.ask_at(country, &node.exchange, "mukanov", &document);
    assert_eq!(reply.code(), "sanction-missing", "{}", reply.json());
}

pub(crate) fn resolve(country: &Country, system: &str, body: Vec<u8>) -> Reply {
    let console = country.system(system);
    let address = &country.manifest.console;
    console.call(address, Method::POST, "/v1/resolutions", Some(CMS), body).expect("an answer")
}

fn resolution(case: &str) -> Value {
    json!({
        "version": 1, "kind": "resolution", "number": "9-r", "case": {"kind": "criminal", "number": case},
        "reasons": "The measures go beyond what the case needs",
    })
}

/// OI 25(2)3): from that second on nothing is obtained in the case, by anyone, anywhere.
fn stops_a_case_by_resolution_on_every_node(country: &Country) {
    let tracks = Tracks::of(country);
    let lead = country.manifest.lead();
    let case = country.new_case(lead);
    let registry = country.manifest.registry("person-by-iin");
    let node = Node::start(country, "stopped", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let ask = |exchange: &str| {
        let document = country.document(lead, &case, registry);
        country.post_to(exchange, &lead.agency, CMS, country.hand(lead).cms(&bytes(&document)))
    };
    assert_eq!(ask(&node.exchange).code(), "answered");
    let hand = Hand::of(&country.directory, tracks.officer(country, "tulegenov"));
    let reply = resolve(country, "console-prosecutor", hand.cms(&bytes(&resolution(&case.number))));
    assert_eq!(reply.status, 200, "{}", reply.json());
    assert_eq!(reply.json()["done"], "case-stopped");
    std::thread::sleep(Duration::from_secs(1));
    for exchange in [&country.manifest.exchange, &node.exchange] {
        let reply = ask(exchange);
        assert_eq!(
            (reply.code().as_str(), reply.json()["clause"].as_str()),
            ("case-not-open", Some("OI 25(2)3)"))
        );
    }
}

/// OI 25(2)3): a sanction taken back covers nothing any more, whichever node is asked.
fn takes_a_sanction_back_on_every_node(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let node = Node::start(country, "taken-back", |_| {}).unwrap_or_else(|ended| panic!("{ended:?}"));
    let given = bytes(&sanction(&case, &child));
    let hand = Hand::of(&country.directory, tracks.officer(country, "sadykov"));
    let text = STANDARD.encode(hand.cms(&given));
    let ask = |exchange: &str| {
        let mut document = measured(tracks.document(country, &private(&case, &child)));
        document["basis"]["sanction"] = json!(text);
        tracks.ask_at(country, exchange, "mukanov", &document).code()
    };
    let places = [country.manifest.exchange.as_str(), node.exchange.as_str()];
    assert_eq!(places.map(ask), ["answered"; 2]);
    let resolution = json!({
        "version": 1, "kind": "resolution", "number": "10-r", "sanction": evidence::Digest::of(&given).to_string(),
        "reasons": "The sanction was obtained on a false report",
    });
    let reply = resolve(country, "console-prosecutor", hand.cms(&bytes(&resolution)));
    assert_eq!((reply.status, &reply.json()["done"]), (200, &json!("sanction-taken-back")));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(places.map(ask), ["sanction-missing"; 2]);
}

/// A resolution handed in again ends nothing anew: it says since when it is ended.
fn says_of_a_resolution_told_twice_since_when_it_holds(country: &Country) {
    let tracks = Tracks::of(country);
    let case = country.new_case(country.manifest.lead());
    let hand = Hand::of(&country.directory, tracks.officer(country, "tulegenov"));
    let body = hand.cms(&bytes(&resolution(&case.number)));
    let first = resolve(country, "console-prosecutor", body.clone());
    assert_eq!(first.status, 200, "{}", first.json());
    std::thread::sleep(Duration::from_millis(1500));
    for again in [body, hand.cms(&bytes(&resolution(&case.number)))] {
        let again = resolve(country, "console-prosecutor", again);
        assert_eq!((again.status, &again.json()["since"]), (200, &first.json()["since"]));
    }
}

fn takes_resolutions_from_prosecutors_alone(country: &Country) {
    let tracks = Tracks::of(country);
    let case = country.new_case(country.manifest.lead());
    let by = |officer: &str| {
        let hand = Hand::of(&country.directory, tracks.officer(country, officer));
        hand.cms(&bytes(&resolution(&case.number)))
    };
    let reply = resolve(country, "console-prosecutor", by("akhmetov"));
    assert_eq!(reply.code(), "user-not-registered", "{}", reply.json());
    let reply = resolve(country, "console-operator", by("sadykov"));
    assert_eq!(reply.code(), "system-not-enrolled", "{}", reply.json());
    let reply = resolve(country, "console-prosecutor", b"nonsense".to_vec());
    assert_eq!(reply.code(), "malformed-document", "{}", reply.json());
}
