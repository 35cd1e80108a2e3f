//! Out of file descriptors: a listener waits, lets go of half-open connections, and goes on. In a process of its own,
//! because the limit is the process's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use gateway::config::{Limits, Seconds};
use gateway::listener::{Drain, Listener, raise_descriptor_limit};
use gateway::telemetry::metrics;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn open_descriptors() -> u64 {
    u64::try_from(std::fs::read_dir("/proc/self/fd").unwrap().count()).unwrap()
}

#[tokio::test]
async fn a_listener_outlives_a_shortage_of_descriptors() {
    let listener = Listener::bind("admin", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let drain = Drain::default();
    let signal = drain.signal();
    let limits = Limits { idle_seconds: Seconds::of(60), ..Limits::default() };
    let router = Router::new().route("/", get(async || "fine"));
    let served = tokio::spawn(async move { listener.serve_plain(router, &limits, signal).await });

    let before = getrlimit(Resource::Nofile);
    let mut few = before;
    few.current = Some(open_descriptors() + 12);
    setrlimit(Resource::Nofile, few).unwrap();
    // The kernel completes these; each end needs a descriptor, so the last ones cannot be accepted.
    let mut clients = Vec::new();
    while let Ok(client) = TcpStream::connect(address).await {
        clients.push(client);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        metrics::render().contains("negiz_accept_errors_total{listener=\"admin\"}"),
        "there was no shortage"
    );

    clients.clear();
    let began = Instant::now();
    let mut answer = String::new();
    while !answer.ends_with("fine") {
        assert!(began.elapsed() < Duration::from_secs(10), "it never recovers: {answer}");
        answer.clear();
        let Ok(mut client) = TcpStream::connect(address).await else { continue };
        client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(1), client.read_to_string(&mut answer)).await;
    }
    assert_eq!(raise_descriptor_limit(), before.maximum);
    assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    drain.begin(Duration::from_secs(5));
    assert_eq!(served.await.unwrap().cut, 0);
}
