//! What the log says of hostile requests, and what it must never say (SLS 7(2)(6)–(8)).

use std::io::Write;
use std::sync::{Arc, Mutex};

use gateway::config::{Format, Level, Telemetry};
use gateway::telemetry;
use serde_json::Value;

use crate::site::{Authority, Site, ask, client_config, converse, limits};

/// A person who exists nowhere else, so that any trace of the number comes from a request.
const IIN: &str = "900101300017";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// What is logged while `scene` plays, at the most talkative level.
async fn logged(scene: impl Future<Output = ()>) -> String {
    let captured = Captured::default();
    let settings = Telemetry { format: Format::Json, level: Level::Trace, otlp: None };
    let (reporting, dispatch) = telemetry::capture(&settings, Box::new(captured.clone())).unwrap();
    let guard = tracing::dispatcher::set_default(&dispatch);
    scene.await;
    drop(guard);
    reporting.finish();
    captured.text()
}

fn lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[tokio::test]
async fn no_line_repeats_what_a_client_sent() {
    let log = logged(async {
        let site = Site::open(limits()).await;
        let requests = [
            format!("GET /{IIN} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET /whoami?iin={IIN} HTTP/1.1\r\nHost: {IIN}\r\nX-Person: {IIN}\r\n\r\n"),
            format!("{IIN} /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{IIN}"),
            format!("GET /sleep/{IIN}x HTTP/1.1\r\nHost: localhost\r\ntraceparent: {IIN}\r\n\r\n"),
            format!("GET /whoami HTTP/1.1\r\nHost: localhost\r\nCookie: {IIN}\r\nBad Header {IIN}\r\n\r\n"),
            "GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
        ];
        for request in requests {
            let mut client = site.client(b"http/1.1").await;
            let request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            converse(&mut client, &request).await;
        }
        // A name in a certificate that is turned away, and in one that is not.
        for authority in [&Authority::new("Stranger"), &site.authority] {
            let identity = authority.client(&format!("IIN{IIN}"));
            let config = client_config(&site.authority.pem, Some(&identity), b"http/1.1");
            if let Ok(mut client) = site.connect(&config).await {
                let request = "GET /whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client, request.as_bytes()).await;
                crate::site::read_to_close(&mut client).await;
            }
        }
    })
    .await;
    assert!(lines(&log).len() >= 6, "{log}");
    assert!(!log.contains(IIN), "{log}");
    assert!(!log.contains("************"), "the guard had to step in: {log}");
}

#[tokio::test]
async fn one_line_for_each_request_with_its_trace() {
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let log = logged(async {
        let site = Site::open(limits()).await;
        let mut client = site.client(b"http/1.1").await;
        let traced =
            format!("GET /whoami HTTP/1.1\r\nHost: a\r\ntraceparent: 00-{id}-00f067aa0ba902b7-01\r\n\r\n");
        ask(&mut client, &traced).await;
        ask(&mut client, "GET /sleep/1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        ask(&mut client, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").await;
    })
    .await;
    let answered: Vec<Value> = lines(&log).into_iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 3, "{log}");
    assert_eq!((&answered[0]["trace_id"], &answered[0]["route"]), (&id.into(), &"/whoami".into()));
    assert_eq!((&answered[1]["route"], &answered[1]["status"]), (&"/sleep/{millis}".into(), &200.into()));
    assert_eq!((&answered[2]["route"], &answered[2]["code"]), (&"-".into(), &"not-found".into()));
    let own = answered[1]["trace_id"].as_str().unwrap();
    assert!(own.len() == 32 && own != id && answered[1]["trace_id"] != answered[2]["trace_id"], "{log}");
    for line in &answered {
        assert_eq!(line["system"].as_str().unwrap().len(), 64);
        assert!(line["time"].as_str().unwrap().ends_with('Z') && line["listener"] == "exchange", "{line}");
    }
}

#[tokio::test]
async fn a_line_is_one_object_whatever_is_in_it() {
    let log = logged(async {
        tracing::info!(target: "gateway", text = "a \"quoted\"\\ line\nbreak \u{1} ü", float = f64::NAN, "say {:?}", "x");
        let span = tracing::info_span!(target: "gateway", "outer", later = tracing::field::Empty, first = 1);
        span.record("later", "\"2\"");
        span.in_scope(|| tracing::warn!(target: "gateway", "inside"));
    })
    .await;
    let lines = lines(&log);
    assert_eq!(lines[0]["text"], "a \"quoted\"\\ line\nbreak \u{1} ü");
    assert_eq!((&lines[0]["message"], &lines[0]["float"]), (&"say \"x\"".into(), &Value::Null));
    assert_eq!((&lines[1]["first"], &lines[1]["later"]), (&1.into(), &"\"2\"".into()));
}

#[tokio::test]
async fn the_guard_blots_out_a_number_that_gets_into_a_message() {
    let log = logged(async { tracing::error!(target: "hyper", "unexpected {IIN}") }).await;
    assert_eq!(lines(&log)[0]["message"], "unexpected ************");
}

#[tokio::test]
async fn libraries_are_not_heard_below_warnings() {
    let log = logged(async {
        tracing::debug!(target: "hyper", "parsed");
        tracing::info!(target: "h2", "frame");
        tracing::trace!(target: "gateway::listener", "ours");
    })
    .await;
    assert_eq!(lines(&log).len(), 1, "{log}");
}
