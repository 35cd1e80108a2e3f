//! Registries that fail, lie, stall or flood: the gateway says which, releases nothing, and goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use country::{Environment, account, account_of};
use gateway::catalogue::{Catalogue, Registry};
use gateway::demo::server::Server;
use gateway::refusal::{Code, Refusal};
use gateway::registries::ask::RegistryClient;
use gateway::registries::breaker::State;
use gateway::registries::question::Question;
use policy::Ground;
use serde_json::{Map, Value, json};

const GOOD: &str = r#"{"name":"n","list":[{"a":1}]}"#;

async fn hostile(Path(what): Path<String>) -> Response {
    let answer = |status: u16, media_type: &str, body: Body| {
        Response::builder().status(status).header("content-type", media_type).body(body).unwrap()
    };
    let json = |body: &'static str| answer(200, "application/json", Body::from(body));
    let stream = |chunk: Bytes, pause: Duration| {
        Body::from_stream(futures_util::stream::unfold((), move |()| {
            let chunk = chunk.clone();
            async move {
                tokio::time::sleep(pause).await;
                Some((Ok::<_, std::io::Error>(chunk), ()))
            }
        }))
    };
    match what.as_str() {
        "good" => json(GOOD),
        "charset" => answer(200, "Application/JSON; charset=utf-8", Body::from(GOOD)),
        "more" => json(r#"{"name":"n","secret":"s","list":[{"a":1,"secret":"s"}]}"#),
        "less" => json(r#"{"list":[]}"#),
        "twice" => json(r#"{"name":"n","name":"m"}"#),
        "vast-number" => json(r#"{"name":"n","list":[{"a":99999999999999999}]}"#),
        "cut-short" => json(r#"{"name":"#),
        "not-json" => answer(200, "text/html", Body::from("<h1>Well met</h1>")),
        "pdf" => answer(200, "application/pdf", Body::from("%PDF-1.7")),
        "declared-flood" => answer(200, "application/json", Body::from(vec![b' '; 5_000])),
        "flood" => answer(200, "application/json", stream(Bytes::from(vec![b' '; 1_000]), Duration::ZERO)),
        "drip" => {
            answer(200, "application/json", stream(Bytes::from_static(b" "), Duration::from_millis(20)))
        }
        "silence" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            json(GOOD)
        }
        "gzip" => {
            let mut response = json(GOOD);
            response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            response
        }
        "elsewhere" => {
            let mut response = answer(302, "application/json", Body::empty());
            response.headers_mut().insert("location", "/good".parse().unwrap());
            response
        }
        "none" => answer(404, "application/json", Body::from(r#"{"error":"none"}"#)),
        "lost" => answer(404, "text/plain", Body::from("Not Found")),
        "lost-json" => answer(404, "application/json", Body::from(r#"{"error":"no such page"}"#)),
        status => answer(status.parse().unwrap(), "application/json", Body::from(GOOD)),
    }
}

fn registry(address: SocketAddr, concurrency: u32, failures: u32) -> Arc<Registry> {
    let text = json!({"type": "string"});
    let operation = |code: &str, extra: Value| {
        let mut operation = json!({
            "code": code, "title": "t", "class": "ordinary", "method": "GET", "path": "/{what}",
            "parameters": {"type": "object", "properties": {"what": text}, "required": ["what"], "additionalProperties": false},
            "answer": {"type": "object", "required": ["name"], "properties": {"name": text, "list": {"type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}}},
            "absent": {"type": "object", "properties": {"error": {"const": "none"}}, "required": ["error"]},
            "fields": {"criminal-case": ["*"]}, "timeout-ms": 300, "max-bytes": 4000
        });
        operation.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        operation
    };
    let listing = json!({
        "code": "hostile", "title": "H", "state": "integrated", "endpoint": format!("https://{address}"),
        "act": {"title": "a", "number": "1", "date": "2023-01-01", "valid-from": "2023-01-01"},
        "server-name": "localhost", "audience": "urn:h", "concurrency": concurrency,
        "breaker": {"failures": failures, "open-seconds": 1},
        "operations": [operation("ask", json!({})), operation("copy", json!({"media-types": ["application/pdf"]}))],
    });
    let catalogue = Catalogue::compile([serde_json::from_value(listing).unwrap()]).unwrap();
    Arc::clone(catalogue.registry("hostile").unwrap())
}

async fn server(environment: &Environment, port: u16) -> Server {
    Server::https(&environment.identity(), port, Router::new().route("/{what}", get(hostile))).await.unwrap()
}

async fn ask(
    client: &RegistryClient,
    registry: &Arc<Registry>,
    operation: &str,
    what: &str,
) -> Result<Value, Refusal> {
    ask_as(1, client, registry, operation, what).await
}

async fn ask_as(
    officer: u8,
    client: &RegistryClient,
    registry: &Arc<Registry>,
    operation: &str,
    what: &str,
) -> Result<Value, Refusal> {
    let parameters = Map::from_iter([("what".to_owned(), json!(what))]);
    let question = Question::new(registry, operation, parameters, Ground::CriminalCase).unwrap();
    client.ask(question, &account_of(officer)).await
}

#[tokio::test]
async fn releases_what_was_declared_and_nothing_else() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 10, 100));
    let good: Value = serde_json::from_str(GOOD).unwrap();
    for what in ["good", "charset", "more"] {
        assert_eq!(ask(&client, &registry, "ask", what).await.unwrap(), good, "{what}");
    }
    assert_eq!(ask(&client, &registry, "ask", "none").await.unwrap(), Value::Null);
}

#[tokio::test]
async fn names_what_is_wrong_with_an_answer() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 10, 100));
    for what in [
        "less",
        "twice",
        "vast-number",
        "cut-short",
        "not-json",
        "pdf",
        "declared-flood",
        "flood",
        "gzip",
        "elsewhere",
        "lost",
        "lost-json",
        "500",
        "401",
        "204",
        "206",
        "503",
    ] {
        let refused = ask(&client, &registry, "ask", what).await.unwrap_err();
        assert_eq!(refused.code, Code::RegistryFailed, "{what}: {}", refused.detail);
        assert!(!refused.detail.contains(&server.address().port().to_string()), "{}", refused.detail);
    }
    for what in ["drip", "silence"] {
        assert_eq!(
            ask(&client, &registry, "ask", what).await.unwrap_err().code,
            Code::RegistryTimeout,
            "{what}"
        );
    }
    assert_eq!(client.breakers(), [("hostile".to_owned(), State::Closed)]);
}

/// SLS 16-3(1): a document cannot be cut, so it passes only where the operation and the decision let all of it out.
#[tokio::test]
async fn a_document_passes_whole_or_not_at_all() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 10, 100));
    let document = json!({"media-type": "application/pdf", "base64": "JVBERi0xLjc="});
    assert_eq!(ask(&client, &registry, "copy", "pdf").await.unwrap(), document);
    assert_eq!(ask(&client, &registry, "copy", "not-json").await.unwrap_err().code, Code::RegistryFailed);
    let parameters = Map::from_iter([("what".to_owned(), json!("pdf"))]);
    let question = Question::new(&registry, "copy", parameters, Ground::CriminalCase).unwrap();
    let limited = |field: &str| question.clone().limited_to(&[field.to_owned()]);
    assert_eq!(client.ask(limited("base64"), &account()).await.unwrap(), document);
    assert_eq!(client.ask(limited("name"), &account()).await.unwrap_err().code, Code::RegistryFailed);
}

#[tokio::test]
async fn a_registry_takes_no_more_questions_at_once_than_listed() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 1, 100));
    let (one, other) =
        tokio::join!(ask(&client, &registry, "ask", "silence"), ask(&client, &registry, "ask", "good"));
    assert_eq!(one.unwrap_err().code, Code::RegistryTimeout);
    let refused = other.unwrap_err();
    assert_eq!((refused.code, refused.retry_after), (Code::RegistryUnavailable, Some(1)));
    assert!(ask(&client, &registry, "ask", "good").await.is_ok());
}

#[tokio::test]
async fn a_registry_that_keeps_failing_is_left_alone_and_tried_again() {
    let environment = Environment::new();
    let server_once = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server_once.address(), 10, 2));
    for officer in 1..=2 {
        let refused = ask_as(officer, &client, &registry, "ask", "500").await.unwrap_err();
        assert_eq!(refused.code, Code::RegistryFailed);
    }
    assert_eq!(client.breakers(), [("hostile".to_owned(), State::Open)]);
    let refused = ask(&client, &registry, "ask", "good").await.unwrap_err();
    assert_eq!((refused.code, refused.retry_after), (Code::RegistryUnavailable, Some(1)));
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert!(ask(&client, &registry, "ask", "good").await.is_ok());
    assert_eq!(client.breakers(), [("hostile".to_owned(), State::Closed)]);
}

/// Whoever can ask for one malformed record again and again must not shut everybody else out.
#[tokio::test]
async fn malformed_records_do_not_open_the_breaker() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 10, 2));
    for what in ["less", "flood", "lost", "not-json", "less"] {
        assert!(ask(&client, &registry, "ask", what).await.is_err());
    }
    assert!(ask(&client, &registry, "ask", "good").await.is_ok());
}

/// Nor whoever asks again and again what a registry is slow to answer, or stumbles over.
#[tokio::test]
async fn one_officers_slow_question_shuts_nobody_else_out() {
    let environment = Environment::new();
    let server = server(&environment, 0).await;
    let (client, registry) = (environment.client(), registry(server.address(), 10, 2));
    for what in ["silence", "500", "silence"] {
        assert!(ask_as(1, &client, &registry, "ask", what).await.is_err());
    }
    assert!(ask_as(2, &client, &registry, "ask", "good").await.is_ok());
    assert_eq!(client.breakers(), [("hostile".to_owned(), State::Closed)]);
}

#[tokio::test]
async fn a_registry_nobody_can_vouch_for_is_unreachable() {
    let (environment, other) = (Environment::new(), Environment::new());
    let client = environment.client();
    let foreign = server(&other, 0).await;
    let refused = ask(&client, &registry(foreign.address(), 10, 100), "ask", "good").await.unwrap_err();
    assert_eq!((refused.code, refused.retry_after), (Code::RegistryUnavailable, Some(5)));
    let own = server(&environment, 0).await;
    let listed = registry(own.address(), 10, 100);
    let unknown = RegistryClient::new(
        environment.upstream_of(&other.gateway),
        environment.signer(),
        Arc::new(gateway::clock::SystemClock),
    );
    assert_eq!(ask(&unknown, &listed, "ask", "good").await.unwrap_err().code, Code::RegistryUnavailable);
    let stranger = RegistryClient::new(
        environment.upstream_of(&environment.stranger),
        environment.signer(),
        Arc::new(gateway::clock::SystemClock),
    );
    assert!(
        ask(&stranger, &listed, "ask", "good").await.is_err(),
        "only one certificate of the authority is taken"
    );
}
