//! Starting, reloading, stopping: one clear line when something is in the way (contract, "Commands").

use std::net::TcpListener;
use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::command;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, set};

/// Holds that a command could not run and said so in one line.
fn one_clear_line(arguments: &[&str], about: &str) {
    let done = command::run(arguments);
    assert_eq!(done.status, 3, "{done:?}");
    let lines: Vec<_> = done.complained.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("negiz: ") && lines[0].contains(about), "{lines:?}");
    assert!(lines[0].len() < 300 && !lines[0].contains("Os {"), "{lines:?}");
}

const FREE: [&str; 6] = ["--exchange", "0", "--console", "0", "--admin", "0"];

#[test]
fn says_in_one_line_that_the_directory_is_in_use() {
    let country = crate::sqlite();
    let directory = country.directory.to_str().unwrap();
    one_clear_line(&[&["demo", "--dir", directory][..], &FREE].concat(), directory);
    // Nor does it disturb the one that runs.
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
}

#[test]
fn says_in_one_line_that_a_port_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for listener in ["--exchange", "--console", "--admin"] {
        let directory = tempfile::tempdir().unwrap();
        let mut arguments = vec!["demo", "--dir", directory.path().to_str().unwrap()];
        arguments.extend(FREE);
        let at = arguments.iter().position(|argument| *argument == listener).unwrap();
        arguments[at + 1] = &port;
        one_clear_line(&arguments, &port);
    }
}

#[test]
fn says_in_one_line_that_the_directory_cannot_be_written() {
    // Root may write where the mode forbids it; nobody may write here.
    one_clear_line(&[&["demo", "--dir", "/sys/negiz-demo"][..], &FREE].concat(), "/sys/negiz-demo");
    one_clear_line(&[&["demo", "--dir", "/dev/null/demo"][..], &FREE].concat(), "/dev/null/demo");
}

#[test]
fn says_in_one_line_what_is_wrong_with_a_configuration_or_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    one_clear_line(&["serve", "--config", &path("none.toml")], "none.toml");
    std::fs::write(path("empty.toml"), "").unwrap();
    one_clear_line(&["serve", "--config", &path("empty.toml")], "empty.toml");
    let text = std::fs::read_to_string(crate::sqlite().path("negiz.toml")).unwrap();
    let misspelt = text.replacen("max_age", "max_agge", 1);
    std::fs::write(path("misspelt.toml"), misspelt).unwrap();
    one_clear_line(&["serve", "--config", &path("misspelt.toml")], "max_agge");
    let elsewhere = "postgres://nobody@127.0.0.1:1/none";
    one_clear_line(&["migrate", "--database", elsewhere], "127.0.0.1");
    let fresh = path("fresh");
    one_clear_line(&[&["demo", "--dir", &fresh, "--database", elsewhere][..], &FREE].concat(), "127.0.0.1");
    one_clear_line(&["migrate", "--database", "mysql://x/y"], "database");
}

#[test]
fn brings_a_database_up_to_date_and_leaves_it_if_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("new.db");
    let url = format!("sqlite:{}", file.display());
    for _ in 0..2 {
        let done = command::run(&["migrate", "--database", &url]);
        assert_eq!(done.status, 0, "{done:?}");
    }
    assert!(file.exists());
}

/// Reload drops no connection; stopping finishes what runs; and the country goes on where it was.
#[test]
fn reloads_drains_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Country::start_in(directory.path(), None).unwrap_or_else(|ended| panic!("{ended:?}"));
    let country = start();
    let lead = country.manifest.lead();
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let mut kept = channel.keep(&country.manifest.exchange).unwrap();
    assert_eq!(kept.call(Method::GET, "/v1/keys", None, "").unwrap().status, 200);
    country.process().signal("HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        kept.call(Method::GET, "/v1/keys", None, "").unwrap().status,
        200,
        "the connection was dropped"
    );
    let document = country.question();
    let before = country.answered(&document, &country.ask(lead, &document));
    let slow = country.manifest.registries("slow").next().unwrap();
    let waiting = country.document(lead, country.manifest.case(lead, "criminal"), slow);
    let body = country.hand(lead).cms(&bytes(&waiting));
    let reply = std::thread::scope(|scope| {
        let asking = scope.spawn(|| country.post(&lead.agency, CMS, body));
        std::thread::sleep(Duration::from_millis(250));
        country.process().signal("TERM");
        asking.join().unwrap()
    });
    country.refused("registry-timeout", &reply);
    assert_eq!(country.process().wait(), 0);
    assert!(channel.keep(&country.manifest.exchange).is_err(), "everything it started stops with it");
    let calls =
        country.manifest.registry_calls.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    assert!(std::net::TcpStream::connect(calls).is_err(), "a sample registry outlived the demo");
    drop(country);
    let country = start();
    let path = format!("/v1/requests/{}", before.id());
    let later = country.get(&country.manifest.lead().agency, &path).json();
    let receipt = country.verifier().verify(later["receipt"].as_str().unwrap());
    assert_eq!(receipt.index(), before.index());
    crate::log::extends(&country, before.head().head(), receipt.head().head());
}

/// A reload takes up all of a configuration or nothing, and names what counts from the next start on.
#[test]
fn reloads_all_or_nothing() {
    let country = crate::sqlite();
    let node = Node::start(country, "whole", |_| ()).unwrap_or_else(|ended| panic!("{ended:?}"));
    let agency = country.manifest.agency(&country.manifest.lead().agency);
    let admitted = || country.channel(agency).call(&node.exchange, Method::GET, "/v1/keys", None, "").is_ok();
    let reload = |change: &dyn Fn(&mut toml::Table), words: &str| {
        let _ = negiz_tests::node::write(country, "whole", |config| change(config));
        node.process().signal("HUP");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !node.process().errors().contains(words) {
            assert!(Instant::now() < deadline, "{words}: {}", node.process().errors());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let stranger = country.path("stranger.pem");
    let (key, file) = (country.path("stranger.key"), stranger.to_str().unwrap());
    let mut request = std::process::Command::new("openssl");
    request.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "9",
    ]);
    request.args(["-subj", "/CN=A stranger", "-out", file, "-keyout", key.to_str().unwrap()]);
    assert!(request.output().unwrap().status.success());
    let others = |config: &mut toml::Table| set(config, &["exchange", "client_ca"], file);
    reload(
        &|config| {
            others(config);
            set(config, &["console", "certificate"], "no-such.pem");
        },
        "not reloaded: nothing has changed",
    );
    assert!(admitted(), "the authority of clients was taken up all the same");
    reload(
        &|config| {
            others(config);
            set(config, &["console", "limits", "headers"], 50);
        },
        "count from the next start on",
    );
    assert!(node.process().errors().contains("console.limits.headers"), "{}", node.process().errors());
    assert!(!node.process().errors().contains("exchange.client_ca"), "it counts at once");
    let deadline = Instant::now() + Duration::from_secs(60);
    while admitted() {
        assert!(Instant::now() < deadline, "the authority of clients was not taken up");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// `negiz.toml` is enough to run the same gateway.
#[test]
fn serves_what_the_demo_configured() {
    let country = crate::postgres();
    let node = Node::start(country, "again", |_| ()).unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let body = country.hand(lead).cms(&bytes(&country.question()));
    assert_eq!(country.post_to(&node.exchange, &lead.agency, CMS, body).code(), "answered");
    node.process().signal("TERM");
    assert_eq!(node.process().wait(), 0);
}

/// A newcomer understands from what the demo prints what to try next: the printed lines work when pasted.
#[test]
fn prints_lines_that_work_when_pasted() {
    let country = crate::sqlite();
    let guide = country.guide.join("\n");
    let begin = guide.find("( cd ").expect("a line for openssl and curl");
    let end = guide[begin..].find("&& echo )").expect("its end") + begin + "&& echo )".len();
    let ran = std::process::Command::new("sh").args(["-c", &guide[begin..end]]).output().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let _ = country.verifier().verify(body["receipt"].as_str().unwrap());
    assert!(body["record"].is_object());
}
