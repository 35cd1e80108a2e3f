//! The demonstration shows every track with what it says of itself: manifest, `tracks.json` and the lines it prints.

use std::process::Command;
use std::time::{Duration, Instant};

use negiz_tests::channel::{Channel, get};
use negiz_tests::command::{Done, run};
use negiz_tests::country::Country;
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::sign::Hand;
use negiz_tests::tracks::{Offered, Tracks};
use serde_json::{Value, json};

on_both_databases!(
    drives_every_track_from_the_command_line,
    shows_an_urgent_measure_and_tells_the_prosecutor,
    prints_lines_that_work_when_pasted,
    names_the_system_that_feeds_cases,
);

fn ask(country: &Country, question: &Offered, more: &[&str]) -> Done {
    let directory = country.directory.to_str().unwrap();
    let parameters = question.parameters.to_string();
    let mut arguments = vec!["request", "--dir", directory, "--json", "--officer", &question.officer];
    arguments.extend(["--ground", &question.ground, "--case", &question.case]);
    arguments.extend(["--registry", &question.registry, "--operation", &question.operation]);
    arguments.extend(["--parameter-json", &parameters, "--purpose", "Establish what the material needs"]);
    arguments
        .extend(["--circumstances", "Report of 20.11.2026 names the person in connection with the material"]);
    let measure = question.measure.as_ref().map(|measure| {
        format!("{}={}", measure["basis"].as_str().unwrap(), measure["document"].as_str().unwrap())
    });
    if let Some(measure) = &measure {
        arguments.extend(["--measure", measure]);
    }
    arguments.extend(more);
    run(&arguments)
}

/// SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(5): each ground that joint acts open.
fn drives_every_track_from_the_command_line(country: &Country) {
    let tracks = Tracks::of(country);
    let mut grounds: Vec<&str> = Vec::new();
    for question in tracks.questions.iter().filter(|question| question.needs.is_empty()) {
        let done = ask(country, question, &[]);
        assert_eq!(done.status, 0, "{}: {done:?}", question.ground);
        grounds.push(&question.ground);
    }
    let all = ["operational", "covert", "financial-monitoring", "bankruptcy", "migration", "prevention"];
    assert!(all.iter().all(|ground| grounds.contains(ground)), "{grounds:?}");
}

/// OI 12(7), end to end: the head's decision, the answer, the notice; then the sanction.
fn shows_an_urgent_measure_and_tells_the_prosecutor(country: &Country) {
    let tracks = Tracks::of(country);
    let offered = tracks.questions.iter().find(|question| !question.needs.is_empty()).unwrap();
    let question = Offered { case: format!("26-OP-{}", uuid::Uuid::new_v4()), ..offered.clone() };
    assert_eq!(question.needs, ["sanction", "urgent"]);
    let bare = ask(country, &question, &[]);
    assert!(bare.status == 1 && bare.said.contains("sanction-missing"), "{bare:?}");
    let sign = |name: &str, officer: &str, document: Value| {
        let file = country.path(name);
        std::fs::write(
            &file,
            Hand::of(&country.directory, tracks.officer(country, officer)).cms(&bytes(&document)),
        )
        .unwrap();
        file.to_str().unwrap().to_owned()
    };
    let subject = &question.parameters["iin"];
    let decision = sign(
        "tour-urgent.cms",
        &tracks.signatories.head,
        json!({
            "version": 1, "kind": "urgent-decision", "number": "3-u", "case": question.case,
            "registries": [question.registry], "subject": subject, "decided": seconds_from_now(-60),
            "against-judge": false, "threat": "grave-crime",
            "reasons": "The person is about to leave; a witness says within the hour",
        }),
    );
    let done = ask(country, &question, &["--urgent", &decision]);
    assert_eq!(done.status, 0, "{done:?}");
    let answer: Value = serde_json::from_str(&done.said).unwrap();
    let id = answer["request"]["id"].as_str().unwrap();
    let told = |notice: &Value| notice["request"] == id && notice["what"] == "urgent-measure-begun";
    let deadline = Instant::now() + Duration::from_secs(60);
    while !get(&country.manifest.notices).json().as_array().unwrap().iter().any(told) {
        assert!(Instant::now() < deadline, "the prosecutor is not told");
        std::thread::sleep(Duration::from_millis(200));
    }
    let kept = std::fs::read_to_string(country.path("notices.jsonl")).unwrap();
    assert!(kept.lines().any(|line| told(&serde_json::from_str(line).unwrap())), "{kept}");
    let sanction = sign(
        "tour-sanction.cms",
        &tracks.signatories.prosecutor,
        json!({
            "version": 1, "kind": "sanction", "number": "17-s", "case": question.case, "registries": [question.registry],
            "subject": subject, "from": seconds_from_now(-3600), "until": seconds_from_now(86_400),
        }),
    );
    let done = ask(country, &question, &["--sanction", &sanction]);
    assert_eq!(done.status, 0, "{done:?}");
}

/// What a newcomer pastes from the guide works as it stands.
fn prints_lines_that_work_when_pasted(country: &Country) {
    let guide = country.guide.join("\n");
    let begun = guide.find("An urgent measure").expect("the guide tells of urgent measures");
    let pasted = &guide[begun..];
    let (from, to) = (pasted.find("( cd ").unwrap(), pasted.find("notices.jsonl'").unwrap());
    let line = &pasted[from..to + "notices.jsonl'".len()];
    let done = Command::new("bash").args(["-c", line]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{line}\n{said}");
    assert!(said.contains("urgent-measure-begun"), "{said}");
}

/// SLS 16-2(3)¶2: the credential of the case registry is in the manifest, and reports with it are taken.
fn names_the_system_that_feeds_cases(country: &Country) {
    let manifest = &country.manifest;
    let feed = manifest.feeds.first().expect("a feed");
    assert!(feed.kinds.contains(&"criminal".to_owned()) && !feed.source.is_empty());
    let path = |name: &str| country.path(name);
    let channel = Channel::open(&path(&manifest.tls_ca), &path(&feed.cert), &path(&feed.key));
    let report = bytes(&json!({ "as-of": seconds_from_now(0), "cases": [] }));
    let json = Some("application/json");
    let reply = channel.call(&manifest.exchange, http::Method::PUT, "/v1/cases", json, report).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.json());
}
