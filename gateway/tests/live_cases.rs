//! A case registry asked at the moment of the request (SLS 16-2(3)¶2): its word counts only whole, fresh and about this case.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use country::Environment;
use gateway::cases::live::{LiveSource, Malformed, SourceError, Unverifiable};
use gateway::clock::{Clock as _, Millis, SystemClock};
use gateway::demo::case_registry::CaseRegistry;
use gateway::demo::server::Server;
use gateway::replica::{CaseSource, CaseState, SourceMode};
use policy::{CaseKind, CaseStatus};
use serde_json::{Value, json};

const HOLDER: &str = "900101300017";

fn case(number: &str, version: i64) -> CaseState {
    CaseState {
        kind: CaseKind::Criminal,
        number: number.to_owned(),
        status: CaseStatus::Open,
        agency: "940740000003"
            .parse()
            .or_else(|_| certs::Bin::parse_unchecked_digit("940740000003"))
            .unwrap(),
        holders: vec![HOLDER.parse().unwrap()],
        version,
    }
}

fn source(url: &str) -> CaseSource {
    let mode = SourceMode::Live { url: url.to_owned() };
    CaseSource { code: "courts".to_owned(), kinds: vec![CaseKind::Criminal], mode, max_age: 60, as_of: None }
}

fn connect(environment: &Environment, url: &str) -> LiveSource {
    LiveSource::new(&source(url), &environment.upstream(), Some("localhost")).unwrap()
}

#[tokio::test]
async fn tells_the_case_as_it_stands_now_with_the_exact_answer() {
    let environment = Environment::new();
    let clock = Arc::new(SystemClock);
    let registry =
        CaseRegistry::start(&environment.identity(), 0, [case("2575/1 ә", 1)], clock).await.unwrap();
    let live = connect(&environment, &registry.url());
    assert!(live.healthy().await);
    let found = live.ask("2575/1 ә", SystemClock.now()).await.unwrap().unwrap();
    assert_eq!(found.state, case("2575/1 ә", 1));
    assert!(SystemClock.now().since(found.as_of) < 5_000);
    let answer: Value = serde_json::from_slice(&found.answer).unwrap();
    assert_eq!(answer["holders"], json!([HOLDER]));
    // A case that closes is closed at the next question.
    registry.put(CaseState { status: CaseStatus::Closed, ..case("2575/1 ә", 2) });
    let closed = live.ask("2575/1 ә", SystemClock.now()).await.unwrap().unwrap();
    assert_eq!((closed.state.status, closed.state.version), (CaseStatus::Closed, 2));
    assert!(live.ask("2575", SystemClock.now()).await.unwrap().is_none());
    assert!(live.ask("..", SystemClock.now()).await.is_ok_and(|none| none.is_none()));
}

fn answer(changes: &Value) -> Value {
    let mut answer = json!({"kind": "criminal", "number": "1", "status": "open", "agency": "940740000003", "holders": [HOLDER],
                            "version": 3, "as-of": SystemClock.now().rfc3339()});
    answer["agency"] = json!(valid_bin());
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(answer.as_object_mut().unwrap().remove(name)),
            value => answer[name] = value.clone(),
        }
    }
    answer
}

fn valid_bin() -> String {
    (0..10)
        .map(|check| format!("94074000000{check}"))
        .find(|text| text.parse::<certs::Bin>().is_ok())
        .unwrap()
}

/// What the hostile case registry answers is named by the number asked for: `status|type|body`, percent-decoded.
async fn as_told(Path(told): Path<String>) -> Response {
    let mut parts = told.splitn(3, '|');
    let status: u16 = parts.next().unwrap().parse().unwrap();
    let media_type = parts.next().unwrap().to_owned();
    if media_type == "late" {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let body = parts.next().unwrap_or_default().to_owned();
    (http::StatusCode::from_u16(status).unwrap(), [("content-type", media_type)], body).into_response()
}

async fn told(told: &str) -> Unverifiable {
    let environment = Environment::new();
    let router = Router::new().route("/cases/{told}", get(as_told));
    let server = Server::https(&environment.identity(), 0, router).await.unwrap();
    let live =
        connect(&environment, &format!("https://{}", server.address())).within(Duration::from_millis(300));
    live.ask(told, SystemClock.now()).await.expect_err(told)
}

async fn malformed(changes: Value) -> Malformed {
    match told(&format!("200|application/json|{}", answer(&changes))).await {
        Unverifiable::Malformed { what, code } if code == "courts" => what,
        other => panic!("{changes}: {other}"),
    }
}

#[tokio::test]
async fn an_answer_in_another_shape_is_no_answer() {
    for changes in [
        json!({"kind": "military"}),
        json!({"status": "reopened"}),
        json!({"agency": "1"}),
        json!({"holders": "900101300017"}),
        json!({"holders": ["900101300018"]}),
        json!({"version": 1.5}),
        json!({"version": null}),
        json!({"note": "extra"}),
    ] {
        assert_eq!(malformed(changes).await, Malformed::Shape);
    }
    assert_eq!(malformed(json!({"as-of": "today"})).await, Malformed::Instant);
    assert_eq!(malformed(json!({})).await, Malformed::OtherCase);
    assert!(matches!(
        told("200|text/html|<p>").await,
        Unverifiable::Malformed { what: Malformed::MediaType, .. }
    ));
    let flood = format!("200|application/json|{}", "x".repeat(7_000));
    assert!(matches!(told(&flood).await, Unverifiable::Malformed { what: Malformed::Shape, .. }));
}

#[tokio::test]
async fn a_registry_that_fails_or_stalls_leaves_the_case_unverifiable() {
    for status in ["500", "403", "302", "204"] {
        let failed = told(&format!("{status}|application/json|")).await;
        assert!(matches!(failed, Unverifiable::Status { .. }), "{failed}");
        assert!(failed.to_string().contains(status));
    }
    let late = told("200|late|").await;
    assert_eq!(late.to_string(), "The case registry courts did not answer within 300 ms.");
    let environment = Environment::new();
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let live = connect(&environment, &format!("https://{}", nobody.local_addr().unwrap()));
    let unreachable = live.ask("1", SystemClock.now()).await.unwrap_err();
    assert_eq!(unreachable.to_string(), "No connection to the case registry courts.");
    assert!(!live.healthy().await);
}

/// The word of a case registry is good for its configured age only, and never from the future.
#[tokio::test]
async fn a_stale_word_is_no_word() {
    #[derive(Debug)]
    struct Stopped(Millis);
    impl gateway::clock::Clock for Stopped {
        fn now(&self) -> Millis {
            self.0
        }
    }
    let environment = Environment::new();
    let clock = Arc::new(Stopped(Millis(1_000_000_000)));
    let registry = CaseRegistry::start(&environment.identity(), 0, [case("1", 1)], clock).await.unwrap();
    let live = connect(&environment, &registry.url());
    let at = |millis: i64| live.ask("1", Millis(1_000_000_000 + millis));
    assert!(at(0).await.is_ok());
    assert!(at(60_000).await.is_ok());
    assert!(matches!(at(60_001).await.unwrap_err(), Unverifiable::Stale { max_age: 60, .. }));
    assert!(at(-60_000).await.is_ok());
    assert!(matches!(at(-60_001).await.unwrap_err(), Unverifiable::Ahead { .. }));
}

#[test]
fn a_source_that_cannot_be_asked_safely_is_not_connected() {
    let environment = Environment::new();
    let upstream = environment.upstream();
    let refused = |source: &CaseSource, name| LiveSource::new(source, &upstream, name).err();
    let plain = source("http://cases.example");
    assert_eq!(refused(&plain, None), Some(SourceError::Endpoint("courts".to_owned())));
    let replica = CaseSource { mode: SourceMode::Replica, ..source("") };
    assert_eq!(refused(&replica, None), Some(SourceError::NotLive("courts".to_owned())));
    assert_eq!(
        refused(&source("https://127.0.0.1:1"), Some("no name")),
        Some(SourceError::ServerName("courts".to_owned()))
    );
    assert_eq!(refused(&source("https://127.0.0.1:1/v1"), None), None);
    assert_eq!(refused(&source("https://[::1]:1/v1"), None), None);
}
