//! Bodies: too large, too slow, not read.

use std::time::Duration;

use gateway::config::{Limits, Seconds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::site::{Site, ask, converse, limits, read_answer, size};

fn post(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not() {
    let site = Site::open(Limits { body: size(1000), ..limits() }).await;
    let mut client = site.client(b"http/1.1").await;
    let answer = ask(&mut client, &(post("/length", 1000) + &"x".repeat(1000))).await;
    assert!(answer.ends_with("1000"), "{answer}");
    let answer = ask(&mut client, &(post("/length", 1001) + &"x".repeat(1001))).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("urn:negiz:problem:too-large"), "{answer}");
    // It was read to its end, so the connection goes on.
    assert!(ask(&mut client, &(post("/length", 1) + "x")).await.ends_with("\r\n1"));
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_a_byte_of_it() {
    let site = Site::open(limits()).await;
    let mut client = site.client(b"http/1.1").await;
    let answer = ask(&mut client, &post("/length", 10_000_000_000)).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_not_told_to_go_on() {
    let site = Site::open(limits()).await;
    let mut client = site.client(b"http/1.1").await;
    let head =
        "POST /length HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 999999\r\n\r\n";
    let answer = converse(&mut client, head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_chunked_body_is_measured_too() {
    let site = Site::open(Limits { body: size(1000), ..limits() }).await;
    let mut client = site.client(b"http/1.1").await;
    let chunks = format!("258\r\n{0}\r\n258\r\n{0}\r\n0\r\n\r\n", "x".repeat(600));
    let head = "POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = ask(&mut client, &format!("{head}{chunks}")).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_route_may_take_more_than_the_others() {
    let site = Site::open(Limits { body: size(1000), ..limits() }).await;
    let mut client = site.client(b"http/1.1").await;
    let request = post("/large", 500_000).replace("POST", "PUT") + &"x".repeat(500_000);
    assert!(ask(&mut client, &request).await.ends_with("500000"));
}

#[tokio::test]
async fn a_client_that_sends_everything_first_still_reads_the_refusal() {
    let site = Site::open(limits()).await;
    // Longer than what the kernel buffers on the way, so that the client blocks unless the rest is taken in.
    let body = vec![b'x'; 6 * 1024 * 1024];
    for path in ["/length", "/nowhere", "/unread"] {
        let mut client = site.client(b"http/1.1").await;
        client.write_all(post(path, body.len()).as_bytes()).await.unwrap();
        client.write_all(&body).await.unwrap();
        client.flush().await.unwrap();
        let answer = read_answer(&mut client).await;
        let expected = if path == "/unread" {
            "200"
        } else if path == "/length" {
            "413"
        } else {
            "404"
        };
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_slow_body_is_a_request_timeout() {
    let site = Site::open(Limits { body_seconds: Seconds::of_millis(300), ..limits() }).await;
    let mut client = site.client(b"http/1.1").await;
    client.write_all((post("/length", 100) + "slow").as_bytes()).await.unwrap();
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _ = client.write_all(b"x").await;
            let mut answer = [0; 1024];
            let read = tokio::time::timeout(Duration::from_millis(1), client.read(&mut answer)).await;
            if let Ok(Ok(length)) = read {
                return String::from_utf8_lossy(&answer[..length]).into_owned();
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), dripping).await.expect("it waits for ever");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request-timeout"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}
