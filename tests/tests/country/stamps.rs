//! Checkpoints of the log time-stamped by an authority (RFC 3161): checked here, in every bundle, and by OpenSSL.

use std::process::Command;
use std::time::{Duration, Instant};

use evidence::Bundle;
use http::Method;
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, log_vkey, set};

on_both_databases!(time_stamps_the_log_on_a_schedule);

fn time_stamps_the_log_on_a_schedule(country: &Country) {
    let lead = country.manifest.lead();
    let node = Node::start(country, "stamped", |config| set(config, &["time_stamps", "every_seconds"], 1));
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let document = country.question();
    let body = country.hand(lead).cms(&bytes(&document));
    assert_eq!(country.post_to(&node.exchange, &lead.agency, CMS, body).code(), "answered");
    let bundle = stamped_bundle(country, &node, document["id"].as_str().unwrap());
    let file = country.path("stamped.asice");
    std::fs::write(&file, bundle.to_bytes().unwrap()).unwrap();
    let (directory, vkey) = (country.directory.to_str().unwrap(), log_vkey(country, "stamped"));
    let verify = || run(&["verify", "--dir", directory, "--log-vkey", &vkey, file.to_str().unwrap()]);
    let done = verify();
    assert_eq!(done.status, 0, "{done:?}");
    assert!(done.said.contains("proven: the log was as shown before "), "{done:?}");
    assert!(done.said.contains("NEGIZ DEMO TIME-STAMPING AUTHORITY"), "{done:?}");
    openssl_agrees(country, &bundle);
    let done = run(&["log", "fsck", "--config", node.config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    assert!(
        done.said.contains(" time-stamp(s) verify") && !done.said.contains(" 0 time-stamp(s)"),
        "{done:?}"
    );
    // Over another text it is wrong, and without the lists that vouch for its authority it is not believed.
    let mut without = bundle;
    let stamp = without.time_stamp.as_mut().unwrap();
    stamp.relied_on.retain(|item| item.media_type == "application/pkix-cert");
    std::fs::write(&file, without.to_bytes().unwrap()).unwrap();
    let done = verify();
    assert_eq!(done.status, 1, "{done:?}");
    assert!(done.said.contains("wrong: the time-stamp on the checkpoint does not verify"), "{done:?}");
}

/// The bundle of a request, once its log was time-stamped.
fn stamped_bundle(country: &Country, node: &Node, id: &str) -> Bundle {
    let agency = country.manifest.agency(&country.manifest.lead().agency);
    let path = format!("/v1/requests/{id}/evidence");
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let reply = country.channel(agency).call(&node.exchange, Method::GET, &path, None, "").unwrap();
        let bundle = Bundle::from_bytes(&reply.body).unwrap();
        if bundle.time_stamp.is_some() {
            return bundle;
        }
        assert!(Instant::now() < until, "the log is not time-stamped: {}", node.process().errors());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// RFC 3161 §2.2: the token is over the checkpoint's text, and the authority's path leads to the anchor.
fn openssl_agrees(country: &Country, bundle: &Bundle) {
    let (token, data) = (country.path("stamped.token"), country.path("stamped.body"));
    std::fs::write(&token, &bundle.time_stamp.as_ref().unwrap().token).unwrap();
    std::fs::write(&data, bundle.entries[0].proof.checkpoint.body()).unwrap();
    let verified = |data: &std::path::Path| {
        let mut command = Command::new("openssl");
        command.args(["ts", "-verify", "-token_in", "-in"]).arg(&token).arg("-data").arg(data);
        command.arg("-CAfile").arg(country.path("authority/root-ec.pem"));
        command.arg("-untrusted").arg(country.path("authority/issuing-ec.pem"));
        command.output().unwrap()
    };
    let done = verified(&data);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::write(&data, "another text\n").unwrap();
    assert!(!verified(&data).status.success(), "OpenSSL takes any text for what was stamped");
}
