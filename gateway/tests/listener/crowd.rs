//! Clients in numbers, and clients who take their time.

use std::time::{Duration, Instant};

use gateway::config::{Limits, Seconds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::{Site, ask, client_config, converse, limits, read_answer, read_to_close, size};

const WHOAMI: &str = "GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn is_served(site: &Site) -> bool {
    let began = Instant::now();
    let mut client = site.client(b"http/1.1").await;
    let answer = ask(&mut client, WHOAMI).await;
    answer.starts_with("HTTP/1.1 200") && began.elapsed() < Duration::from_secs(5)
}

async fn half_open(site: &Site, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for n in 0..count {
        let mut stream = site.tcp().await;
        if n % 2 == 1 {
            // A handshake record that never goes on.
            stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();
        }
        streams.push(stream);
    }
    streams
}

#[tokio::test]
async fn three_hundred_half_open_connections_do_not_stop_an_honest_one() {
    let site = Site::open(limits()).await;
    let _crowd = half_open(&site, 300).await;
    assert!(is_served(&site).await);
}

#[tokio::test]
async fn a_crowd_beyond_every_limit_displaces_only_itself() {
    let few = Limits { handshakes: size(50), connections: size(60), ..limits() };
    let site = Site::open(few).await;
    let mut honest = site.client(b"http/1.1").await;
    let mut crowd = half_open(&site, 300).await;
    assert!(is_served(&site).await);
    assert!(ask(&mut honest, WHOAMI).await.starts_with("HTTP/1.1 200"));
    // The oldest were shed; the newest still wait.
    assert_eq!(crowd[0].read(&mut [0; 1]).await.unwrap_or(0), 0);
    let newest = crowd.last_mut().unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), newest.read(&mut [0; 1])).await.is_err());
}

#[tokio::test]
async fn a_handshake_has_its_time() {
    let site = Site::open(Limits { handshake_seconds: Seconds::of_millis(200), ..limits() }).await;
    let mut silent = site.tcp().await;
    let read = tokio::time::timeout(Duration::from_secs(10), silent.read(&mut [0; 1])).await;
    assert_eq!(read.expect("it is not closed").unwrap_or(0), 0);
}

#[tokio::test]
async fn a_header_has_its_time_from_its_first_byte() {
    let site = Site::open(Limits { header_seconds: Seconds::of_millis(300), ..limits() }).await;
    let mut slow = site.client(b"http/1.1").await;
    // Nothing sent yet, so nothing is late.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(ask(&mut slow, WHOAMI).await.starts_with("HTTP/1.1 200"));
    let began = Instant::now();
    let dripping = async {
        for byte in WHOAMI.bytes().cycle() {
            if slow.write_all(&[byte & 0x5f]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dripping).await.expect("it may drip for ever");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_pause_between_requests_has_its_time() {
    for alpn in [b"http/1.1".as_slice(), b"h2"] {
        let site = Site::open(Limits { idle_seconds: Seconds::of_millis(300), ..limits() }).await;
        let mut client = site.client(alpn).await;
        // In HTTP/2 with nothing sent, not even the preface.
        let began = Instant::now();
        read_to_close(&mut client).await;
        assert!(began.elapsed() < Duration::from_secs(8), "{alpn:?}");
    }
}

#[tokio::test]
async fn a_request_has_its_time() {
    let site = Site::open(Limits { request_seconds: Seconds::of_millis(300), ..limits() }).await;
    let mut client = site.client(b"http/1.1").await;
    let answer = converse(&mut client, "GET /sleep/20000 HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(answer, "");
}

#[tokio::test]
async fn a_system_with_too_many_connections_is_told_so() {
    let site = Site::open(Limits { connections_per_system: size(2), ..limits() }).await;
    let greedy = client_config(&site.authority.pem, Some(&site.authority.client("police")), b"http/1.1");
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut client = site.connect(&greedy).await.unwrap();
        assert!(ask(&mut client, WHOAMI).await.starts_with("HTTP/1.1 200"));
        kept.push(client);
    }
    let mut third = site.connect(&greedy).await.unwrap();
    let answer = converse(&mut third, WHOAMI).await.to_lowercase();
    assert!(
        answer.starts_with("http/1.1 503") && answer.contains("urn:negiz:problem:overloaded"),
        "{answer}"
    );
    assert!(answer.contains("retry-after: 1") && answer.contains("connection: close"), "{answer}");
    assert!(is_served(&site).await, "another system is not concerned");

    kept.pop();
    let mut freed = None;
    for _ in 0..100 {
        let mut client = site.connect(&greedy).await.unwrap();
        if ask(&mut client, WHOAMI).await.starts_with("HTTP/1.1 200") {
            freed = Some(client);
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(freed.is_some(), "a closed connection does not count");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_turned_away_at_once() {
    let site = Site::open(Limits { requests: size(1), ..limits() }).await;
    let (mut first, mut second) = (site.client(b"http/1.1").await, site.client(b"http/1.1").await);
    first.write_all(b"GET /sleep/1000 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    let refused = ask(&mut second, WHOAMI).await;
    assert!(began.elapsed() < Duration::from_millis(700));
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("overloaded"), "{refused}");
    assert!(read_answer(&mut first).await.ends_with("slept"));
    // The connection that was turned away is still good.
    assert!(ask(&mut second, WHOAMI).await.starts_with("HTTP/1.1 200"));
}
