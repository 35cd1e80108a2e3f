//! HTTP/1.0, HTTP/1.1 and HTTP/2 to the letter, where the letter keeps clients apart.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::site::{Client, Site, ask, converse, limits, read_to_close};

#[tokio::test]
async fn http_1_0_closes_after_the_answer_and_is_never_chunked() {
    let site = Site::open(limits()).await;
    for path in ["/whoami", "/stream"] {
        let mut client = site.client(b"http/1.1").await;
        let answer = converse(&mut client, &format!("GET {path} HTTP/1.0\r\n\r\n")).await.to_lowercase();
        assert!(answer.starts_with("http/1.0 200"), "{answer}");
        assert!(!answer.contains("transfer-encoding") && !answer.contains("keep-alive"), "{answer}");
    }
    let mut client = site.client(b"").await;
    let answer = converse(&mut client, "GET /stream HTTP/1.0\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\none two three"), "{answer}");
}

#[tokio::test]
async fn http_1_0_keeps_the_connection_if_asked() {
    let site = Site::open(limits()).await;
    let mut client = site.client(b"http/1.1").await;
    for _ in 0..2 {
        let request = "GET /whoami HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        let answer = ask(&mut client, request).await.to_lowercase();
        assert!(answer.contains("connection: keep-alive"), "{answer}");
    }
}

#[tokio::test]
async fn http_1_1_needs_exactly_one_host() {
    let site = Site::open(limits()).await;
    let none = [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host:\r\n",
        "Host: a b\r\n",
        "Host: user@a\r\n",
        "Host: a:port\r\n",
        "Host: a/b\r\n",
    ];
    for fields in none {
        let mut client = site.client(b"http/1.1").await;
        let answer = ask(&mut client, &format!("GET /whoami HTTP/1.1\r\n{fields}\r\n")).await;
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains("urn:negiz:problem:bad-request"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_speaks_of_the_connection_does_not_reach_handlers() {
    let site = Site::open(limits()).await;
    let mut client = site.client(b"http/1.1").await;
    let request = "GET /fields HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-Secret-Route\r\n\
                   X-Secret-Route: 1\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\nUpgrade: h2c\r\n\
                   Proxy-Authorization: Basic eA==\r\nX-Kept: 2\r\n\r\n";
    let answer = ask(&mut client, request).await;
    let (head, fields) = answer.split_once("\r\n\r\n").unwrap();
    assert!(fields.contains("x-kept"), "{fields}");
    for gone in ["connection", "x-secret-route", "keep-alive", "\"te\"", "upgrade", "proxy-authorization"] {
        assert!(!fields.contains(gone), "{gone} in {fields}");
        assert!(!head.contains("x-secret-route"), "{head}");
    }
}

#[tokio::test]
async fn a_request_with_two_lengths_is_not_believed() {
    let site = Site::open(limits()).await;
    let smuggled = "5\r\nhello\r\n0\r\n\r\nGET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let request = format!(
        "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{smuggled}",
        smuggled.len()
    );
    let mut client = site.client(b"http/1.1").await;
    let answer = converse(&mut client, &request).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test]
async fn errors_of_http_are_problems_too() {
    let site = Site::open(limits()).await;
    let cases = [
        ("GET /nowhere", "404", "not-found"),
        ("DELETE /whoami", "405", "method-not-allowed"),
        ("TRACE /whoami", "405", "method-not-allowed"),
        ("GET /sleep/abc", "400", "bad-request"),
        ("GET /panic", "500", "internal"),
    ];
    for (line, status, code) in cases {
        let mut client = site.client(b"http/1.1").await;
        let answer = ask(&mut client, &format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line}: {answer}");
        assert!(answer.contains("content-type: application/problem+json"), "{line}: {answer}");
        assert!(answer.contains("cache-control: no-store"), "{line}: {answer}");
        assert!(answer.contains(&format!("urn:negiz:problem:{code}")), "{line}: {answer}");
        assert_eq!(answer.contains("allow: GET"), status == "405", "{line}: {answer}");
    }
}

#[tokio::test]
async fn headers_have_a_size() {
    let site = Site::open(limits()).await;
    let long = format!("GET /whoami HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
    let many = format!("GET /whoami HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Many: 1\r\n".repeat(100));
    for request in [long, many] {
        let mut client = site.client(b"http/1.1").await;
        let answer = converse(&mut client, &request).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        assert!(answer.contains("content-type: application/problem+json"), "{answer}");
        assert!(answer.contains("urn:negiz:problem:header-too-large"), "{answer}");
    }
}

/// What never becomes a request is answered before any handler; the client reads the same kind of document.
#[tokio::test]
async fn what_is_no_http_is_answered_with_a_problem_too() {
    let site = Site::open(limits()).await;
    for bad in [
        "GET /who ami HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /whoami HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /whoami HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        "GET /whoami HTTP/3.0\r\nHost: localhost\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 2\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST /length HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let mut client = site.client(b"http/1.1").await;
        let answer = converse(&mut client, bad).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{bad:?}: {answer:?}"));
        assert!(head.starts_with("HTTP/1.1 400") && head.contains("connection: close"), "{bad:?}: {answer}");
        assert!(head.contains("content-type: application/problem+json"), "{bad:?}: {answer}");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{bad:?}: {answer}");
        assert!(body.contains("urn:negiz:problem:bad-request"), "{bad:?}: {answer}");
    }
    // After a request that was answered, the next one is as bad.
    let mut client = site.client(b"http/1.1").await;
    let pair = "GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\nGET who HTTP/9\r\n\r\n";
    let answer = converse(&mut client, pair).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("HTTP/1.1 400"), "{answer}");
}

/// RFC 9112, section 6.1: a length beside chunks may have been believed by somebody on the way, so nothing after it is.
#[tokio::test]
async fn chunks_end_the_connection() {
    let site = Site::open(limits()).await;
    for lengths in ["", "Content-Length: 3\r\n"] {
        for fields in [
            format!("{lengths}Transfer-Encoding: chunked\r\n"),
            format!("Transfer-Encoding: chunked\r\n{lengths}"),
        ] {
            let request = format!(
                "POST /length HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n5\r\nhello\r\n0\r\n\r\n\
                 GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n"
            );
            let mut client = site.client(b"http/1.1").await;
            let answer = converse(&mut client, &request).await;
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{fields:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_client_may_close_its_side_and_wait_for_the_answer() {
    let site = Site::open(limits()).await;
    let mut client = site.client(b"http/1.1").await;
    client.write_all(b"GET /sleep/300 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let answer = read_to_close(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("slept"), "{answer}");
}

type Sender = http2::SendRequest<Empty<bytes::Bytes>>;

pub(crate) async fn h2(client: Client) -> (Sender, tokio::task::JoinHandle<hyper::Result<()>>) {
    assert_eq!(client.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (sender, connection) =
        http2::Builder::new(TokioExecutor::new()).handshake(TokioIo::new(client)).await.unwrap();
    (sender, tokio::spawn(connection))
}

pub(crate) fn get(path: &str) -> hyper::Request<Empty<bytes::Bytes>> {
    hyper::Request::get(format!("https://localhost{path}")).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn http_2_answers_streams_side_by_side() {
    let site = Site::open(limits()).await;
    let (mut sender, _connection) = h2(site.client(b"h2").await).await;
    let slow = sender.send_request(get("/sleep/1500"));
    let quick = sender.send_request(get("/whoami"));
    let quick =
        tokio::time::timeout(Duration::from_secs(1), quick).await.expect("behind the slow one").unwrap();
    assert_eq!(quick.status(), 200);
    let slow = slow.await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(slow, "slept");
}

#[tokio::test]
async fn http_2_without_a_request_for_it_is_not_spoken() {
    let site = Site::open(limits()).await;
    // Agreed on HTTP/1.1, then sends the preface of HTTP/2.
    let mut client = site.client(b"http/1.1").await;
    let answer = converse(&mut client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// One HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn http_2_clients_that_flood_with_resets_have_to_go() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const CANCEL: [u8; 4] = [0, 0, 0, 8];
    const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 0xb];
    // GET https /sleep/60000 localhost, in HPACK without Huffman codes.
    let header = [&[0x82, 0x87, 0x04, 12][..], b"/sleep/60000", &[0x01, 9], b"localhost"].concat();
    let site = Site::open(limits()).await;
    let mut client = site.client(b"h2").await;
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    flood.extend(frame(SETTINGS, 0, 0, &[]));
    for stream in (1..4000).step_by(2) {
        flood.extend(frame(HEADERS, 0x5, stream, &header));
        flood.extend(frame(RST_STREAM, 0, stream, &CANCEL));
    }
    // The server may close before it has all of it.
    let _ = client.write_all(&flood).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), client.read_to_end(&mut answer))
        .await
        .expect("it may go on");
    let farewell = answer.windows(17).any(|at| at[3] == GOAWAY && at[13..17] == ENHANCE_YOUR_CALM);
    assert!(farewell, "{answer:02x?}");
    let (mut other, _connection) = h2(site.client(b"h2").await).await;
    assert_eq!(other.send_request(get("/whoami")).await.unwrap().status(), 200);
}
