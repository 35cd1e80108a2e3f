//! Traces reach a collector, under the trace that log lines name, and carry nothing personal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use gateway::config::{Format, Level, Limits, Telemetry};
use gateway::listener::{Drain, Listener};
use gateway::telemetry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const IIN: &str = "900101300017";

/// A collector that takes one export and says what it got: head and body.
fn collector() -> (SocketAddr, Receiver<(String, Vec<u8>)>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let (sender, got) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let (head, body) = loop {
            let read = stream.read(&mut buffer).unwrap();
            bytes.extend_from_slice(&buffer[..read]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if bytes.len() >= end + 4 + length.trim().parse::<usize>().unwrap() {
                break (head, bytes[end + 4..].to_vec());
            }
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        sender.send((head, body)).unwrap();
    });
    (address, got)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_request_is_a_span_of_the_trace_it_names() {
    let (address, got) = collector();
    let settings =
        Telemetry { format: Format::Json, level: Level::Info, otlp: Some(format!("http://{address}/")) };
    let (reporting, dispatch) = telemetry::capture(&settings, Box::new(std::io::sink())).unwrap();
    let guard = tracing::dispatcher::set_default(&dispatch);

    let listener = Listener::bind("admin", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let gateway = listener.address();
    let drain = Drain::default();
    let signal = drain.signal();
    let router = Router::new().route("/fine/{person}", get(async || "fine"));
    let served = tokio::spawn(async move { listener.serve_plain(router, &Limits::default(), signal).await });
    let mut client = tokio::net::TcpStream::connect(gateway).await.unwrap();
    let request = format!(
        "GET /fine/{IIN} HTTP/1.1\r\nHost: {IIN}\r\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-00\r\nConnection: close\r\n\r\n"
    );
    client.write_all(request.as_bytes()).await.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
    drain.begin(Duration::from_secs(1));
    served.await.unwrap();
    drop(guard);
    drop(dispatch);

    // On a runtime's own thread, as at the end of a command.
    reporting.finish();
    let (head, body) = got.recv_timeout(Duration::from_secs(10)).expect("nothing was exported");
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    assert!(holds(&body, &hex::decode(TRACE).unwrap()), "under another trace");
    assert!(holds(&body, b"negiz") && holds(&body, b"request") && holds(&body, b"/fine/{person}"));
    assert!(!holds(&body, IIN.as_bytes()), "a span carries personal data");
}
