//! What is known of revocation: of systems' certificates at every request, of signers' in the evidence.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use certs::issue::crl::{Entry, List, Reason, issue};
use certs::path::Certificate;
use http::Method;
use negiz_tests::channel::Connection;
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::issuer::{DAY, authority, now};
use negiz_tests::node::{Node, log_vkey, set};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use toml::Value;

on_both_databases!(
    evidence_that_rests_on_an_answer_verifies_offline,
    refuses_a_system_whose_certificate_was_revoked_since_it_connected,
    refuses_a_system_of_whose_certificate_nothing_is_known,
);

const REQUESTS: &str = "/v1/requests";

/// SLS 16-2(2): all that is needed to check the signature is kept, also where it is an answer of the authority's responder.
fn evidence_that_rests_on_an_answer_verifies_offline(country: &Country) {
    let node = Node::start(country, "answered-for", |config| {
        set(config, &["trust", "crl"], Value::Array(Vec::new()));
        set(config, &["trust", "cache"], country.path("answered-for").to_str().unwrap());
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let document = country.question();
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, country.hand(lead).cms(&bytes(&document)));
    assert_eq!(reply.code(), "answered");
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let path = format!("/v1/requests/{}/evidence", document["id"].as_str().unwrap());
    let bundle = channel.call(&node.exchange, Method::GET, &path, None, "").unwrap();
    assert_eq!(bundle.status, 200);
    let file = country.path("answered-for.asice");
    std::fs::write(&file, &bundle.body).unwrap();
    let (directory, key) = (country.directory.to_str().unwrap(), log_vkey(country, "answered-for"));
    let done = run(&["verify", "--dir", directory, "--log-vkey", &key, file.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    let authorities = country.path("authorities-of-nobody");
    std::fs::create_dir_all(&authorities).unwrap();
    let stranger = authority(country, "tls/ca").certificate().to_vec();
    std::fs::write(authorities.join("stranger.cer"), stranger).unwrap();
    let anchors = authorities.to_str().unwrap();
    let done = run(&[
        "verify",
        "--dir",
        directory,
        "--anchors",
        anchors,
        "--log-vkey",
        &key,
        file.to_str().unwrap(),
    ]);
    assert_eq!(done.status, 1, "an answer of an authority that is not trusted counts: {done:?}");
}

/// SLS 16-2(1): over a channel that still is one. The authority's word of now counts, not that of when the connection opened.
fn refuses_a_system_whose_certificate_was_revoked_since_it_connected(country: &Country) {
    let list = country.path("systems.crl");
    let lead = country.manifest.lead();
    publish(country, &list, 1, None);
    let node = watching(country, "revoking", &list).unwrap();
    let agency = country.manifest.agency(&lead.agency);
    let mut kept = country.channel(agency).keep(&node.exchange).unwrap();
    assert_eq!(code(country, &mut kept), "answered");
    let file = country.path(&agency.cert);
    let certificate = Certificate::parse(&CertificateDer::from_pem_file(file).unwrap()).unwrap();
    publish(country, &list, 2, Some(certificate.serial()));
    node.process().signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(60);
    while code(country, &mut kept) != "system-not-enrolled" {
        assert!(Instant::now() < deadline, "the connection goes on as if nothing had happened");
        std::thread::sleep(Duration::from_millis(100));
    }
    let other = country.manifest.agencies.iter().find(|it| it.state == "enrolled" && it.code != lead.agency);
    let mut others = country.channel(other.unwrap()).keep(&node.exchange).unwrap();
    assert_eq!(code(country, &mut others), "agency-mismatch", "another system's certificate still stands");
}

/// Unknown refuses, and before anything of the request is believed.
fn refuses_a_system_of_whose_certificate_nothing_is_known(country: &Country) {
    let node = watching(country, "unknowing", &country.path("no-such.crl")).unwrap();
    let lead = country.manifest.lead();
    let mut kept = country.channel(country.manifest.agency(&lead.agency)).keep(&node.exchange).unwrap();
    assert_eq!(code(country, &mut kept), "revocation-unknown");
}

fn watching(country: &Country, name: &str, list: &std::path::Path) -> Option<Node> {
    let node = Node::start(country, name, |config| {
        let lists = vec![Value::String(list.to_str().unwrap().to_owned())];
        set(config, &["clients", "crl"], Value::Array(lists));
        // Not the country's own, where the list of the country's authority is kept.
        set(config, &["trust", "cache"], country.path(name).to_str().unwrap());
    });
    Some(node.unwrap_or_else(|ended| panic!("{ended:?}")))
}

/// A list of the authority behind the systems' certificates.
fn publish(country: &Country, file: &PathBuf, number: u64, revoked: Option<&[u8]>) {
    let at = now();
    let list = List {
        this_update: at - 60 + i64::try_from(number).unwrap(),
        next_update: Some(at + DAY),
        number,
        base: None,
        distribution: None,
    };
    let entry = |serial| Entry { serial, revoked: at - 60, reason: Some(Reason::KeyCompromise) };
    let der = issue(&authority(country, "tls/ca"), &list, revoked.map(entry)).unwrap();
    std::fs::write(file, der).unwrap();
}

/// What becomes of the lead officer's question over this connection.
fn code(country: &Country, kept: &mut Connection) -> String {
    let body = country.hand(country.manifest.lead()).cms(&bytes(&country.question()));
    kept.call(Method::POST, REQUESTS, Some(CMS), body).unwrap().code()
}
