//! How everybody leaves.

use std::time::{Duration, Instant};

use gateway::listener::Drained;
use tokio::io::AsyncWriteExt as _;

use crate::http::{get, h2};
use crate::site::{Site, ask, limits, read_answer, read_to_close};

const GRACE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_request_in_flight_finishes_and_new_ones_are_refused() {
    let site = Site::open(limits()).await;
    let mut busy = site.client(b"http/1.1").await;
    let mut idle = site.client(b"http/1.1").await;
    assert!(
        ask(&mut idle, "GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n").await.starts_with("HTTP/1.1 200")
    );
    busy.write_all(b"GET /sleep/1000 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    site.drain.begin(GRACE);

    assert_eq!(read_to_close(&mut idle).await, "", "an idle connection just closes");
    assert!(tokio::net::TcpStream::connect(site.address).await.is_err(), "nobody new comes in");
    let answer = read_answer(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("slept"), "{answer}");
    assert_eq!(site.served.await.unwrap(), Drained { finished: 2, cut: 0 });
}

#[tokio::test]
async fn http_2_streams_finish_and_new_ones_are_refused() {
    let site = Site::open(limits()).await;
    let (mut sender, connection) = h2(site.client(b"h2").await).await;
    let busy = sender.send_request(get("/sleep/1000"));
    let busy = tokio::spawn(busy);
    tokio::time::sleep(Duration::from_millis(300)).await;

    site.drain.begin(GRACE);
    tokio::time::sleep(Duration::from_millis(200)).await;

    assert!(sender.send_request(get("/whoami")).await.is_err(), "GOAWAY was sent");
    assert_eq!(busy.await.unwrap().unwrap().status(), 200);
    connection.await.unwrap().unwrap();
    assert_eq!(site.served.await.unwrap(), Drained { finished: 1, cut: 0 });
}

#[tokio::test]
async fn the_deadline_cuts_what_does_not_finish() {
    let site = Site::open(limits()).await;
    let mut busy = site.client(b"http/1.1").await;
    busy.write_all(b"GET /sleep/60000 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    site.drain.begin(Duration::from_millis(300));
    assert_eq!(site.served.await.unwrap(), Drained { finished: 0, cut: 1 });
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(read_to_close(&mut busy).await, "");
}

#[tokio::test]
async fn half_open_connections_do_not_hold_up_the_departure() {
    let site = Site::open(limits()).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(site.tcp().await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    site.drain.begin(GRACE);
    assert_eq!(site.served.await.unwrap().cut, 0);
    assert!(began.elapsed() < Duration::from_secs(5));
}
