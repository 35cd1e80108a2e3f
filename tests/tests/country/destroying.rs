//! Content goes with its case's material; the log stays, and says that and why (SLS 16-3(3), OI 5(5)).

use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::document::seconds_from_now;
use negiz_tests::manifest::Case;
use negiz_tests::node::{Node, set};
use negiz_tests::tracks::{Question, Tracks};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tracks::measured;

on_both_databases!(
    destroys_what_two_officials_say_is_to_go,
    lets_nobody_destroy_alone,
    keeps_what_belongs_to_a_case_that_goes_on,
    keeps_what_belongs_to_a_case_of_which_none_says_that_it_ended,
    obtains_nothing_in_a_case_whose_material_is_gone,
    destroys_what_the_case_registry_reports_destroyed,
    destroys_from_the_command_line,
    destroys_operational_material_with_the_prosecutor_alone,
    tells_the_prosecutor_before_the_time_of_operational_material_is_over,
);

const ACT: &str = "Act of destruction 5 of 20.11.2026";

fn post(country: &Country, who: &str, path: &str, body: &Value) -> Reply {
    let channel = country.system(&format!("console-{who}"));
    let body = body.to_string();
    channel
        .call(&country.manifest.console, Method::POST, path, Some("application/json"), body)
        .expect("an answer")
}

pub(crate) fn ask(country: &Country, who: &str, case: &Case) -> Reply {
    let body = json!({ "case": { "kind": case.kind, "number": case.number }, "reason": ACT });
    post(country, who, "/v1/destructions", &body)
}

pub(crate) fn confirm(country: &Country, who: &str, id: &Value) -> Reply {
    let path = format!("/v1/destructions/{}/confirmation", id.as_str().unwrap());
    post(country, who, &path, &json!({ "reason": "The act was seen and is in order" }))
}

pub(crate) fn close(country: &Country, case: &mut Case) {
    case.status = "closed".to_owned();
    let fed = country.feed(&json!({ "as-of": seconds_from_now(0), "cases": [country.state(case, 2)] }));
    assert_eq!(fed.status, 200);
}

/// An answered request in a case of its own.
pub(crate) fn obtained(country: &Country) -> (Value, Case) {
    let lead = country.manifest.lead();
    let case = country.new_case(lead);
    let document = country.document(lead, &case, country.manifest.registry("person-by-iin"));
    country.answered(&document, &country.ask(lead, &document));
    (document, case)
}

pub(crate) fn evidence(country: &Country, document: &Value, name: &str) -> negiz_tests::command::Done {
    let path = format!("/v1/requests/{}/evidence", document["id"].as_str().unwrap());
    let bundle = country.get(&country.manifest.lead().agency, &path);
    assert_eq!(bundle.status, 200, "{}", String::from_utf8_lossy(&bundle.body));
    let file = country.path(name);
    std::fs::write(&file, &bundle.body).unwrap();
    run(&["verify", "--dir", country.directory.to_str().unwrap(), file.to_str().unwrap()])
}

fn read(country: &Country, document: &Value) -> Value {
    let path = format!("/v1/requests/{}?reason=Seen%20to%20be%20destroyed", document["id"].as_str().unwrap());
    let channel = country.system("console-security");
    channel.call(&country.manifest.console, Method::GET, &path, None, "").unwrap().json()
}

pub(crate) fn is_destroyed(country: &Country, document: &Value) -> bool {
    let entries = read(country, document)["requests"][0]["entries"].clone();
    entries.as_array().unwrap().iter().all(|entry| entry["content"]["state"] == "destroyed")
}

fn until_destroyed(country: &Country, document: &Value) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_destroyed(country, document) {
        assert!(Instant::now() < deadline, "nothing was destroyed");
        std::thread::sleep(Duration::from_millis(200));
    }
    country.is_sound(&[]);
}

fn destroys_what_two_officials_say_is_to_go(country: &Country) {
    let ((document, mut case), (other, _)) = (obtained(country), obtained(country));
    close(country, &mut case);
    let asked = ask(country, "police", &case);
    assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
    assert!(!is_destroyed(country, &document), "one is not enough");
    let done = confirm(country, "security", &asked.json()["id"]);
    assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    assert!(is_destroyed(country, &document));
    let verified = evidence(country, &document, "gone.evidence");
    assert_eq!(verified.status, 0, "{verified:?}");
    assert!(verified.said.contains("was destroyed") && verified.said.contains(ACT), "{verified:?}");
    assert!(verified.said.contains("SLS 16-3(3)"), "{verified:?}");
    let kept = evidence(country, &other, "kept.evidence");
    assert!(kept.status == 0 && !kept.said.contains("was destroyed"), "{kept:?}");
    country.is_sound(&[]);
    // Whom it was about is let go of too; that something was asked in the case is not.
    let subject = document["parameters"]["iin"].as_str().unwrap();
    let search = |more: &str| {
        let path = format!("/v1/requests?reason=Seen%20to%20be%20destroyed&case={}{more}", case.number);
        let channel = country.system("console-security");
        let reply = channel.call(&country.manifest.console, Method::GET, &path, None, "").unwrap();
        reply.json()["requests"].as_array().unwrap().len()
    };
    assert_eq!((search(""), search(&format!("&subject={subject}"))), (1, 0));
    // The case stays closed, and what is refused in it is recorded as ever.
    let lead = country.manifest.lead();
    let late = country.document(lead, &case, country.manifest.registry("person-by-iin"));
    country.refused("case-not-open", &country.ask(lead, &late));
    country.is_sound(&[]);
}

/// Nobody destroys evidence alone, and each capacity does its own part.
fn lets_nobody_destroy_alone(country: &Country) {
    let (document, mut case) = obtained(country);
    close(country, &mut case);
    for who in ["operator", "security", "auditor"] {
        assert_eq!(ask(country, who, &case).code(), "beyond-capacity", "{who}");
    }
    let mut foreign = country.new_case(country.manifest.officer("hasenov"));
    close(country, &mut foreign);
    assert_eq!(ask(country, "police", &foreign).code(), "beyond-capacity");
    let id = ask(country, "prosecutor", &case).json()["id"].clone();
    assert_eq!(ask(country, "police", &case).code(), "conflict", "asked for before");
    for who in ["police", "operator", "auditor", "prosecutor"] {
        assert_eq!(confirm(country, who, &id).code(), "beyond-capacity", "{who}");
    }
    assert!(!is_destroyed(country, &document));
    assert_eq!(confirm(country, "security", &id).status, 200);
    assert_eq!(confirm(country, "security", &id).code(), "conflict", "once");
    let nothing = json!("01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a");
    assert_eq!(confirm(country, "security", &nothing).status, 404);
    let short = json!({ "case": { "kind": case.kind, "number": case.number }, "reason": "short" });
    assert_eq!(post(country, "police", "/v1/destructions", &short).code(), "parameters-invalid");
}

fn keeps_what_belongs_to_a_case_that_goes_on(country: &Country) {
    let (document, case) = obtained(country);
    let reply = ask(country, "police", &case);
    assert_eq!((reply.status, reply.code().as_str()), (409, "conflict"));
    let mut feed = json!({ "as-of": seconds_from_now(0), "cases": [country.state(&case, 2)] });
    feed["cases"][0]["material-destroyed"] = json!(ACT);
    assert_eq!(country.feed(&feed).code(), "malformed-document");
    assert!(!is_destroyed(country, &document));
}

fn reported_destroyed(country: &Country, case: &Case, version: u64) -> Value {
    let closed = Case { status: "closed".to_owned(), ..case.clone() };
    let mut state = country.state(&closed, version);
    state["material-destroyed"] = json!(ACT);
    state
}

/// Neither an old report, nor one that a newer state stands beside, nor a case that nobody or a live registry knows to be open.
fn keeps_what_belongs_to_a_case_of_which_none_says_that_it_ended(country: &Country) {
    let feed = |cases: Value| country.feed(&json!({ "as-of": seconds_from_now(0), "cases": cases }));
    let (document, case) = obtained(country);
    assert_eq!(feed(json!([country.state(&case, 5)])).status, 200);
    let old = feed(json!([reported_destroyed(country, &case, 2)]));
    assert_eq!(old.code(), "malformed-document");
    assert!(old.json()["detail"].as_str().unwrap().contains("is known at version 5"), "{}", old.json());
    let both = feed(json!([reported_destroyed(country, &case, 6), country.state(&case, 7)]));
    assert_eq!(both.code(), "malformed-document");
    std::thread::sleep(Duration::from_secs(2));
    assert!(!is_destroyed(country, &document));
    let unknown = Case { number: "nobody-knows-it".to_owned(), ..case };
    let live = country.manifest.cases.iter().find(|case| case.kind == "enforcement" && case.status == "open");
    for who in ["police", "prosecutor"] {
        assert_eq!(ask(country, who, &unknown).code(), "conflict", "{who}");
        assert_eq!(ask(country, who, live.unwrap()).code(), "conflict", "{who}");
    }
    // Asked for while it was closed, taken up again before it was confirmed.
    let mut closed = country.new_case(country.manifest.lead());
    close(country, &mut closed);
    let id = ask(country, "police", &closed).json()["id"].clone();
    closed.status = "open".to_owned();
    assert_eq!(feed(json!([country.state(&closed, 3)])).status, 200);
    assert_eq!(confirm(country, "security", &id).code(), "conflict");
}

/// SLS 16-3(3): what was destroyed is not begun anew, should the case be taken up again; the refusal is recorded as any other.
fn obtains_nothing_in_a_case_whose_material_is_gone(country: &Country) {
    let (document, case) = obtained(country);
    let feed = |state: Value| country.feed(&json!({ "as-of": seconds_from_now(0), "cases": [state] }));
    assert_eq!(feed(reported_destroyed(country, &case, 2)).status, 200);
    until_destroyed(country, &document);
    assert_eq!(feed(country.state(&case, 3)).status, 200);
    let lead = country.manifest.lead();
    let late = country.document(lead, &case, country.manifest.registry("person-by-iin"));
    let reply = country.ask(lead, &late);
    country.refused("case-not-open", &reply);
    assert_eq!(reply.json()["clause"], "SLS 16-3(3)");
    country.is_sound(&[]);
}

/// The case registry's own word needs nobody's confirmation.
fn destroys_what_the_case_registry_reports_destroyed(country: &Country) {
    let (document, mut case) = obtained(country);
    case.status = "closed".to_owned();
    let mut state = country.state(&case, 2);
    state["material-destroyed"] = json!(ACT);
    let feed = json!({ "as-of": seconds_from_now(0), "cases": [state] });
    assert_eq!(country.feed(&feed).status, 200);
    until_destroyed(country, &document);
    let verified = evidence(country, &document, "reported.evidence");
    assert!(verified.status == 0 && verified.said.contains("case registry"), "{verified:?}");
    country.is_sound(&[]);
}

fn destroys_from_the_command_line(country: &Country) {
    let (document, mut case) = obtained(country);
    close(country, &mut case);
    let directory = country.directory.to_str().unwrap();
    let name = format!("{}:{}", case.kind, case.number);
    let asked =
        run(&["cases", "destroy", &name, "--dir", directory, "--as", "agency", "--reason", ACT, "--json"]);
    assert_eq!(asked.status, 0, "{asked:?}");
    let id = serde_json::from_str::<Value>(&asked.said).unwrap()["id"].as_str().unwrap().to_owned();
    let confirm = |who: &str| {
        run(&[
            "cases",
            "confirm-destruction",
            &id,
            "--dir",
            directory,
            "--as",
            who,
            "--reason",
            "The act is in order",
        ])
    };
    assert_eq!(confirm("agency").status, 1);
    let confirmed = confirm("security");
    assert_eq!(confirmed.status, 0, "{confirmed:?}");
    assert!(is_destroyed(country, &document));
    let why = ["--reason", "Yearly report on destruction"];
    let listed = run(&[&["cases", "destructions", "--dir", directory, "--as", "auditor"], &why[..]].concat());
    assert!(listed.status == 0 && listed.said.contains(&id), "{listed:?}");
    let path = "/v1/destructions";
    assert_eq!(
        country
            .system("console-operator")
            .call(&country.manifest.console, Method::GET, &format!("{path}?reason=Yearly%20report"), None, "")
            .unwrap()
            .code(),
        "beyond-capacity"
    );
}

/// A request on the operational ground, in material of its own.
fn measured_material(country: &Country, case: &str) -> Value {
    let tracks = Tracks::of(country);
    let question = Question {
        officer: "mukanov",
        ground: "operational",
        case,
        registry: "population",
        operation: "person-by-iin",
        iin: country.manifest.registry("person-by-iin").parameters["iin"].as_str().unwrap(),
    };
    let document = measured(tracks.document(country, &question));
    country.answered(&document, &tracks.ask(country, "mukanov", &document));
    document
}

/// OI 5(5), 14(3), 25: the body says that its record was terminated, the prosecutor is told and confirms; nobody else sees it.
fn destroys_operational_material_with_the_prosecutor_alone(country: &Country) {
    let number = format!("OP-{}", Uuid::new_v4());
    let document = measured_material(country, &number);
    let material =
        Case { kind: "operational".to_owned(), number, ..country.new_case(country.manifest.lead()) };
    for who in ["security", "auditor", "operator", "prosecutor"] {
        assert_eq!(ask(country, who, &material).code(), "beyond-capacity", "{who}");
    }
    let unknown = Case { number: "OP-nobody".to_owned(), ..material.clone() };
    assert_eq!(ask(country, "police", &unknown).code(), "beyond-capacity", "as if it were another's");
    let nothing = Case { kind: "covert".to_owned(), ..material.clone() };
    assert_eq!(
        ask(country, "police", &nothing).code(),
        "malformed-document",
        "covert measures stand in a case"
    );
    let asked = ask(country, "police", &material);
    assert_eq!(asked.status, 201, "{}", asked.json());
    let id = asked.json()["id"].clone();
    let sees = |who: &str| listed(country, who).iter().any(|one| one["id"] == id);
    assert_eq!(["police", "prosecutor"].map(sees), [true; 2]);
    assert_eq!(["security", "auditor"].map(sees), [false; 2], "OI 14(3)");
    assert_eq!(confirm(country, "security", &id).code(), "beyond-capacity");
    let early = confirm(country, "prosecutor", &id);
    assert_eq!(early.code(), "conflict", "three months' notice");
    assert!(early.json()["detail"].as_str().unwrap().contains("from 20"), "{}", early.json());
    assert!(asked.json()["not-before"].as_str().unwrap() > seconds_from_now(90 * 86_400).as_str());
    // The notice is over at once on a node whose configuration says so.
    let console = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let node = Node::start(country, "noticed", |config| {
        set(config, &["console", "listen"], console.to_string());
        config.insert("notify".to_owned(), toml::Value::Table(toml::Table::new()));
        set(config, &["notify", "destruction_days"], 0);
    });
    let _node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let path = format!("/v1/destructions/{}/confirmation", id.as_str().unwrap());
    let reason = json!({ "reason": "The act was seen and is in order" }).to_string();
    let prosecutor = country.system("console-prosecutor");
    let done = prosecutor
        .call(&format!("https://{console}"), Method::POST, &path, Some("application/json"), reason)
        .unwrap();
    assert_eq!(done.status, 200, "{}", done.json());
    let path = format!("/v1/requests/{}?reason=Seen%20to%20be%20destroyed", document["id"].as_str().unwrap());
    let read = || prosecutor.call(&country.manifest.console, Method::GET, &path, None, "").unwrap().json();
    let gone = |entries: &Value| {
        entries.as_array().unwrap().iter().all(|entry| entry["content"]["state"] == "destroyed")
    };
    let deadline = Instant::now() + Duration::from_secs(70);
    while !gone(&read()["requests"][0]["entries"]) {
        assert!(Instant::now() < deadline, "it is still read");
        std::thread::sleep(Duration::from_millis(500));
    }
    country.is_sound(&[]);
}

/// The destructions that somebody sees.
fn listed(country: &Country, who: &str) -> Vec<Value> {
    let path = "/v1/destructions?reason=Yearly%20report";
    let channel = country.system(&format!("console-{who}"));
    let reply = channel.call(&country.manifest.console, Method::GET, path, None, "").unwrap().json();
    reply["destructions"].as_array().unwrap().clone()
}

const DAY: i64 = 86_400;

/// OI 5(5): a year for what proved nothing, six months for intercepts; the prosecutor is told three months before, and confirms.
fn tells_the_prosecutor_before_the_time_of_operational_material_is_over(country: &Country) {
    let material = |number: String| Case {
        kind: "operational".to_owned(),
        number,
        ..country.new_case(country.manifest.lead())
    };
    let [old, new] = [(); 2].map(|()| material(format!("OP-{}", Uuid::new_v4())));
    for one in [&old, &new] {
        measured_material(country, &one.number);
    }
    let report = |who: &str, case: &Case, keeping: &str, days: i64| {
        let ended = seconds_from_now(-days * DAY);
        let case = json!({ "kind": case.kind, "number": case.number });
        let reason = "Decision 12 to terminate the record";
        let body = json!({ "case": case, "keeping": keeping, "ended": ended, "reason": reason });
        post(country, who, "/v1/terminations", &body)
    };
    for who in ["security", "auditor", "operator", "prosecutor"] {
        assert_eq!(report(who, &old, "unproven", 300).code(), "beyond-capacity", "{who}");
    }
    assert_eq!(report("police", &material("OP-nobody".to_owned()), "unproven", 1).code(), "beyond-capacity");
    let ordinary = country.new_case(country.manifest.lead());
    assert_eq!(report("police", &ordinary, "unproven", 1).code(), "parameters-invalid");
    assert_eq!(report("police", &old, "unproven", -2).code(), "parameters-invalid", "in the future");
    assert_eq!(report("police", &old, "for ever", 1).code(), "malformed-document");
    // Of the one a month is left, of the other half a year.
    let told = report("police", &old, "unproven", 335);
    assert_eq!(told.status, 201, "{}", told.json());
    assert!(told.json()["prosecutor-told-from"].as_str().unwrap() < seconds_from_now(0).as_str());
    assert_eq!(report("police", &old, "unproven", 335).code(), "conflict", "it stands");
    let later = report("police", &new, "intercepts", 1).json();
    assert!(later["destroyed-from"].as_str().unwrap() > seconds_from_now(175 * DAY).as_str(), "{later}");
    assert!(later["destroyed-from"].as_str().unwrap() < seconds_from_now(185 * DAY).as_str(), "{later}");
    let asked = |case: &Case| {
        let all = listed(country, "prosecutor");
        all.into_iter().find(|one| one["case"]["number"] == case.number.as_str())
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    let found = loop {
        match asked(&old) {
            Some(found) => break found,
            None => assert!(Instant::now() < deadline, "nobody asked for its destruction"),
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!((&found["cause"], &found["clause"]), (&json!("retention-ended"), &json!("OI 5(5)")));
    assert!(found["not-before"].as_str().unwrap() > seconds_from_now(90 * DAY).as_str(), "{found}");
    assert_eq!(confirm(country, "prosecutor", &found["id"]).code(), "conflict", "three months' notice");
    assert_eq!(confirm(country, "security", &found["id"]).code(), "beyond-capacity");
    assert_eq!(asked(&new), None, "its time is not over for long");
}
