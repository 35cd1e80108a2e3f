//! Two bodies that number their records alike (SLS 16-3(3)): what one destroys is not the other's.

use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::document::seconds_from_now;
use negiz_tests::node::{Node, set};
use negiz_tests::tracks::{Question, Tracks};
use serde_json::{Value, json};
use uuid::Uuid;

/// In countries of their own: until every node has said what of it is gone, the logs of a country are not whole.
#[test]
fn destroys_ones_own_records_and_leaves_anothers_of_the_same_number_on_sqlite() {
    destroys_ones_own_records_and_leaves_anothers_of_the_same_number(&Country::start(None));
}

#[test]
fn destroys_ones_own_records_and_leaves_anothers_of_the_same_number_on_postgres() {
    let database = negiz_tests::postgres::database().unwrap();
    destroys_ones_own_records_and_leaves_anothers_of_the_same_number(&Country::start(Some(&database.owner)));
}

fn import(country: &Country, subject: &str, name: &str, content: &str) {
    let (file, config) = (country.path(name), country.path("negiz.toml"));
    std::fs::write(&file, content).unwrap();
    let done = run(&[subject, "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
}

/// A node on which the district inspectors of the police work on the ground of migration too, as MIG 9(3) lets them.
fn shared_ground(country: &Country) -> Node {
    let tracks = Tracks::of(country);
    let inspector = tracks.officer(country, "rakhimov");
    let bin = &tracks.agency(country, &inspector.agency).bin;
    let act = json!({
        "number": "7-migration-police", "date": "2024-05-01", "title": "Invented joint act on migration control",
        "parties": ["the police"], "bodies": ["internal-affairs"], "grounds": ["migration"],
        "roles": ["district-inspector"], "registries": ["population"], "from": "2024-06-01",
    });
    import(country, "acts", "migration-police.json", &json!({ "acts": [act] }).to_string());
    let user = format!(
        "iin,agency,name,role,grounds,state,from,until\n{},{bin},Inspector,district-inspector,prevention;migration,active,2025-01-01,\n",
        inspector.iin
    );
    import(country, "users", "migration-police.csv", &user);
    let mut matrix: Vec<Value> =
        serde_json::from_slice(&std::fs::read(country.path("policy/matrix.json")).unwrap()).unwrap();
    matrix.push(json!({
        "bodies": ["internal-affairs"], "roles": ["district-inspector"], "grounds": ["migration"],
        "opens": [{"registry": "population", "operation": "person-by-iin", "fields": ["surname", "name"]}],
    }));
    let file = country.path("migration-police-matrix.json");
    std::fs::write(&file, json!(matrix).to_string()).unwrap();
    let node =
        Node::start(country, "alike", |config| set(config, &["policy", "matrix"], file.to_str().unwrap()));
    node.unwrap_or_else(|ended| panic!("{ended:?}"))
}

fn post(country: &Country, who: &str, path: &str, body: &Value) -> Reply {
    let (channel, body) = (country.system(&format!("console-{who}")), body.to_string());
    channel.call(&country.manifest.console, Method::POST, path, Some("application/json"), body).unwrap()
}

/// What became of the content of a request's entries.
fn content(country: &Country, id: &str) -> Vec<String> {
    let path = format!("/v1/requests/{id}?reason=Seen%20to%20be%20destroyed");
    let channel = country.system("console-security");
    let read = channel.call(&country.manifest.console, Method::GET, &path, None, "").unwrap().json();
    let entries = read["requests"][0]["entries"].as_array().unwrap_or_else(|| panic!("{read}")).clone();
    entries.iter().map(|entry| entry["content"]["state"].as_str().unwrap_or_default().to_owned()).collect()
}

fn destroys_ones_own_records_and_leaves_anothers_of_the_same_number(country: &Country) {
    let (tracks, node) = (Tracks::of(country), shared_ground(country));
    let number = format!("M-{}", Uuid::new_v4());
    let ask = |officer: &str| {
        let question = Question {
            officer,
            ground: "migration",
            case: &number,
            registry: "population",
            operation: "person-by-iin",
            iin: "900101300017",
        };
        let document = tracks.document(country, &question);
        let reply = tracks.ask_at(country, &node.exchange, officer, &document);
        (document["id"].as_str().unwrap().to_owned(), reply)
    };
    let [(ours, ours_reply), (theirs, theirs_reply)] = ["rakhimov", "pak"].map(ask);
    assert_eq!(ours_reply.code(), "answered", "{}", ours_reply.json());
    assert_eq!(theirs_reply.code(), "answered", "{}", theirs_reply.json());
    let case = json!({ "kind": "migration", "number": number });
    let wanted = json!({ "case": case, "reason": "Act of destruction 8 of 20.11.2026" });
    let asked = post(country, "police", "/v1/destructions", &wanted);
    assert_eq!(asked.status, 201, "{}", asked.json());
    let path = format!("/v1/destructions/{}/confirmation", asked.json()["id"].as_str().unwrap());
    let done = post(country, "security", &path, &json!({ "reason": "The act was seen and is in order" }));
    assert_eq!(done.status, 200, "{}", done.json());
    let deadline = Instant::now() + Duration::from_secs(70);
    while content(country, &ours).iter().any(|state| state != "destroyed") {
        assert!(Instant::now() < deadline, "it is still read: {:?}", content(country, &ours));
        std::thread::sleep(Duration::from_millis(300));
    }
    let left = content(country, &theirs);
    assert!(!left.is_empty() && left.iter().all(|state| state != "destroyed"), "{left:?}");
    // Whom the other body asked about is still found; whom this one did is not.
    let search = format!("/v1/requests?reason=Seen%20to%20be%20destroyed&case={number}&subject=900101300017");
    let found = country.system("console-security");
    let found = found.call(&country.manifest.console, Method::GET, &search, None, "").unwrap().json();
    let found: Vec<&str> =
        found["requests"].as_array().unwrap().iter().filter_map(|one| one["request"].as_str()).collect();
    assert_eq!(found, [theirs.as_str()], "as of {}", seconds_from_now(0));
    // The one number goes on to be the other's.
    let (_, reply) = ask("pak");
    assert_eq!(reply.code(), "answered", "{}", reply.json());
    for config in [country.path("negiz.toml"), node.config.clone()] {
        // Each node says within a second what of its own log is gone.
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let done = run(&["log", "fsck", "--config", config.to_str().unwrap()]);
            if done.status == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "{done:?}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}
