//! Prosecutors are told by every way that is configured, each by itself (OI 12(7)).

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use negiz_tests::channel::get;
use negiz_tests::country::Country;
use negiz_tests::node::{Node, set};
use negiz_tests::tracks::Tracks;
use serde_json::json;

use crate::sanctions::{child, material, private, relay, signed, urgent};
use crate::tracks::measured;

on_both_databases!(tells_once_by_mail_while_the_webhook_is_gone);

/// A webhook that nobody answers stops no e-mail, and the e-mail is not sent again with each attempt; when somebody answers again,
/// they are told.
fn tells_once_by_mail_while_the_webhook_is_gone(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let (relay, mails) = relay();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let node = Node::start(country, "gone", |config| {
        config.insert("notify".to_owned(), toml::Value::Table(toml::Table::new()));
        set(config, &["notify", "webhook"], format!("http://{address}/notices"));
        let mail = toml::toml! { from = "gateway@negiz.test" to = ["duty@prosecutor.test"] };
        set(config, &["notify", "mail"], toml::Value::Table(mail));
        set(config, &["notify", "mail", "relay"], relay.as_str());
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let mut document = measured(tracks.document(country, &private(&case, &child)));
    document["basis"]["urgent"] = json!(signed(country, &tracks, "usenov", &urgent(&case, &child, -60)));
    let reply = tracks.ask_at(country, &node.exchange, "mukanov", &document);
    assert_eq!(reply.code(), "answered", "{}", reply.json());
    let id = document["id"].as_str().unwrap();
    let mine = |wait| std::iter::from_fn(|| mails.recv_timeout(wait).ok()).any(|mail| mail.contains(id));
    assert!(mine(Duration::from_secs(20)), "the webhook stopped the e-mail");
    assert!(!mine(Duration::from_secs(12)), "the e-mail was sent again with the webhook");
    assert!(figure(&node, "negiz_notices_total{way=\"webhook\",outcome=\"failed\"}") > 0.0);
    assert!(
        figure(&node, "negiz_notice_wait_seconds") >= 5.0,
        "nobody would see that a prosecutor is not told"
    );
    let back = TcpListener::bind(address).unwrap();
    back.set_nonblocking(true).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < deadline, "the webhook is not told when it is back");
        let Ok((mut stream, _)) = back.accept() else {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        if String::from_utf8_lossy(&said).contains(id) {
            break;
        }
    }
    while figure(&node, "negiz_notices_total{way=\"webhook\",outcome=\"delivered\"}") < 1.0 {
        assert!(Instant::now() < deadline, "what was told is not counted");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A figure of a node's metrics; 0 before it is first counted.
fn figure(node: &Node, name: &str) -> f64 {
    let page = get(&format!("{}/metrics", node.admin)).body.to_vec();
    let page = String::from_utf8(page).unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().unwrap())
}
