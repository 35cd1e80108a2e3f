//! A registry answers only a grant for itself, this operation and exactly this question, and only while it is fresh.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use country::{Environment, account, calls, registry};
use gateway::clock::{Clock as _, Millis, SystemClock};
use gateway::demo::registries::Running;
use gateway::refusal::Code;
use gateway::registries::ask::RegistryClient;
use gateway::registries::question::{Question, digest};
use gateway::upstream::{Fetched, Limits};
use http::Request;
use http_body_util::Full;
use policy::Ground;
use rustls_pki_types::ServerName;
use serde_json::{Map, Value, json};

fn question(running: &Running, code: &str, operation: &str, iin: &str) -> Question {
    let parameters = Map::from_iter([("iin".to_owned(), json!(iin))]);
    Question::new(&registry(running, code), operation, parameters, Ground::CriminalCase).unwrap()
}

/// Puts a question with a bearer token of the test's choosing.
async fn put(environment: &Environment, asked: &Question, token: Option<&str>) -> Fetched {
    let line = environment.upstream().line(ServerName::try_from("localhost").unwrap());
    let mut request =
        Request::builder().method(asked.target().method.as_str()).uri(asked.target().uri.clone());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Full::<Bytes>::default()).unwrap();
    line.fetch(request, Limits { deadline: Duration::from_secs(5), max_bytes: 10_000 }).await.unwrap()
}

fn error(fetched: &Fetched) -> (u16, String) {
    let body: Value = serde_json::from_slice(&fetched.body).unwrap();
    (fetched.status.as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_grant_opens_one_question_and_no_other() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let signer = environment.signer();
    let now = SystemClock.now();
    let asked = question(&running, "population", "person-by-iin", "900101300017");
    let token = signer.grant(&asked, &account(), now).unwrap();
    assert_eq!(put(&environment, &asked, Some(&token)).await.status, 200);

    let other_person = question(&running, "population", "person-by-iin", &someone());
    let other_operation = question(&running, "population", "parent-by-iin", "900101300017");
    let other_registry = question(&running, "residence", "residence-by-iin", "900101300017");
    let refused = |fetched: Fetched| error(&fetched);
    let unauthorised = |why: &str| (401, why.to_owned());
    assert_eq!(
        refused(put(&environment, &other_person, Some(&token)).await),
        unauthorised("grant-for-another-question")
    );
    assert_eq!(
        refused(put(&environment, &other_operation, Some(&token)).await),
        unauthorised("grant-for-another-operation")
    );
    assert_eq!(
        refused(put(&environment, &other_registry, Some(&token)).await),
        unauthorised("grant-invalid")
    );
    assert_eq!(refused(put(&environment, &asked, None).await), unauthorised("no-grant"));
    // What reached a registry is counted even if it was turned away there.
    assert_eq!(calls(&running).await["population/person-by-iin"], 3);
}

fn someone() -> String {
    gateway::demo::people::person(1).unwrap().iin.as_str().to_owned()
}

#[tokio::test]
async fn a_stale_foreign_or_altered_grant_opens_nothing() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let now = SystemClock.now();
    let asked = question(&running, "population", "person-by-iin", "900101300017");
    let stale = environment.signer().grant(&asked, &account(), Millis(now.0 - 120_000)).unwrap();
    let forged = environment.forger().grant(&asked, &account(), now).unwrap();
    let good = environment.signer().grant(&asked, &account(), now).unwrap();
    let mut altered = good.clone().into_bytes();
    let last = altered.len() - 10;
    altered[last] = if altered[last] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for token in [&stale, &forged, &altered] {
        assert_eq!(error(&put(&environment, &asked, Some(token)).await), (401, "grant-invalid".to_owned()));
    }
    assert_eq!(put(&environment, &asked, Some(&good)).await.status, 200);
}

/// The contract: a grant lives 60 seconds at most and says on which ground and kind of case, and nothing personal.
#[tokio::test]
async fn a_grant_says_what_a_registry_needs_and_no_more() {
    use base64::Engine as _;
    let environment = Environment::new();
    let running = environment.registries().await;
    let asked = question(&running, "population", "person-by-iin", "900101300017");
    let account = account();
    let token = environment.signer().grant(&asked, &account, Millis(1_000_000_999)).unwrap();
    let part = |index: usize| -> Value {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(token.split('.').nth(index).unwrap())
            .unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(part(0), json!({"typ": "negiz-grant+jwt", "alg": "ES256", "kid": "grants-1"}));
    let path = asked.target().uri.path().to_owned();
    assert_eq!(
        part(1),
        json!({
            "iss": country::ISSUER, "aud": "urn:demo:registry:population", "jti": account.request,
            "iat": 1_000_000, "exp": 1_000_030, "operation": "person-by-iin",
            "request": "sha-256:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
            "question": digest("GET", &path, b""), "case": "criminal", "ground": "criminal-case",
        })
    );
}

/// A gateway whose key the registries do not know gets no record, and no registry is taken for broken because of it.
#[tokio::test]
async fn a_refused_grant_is_a_failed_question() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let client = RegistryClient::new(environment.upstream(), environment.forger(), Arc::new(SystemClock));
    let asked = question(&running, "population", "person-by-iin", "900101300017");
    assert_eq!(client.ask(asked, &account()).await.unwrap_err().code, Code::RegistryFailed);
}
