//! Journal entries out to security teams: in the published schema, each at least once, also when the listener vanishes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use negiz_tests::channel::get;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::Node;
use serde_json::{Value, json};

on_both_databases!(
    streams_every_entry_in_the_published_schema,
    streams_no_person_and_no_content,
    goes_on_where_it_was_after_the_listener_vanished,
    hands_entries_to_a_collector_until_it_takes_them,
    says_how_far_a_stream_is_behind,
);

const PATIENCE: Duration = Duration::from_secs(40);

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The events of one log in a file, once there are `count` of them.
fn await_events(path: &Path, log: &str, count: usize) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut events = lines(path);
        events.retain(|event| event["metadata"]["log_name"] == *log);
        if events.len() >= count {
            return events;
        }
        assert!(Instant::now() < until, "{} of {count} events", events.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn head(country: &Country) -> usize {
    let reply = country.get(&country.manifest.lead().agency, "/v1/log/checkpoint");
    let head = country.verifier().checkpoint(std::str::from_utf8(&reply.body).unwrap()).head().size;
    usize::try_from(head).unwrap()
}

/// An answered and a refused request.
fn asked(country: &Country) -> (Value, Value) {
    let lead = country.manifest.lead();
    let (answered, mut refused) = (country.question(), country.question());
    country.answered(&answered, &country.ask(lead, &answered));
    refused["basis"]["case"] = json!("999999");
    country.refused("case-not-found", &country.ask(lead, &refused));
    (answered, refused)
}

fn streams_every_entry_in_the_published_schema(country: &Country) {
    let (answered, refused) = asked(country);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let schema = std::fs::read_to_string(root.join("docs/schemas/stream-event.json")).unwrap();
    let schema = jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).unwrap();
    let size = head(country);
    let events = await_events(&country.path("stream.jsonl"), "negiz.demo/a", size);
    for (sequence, event) in events.iter().enumerate() {
        let faults: Vec<String> =
            schema.iter_errors(event).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{event}: {faults:?}");
        assert_eq!(event["metadata"]["sequence"], sequence, "every entry, in order");
    }
    let of = |document: &Value| {
        let events = events.iter().filter(|event| event["api"]["request"]["uid"] == document["id"]);
        events.map(|event| event["unmapped"]["kind"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of(&answered), ["grant", "answer"]);
    assert_eq!(of(&refused), ["refusal"]);
    let refusal = events.iter().find(|event| event["api"]["request"]["uid"] == refused["id"]).unwrap();
    assert_eq!((&refusal["status_code"], &refusal["status"]), (&json!("case-not-found"), &json!("Failure")));
    assert_eq!(refusal["api"]["service"]["name"], "population");
    let mut broken = events[0].clone();
    broken["iin"] = json!("900101300017");
    assert!(!schema.is_valid(&broken), "the schema refuses what it does not document");
}

/// IAB 6(1)44)-46): an officer is a key, the same for the same person; whom it was about is not said at all.
fn streams_no_person_and_no_content(country: &Country) {
    let (answered, _) = asked(country);
    let size = head(country);
    let events = await_events(&country.path("stream.jsonl"), "negiz.demo/a", size);
    let text = std::fs::read_to_string(country.path("stream.jsonl")).unwrap();
    for officer in &country.manifest.officers {
        assert!(!text.contains(&officer.iin), "{}", officer.code);
    }
    for secret in [&answered["parameters"]["iin"], &answered["basis"]["case"], &answered["purpose"]] {
        assert!(!text.contains(secret.as_str().unwrap()), "{secret}");
    }
    let mut keys: Vec<&Value> = events
        .iter()
        .filter(|event| event["api"]["request"]["uid"] == answered["id"])
        .map(|event| &event["actor"]["user"]["uid"])
        .collect();
    keys.dedup();
    assert!(keys.len() == 1 && keys[0].is_string(), "{keys:?}");
}

/// A node of its own with one stream, and the way to make it work.
fn streaming(country: &Country, name: &str, to: &str) -> Node {
    let node = Node::start(country, name, |config| {
        let mut stream = toml::Table::new();
        stream.insert("name".to_owned(), name.into());
        stream.insert("to".to_owned(), to.into());
        config.insert("streams".to_owned(), toml::Value::Array(vec![stream.into()]));
    });
    node.unwrap_or_else(|ended| panic!("{ended:?}"))
}

fn ask_at(country: &Country, node: &Node) {
    let lead = country.manifest.lead();
    let body = country.hand(lead).cms(&bytes(&country.question()));
    assert_eq!(country.post_to(&node.exchange, &lead.agency, CMS, body).code(), "answered");
}

fn accept(listener: &TcpListener) -> BufReader<TcpStream> {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(stream)
}

fn next(reader: &mut BufReader<TcpStream>) -> u64 {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    event["metadata"]["sequence"].as_u64().unwrap()
}

/// At least once: what the listener took with it to its end comes again, and nothing is left out; also after a restart.
fn goes_on_where_it_was_after_the_listener_vanished(country: &Country) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tcp:{}", listener.local_addr().unwrap());
    let node = streaming(country, "socket", &to);
    ask_at(country, &node);
    let mut first = accept(&listener);
    assert_eq!((next(&mut first), next(&mut first)), (0, 1));
    // Gone before it settled: nobody knows what became of the two.
    drop(first);
    ask_at(country, &node);
    let mut second = accept(&listener);
    assert_eq!((0..4).map(|_| next(&mut second)).collect::<Vec<_>>(), [0, 1, 2, 3]);
    // The connection outlives them: they are settled, and not sent again by the next process.
    std::thread::sleep(Duration::from_secs(4));
    drop(node);
    drop(second);
    let node = streaming(country, "socket", &to);
    ask_at(country, &node);
    let mut third = accept(&listener);
    assert_eq!((next(&mut third), next(&mut third)), (4, 5));
}

/// One HTTP request as a collector gets it, answered with `status`.
fn collect(listener: &TcpListener, status: u16) -> Value {
    let mut reader = accept(listener);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(reader.get_mut(), "HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}").unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// OpenTelemetry logs: a collector that does not take a batch gets it again.
fn hands_entries_to_a_collector_until_it_takes_them(country: &Country) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let node = streaming(country, "collector", &format!("otlp:http://{}", listener.local_addr().unwrap()));
    ask_at(country, &node);
    let records =
        |body: &Value| body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].as_array().unwrap().clone();
    let refused = records(&collect(&listener, 503));
    let mut taken = records(&collect(&listener, 200));
    assert_eq!(refused[0], taken[0], "the same again");
    while taken.len() < 2 {
        taken.extend(records(&collect(&listener, 200)));
    }
    assert_eq!(taken[0]["eventName"], "negiz.journal.grant");
    let event: Value = serde_json::from_str(taken[0]["body"]["stringValue"].as_str().unwrap()).unwrap();
    assert_eq!(event["metadata"]["sequence"], 0);
    let nanos = format!("{}000000", event["time"]);
    assert_eq!(taken[0]["timeUnixNano"], *nanos);
}

fn says_how_far_a_stream_is_behind(country: &Country) {
    let _ = asked(country);
    let until = Instant::now() + PATIENCE;
    loop {
        let text =
            String::from_utf8(get(&format!("{}/metrics", country.manifest.admin)).body.to_vec()).unwrap();
        let lag = text.lines().find(|line| line.starts_with("negiz_stream_lag_entries{stream=\"journal\"}"));
        if lag.is_some_and(|line| line.ends_with(" 0")) {
            break;
        }
        assert!(Instant::now() < until, "{lag:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
