//! What monitoring sees (SLS 6(12-3)).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateway::admin::{self, Check, Condition, Finding};
use gateway::config::Limits;
use gateway::listener::{Drain, Listener};
use gateway::refusal::Code;
use gateway::registries::breaker::State;
use gateway::telemetry::metrics::{self, Outcome, Shed, Step};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Debug)]
struct Fixed(&'static str, bool, Condition);

#[async_trait]
impl Check for Fixed {
    fn name(&self) -> &str {
        self.0
    }

    fn is_critical(&self) -> bool {
        self.1
    }

    async fn look(&self) -> Finding {
        Finding { condition: self.2, detail: "as it is".to_owned() }
    }
}

#[derive(Debug)]
struct Stuck;

#[async_trait]
impl Check for Stuck {
    fn name(&self) -> &str {
        "stuck"
    }

    fn is_critical(&self) -> bool {
        true
    }

    async fn look(&self) -> Finding {
        std::future::pending().await
    }
}

/// Status and body of a GET on an admin listener with these checks.
async fn get(checks: Vec<Arc<dyn Check>>, drain: &Drain, path: &str) -> (u16, String) {
    let listener = Listener::bind("admin", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let router = admin::router(checks, drain.signal());
    // A drain of its own: a node that leaves answers /readyz to the last.
    let serving = Drain::default();
    let signal = serving.signal();
    let task = tokio::spawn(async move { listener.serve_plain(router, &Limits::default(), signal).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    serving.begin(Duration::from_secs(1));
    task.await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn checks(all: &[(&'static str, bool, Condition)]) -> Vec<Arc<dyn Check>> {
    all.iter().map(|(name, critical, condition)| Arc::new(Fixed(name, *critical, *condition)) as _).collect()
}

#[tokio::test]
async fn a_node_that_serves_is_alive() {
    let (status, body) = get(Vec::new(), &Drain::default(), "/healthz").await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["alive"], true);
    assert_eq!(get(Vec::new(), &Drain::default(), "/v1/requests").await.0, 404);
}

#[tokio::test]
async fn a_node_is_ready_unless_something_critical_failed() {
    use Condition::{Degraded, Failed, Good};
    for (all, expected) in [
        (vec![("database", true, Good), ("registries", false, Failed)], 200),
        (vec![("database", true, Degraded)], 200),
        (vec![("database", true, Failed), ("registries", false, Good)], 503),
    ] {
        let (status, body) = get(checks(&all), &Drain::default(), "/readyz").await;
        assert_eq!(status, expected, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["ready"], expected == 200);
        assert_eq!(body["checks"].as_array().unwrap().len(), all.len());
        assert_eq!(
            (&body["checks"][0]["name"], &body["checks"][0]["critical"]),
            (&"database".into(), &true.into())
        );
    }
}

#[tokio::test]
async fn a_check_without_a_result_has_failed() {
    let (status, body) = get(vec![Arc::new(Stuck)], &Drain::default(), "/readyz").await;
    assert_eq!(status, 503);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["checks"][0]["condition"], "failed");
}

#[tokio::test]
async fn a_node_that_leaves_is_not_ready() {
    let drain = Drain::default();
    drain.begin(Duration::from_secs(10));
    let (status, body) = get(Vec::new(), &drain, "/readyz").await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&body).unwrap()["draining"].clone()),
        (503, true.into())
    );
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    metrics::step(Step::Signature, Duration::from_micros(130));
    metrics::outcome(Outcome::Refused, Some(Code::CaseNotOpen), "police", "population");
    metrics::outcome(Outcome::Answered, None, "police", "population");
    metrics::shed(Shed::OfficerRate);
    metrics::breaker("vehicles", State::Open);
    metrics::journal_batch(7, Duration::from_millis(2));
    metrics::case_source_age("erdr", 12);
    metrics::registry_asked("vehicles", "by-number", "answered", Duration::from_millis(2));
    metrics::case_asked("erdr", "not-found", Duration::from_millis(2));
    let (status, page) = get(Vec::new(), &Drain::default(), "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "negiz_step_seconds_bucket{step=\"signature\",le=\"0.0002\"} 1",
        "negiz_step_seconds_count{step=\"signature\"} 1",
        "negiz_outcomes_total{outcome=\"refused\",code=\"case-not-open\",agency=\"police\",registry=\"population\"} 1",
        "negiz_outcomes_total{outcome=\"answered\",code=\"\",agency=\"police\",registry=\"population\"} 1",
        "negiz_shed_total{reason=\"officer-rate\"} 1",
        "negiz_registry_breaker{registry=\"vehicles\"} 2",
        "negiz_journal_batch_entries_bucket{le=\"8\"} 1",
        "negiz_case_source_age_seconds{source=\"erdr\"} 12",
        "negiz_registry_questions_total{registry=\"vehicles\",operation=\"by-number\",outcome=\"answered\"} 1",
        "negiz_registry_seconds_count{registry=\"vehicles\"} 1",
        "negiz_case_questions_total{source=\"erdr\",outcome=\"not-found\"} 1",
        "negiz_case_seconds_count{source=\"erdr\"} 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} not in\n{page}");
    }
    let mut families = BTreeSet::new();
    for line in page.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            assert!(families.insert(family.to_owned()), "{family} twice");
        } else if !line.starts_with('#') {
            let (_, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert!(page.contains("process_resident_memory_bytes") && page.contains("process_open_fds"));
    assert!(page.contains("negiz_connections{listener=\"admin\"} "));
}
