//! New keys in the place of old ones, with overlap: nobody is turned away, and nothing signed before stops verifying.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::{Reply, runtime};
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, log_vkey, set};
use negiz_tests::receipt::Verifier;
use negiz_tests::witness::{House, Witness};
use toml::{Table, Value};

on_both_databases!(
    takes_up_a_new_certificate_and_drops_no_connection,
    shows_registries_a_new_certificate_from_the_next_connection_on,
    changes_the_receipt_key_and_every_receipt_goes_on_verifying,
    changes_the_logs_key_while_whoever_knows_either_goes_on_verifying,
    goes_on_under_a_new_log_key_alone_when_the_old_one_is_named_as_retired,
);

fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A new private key in the country's directory.
fn key(country: &Country, name: &str, kind: &[&str]) -> PathBuf {
    let file = country.path(name);
    openssl(&[&["genpkey", "-out", text(&file)], kind].concat());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

pub(crate) const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const ED25519: [&str; 2] = ["-algorithm", "ed25519"];

/// A new key for a listener, and a certificate for it by the country's own authority: `name.key` and `name.pem`.
pub(crate) fn certified(country: &Country, name: &str, kind: &[&str]) {
    let file = key(country, &format!("{name}.key"), kind);
    let path = |ending: &str| country.path(&format!("{name}.{ending}"));
    let (request, names, pem) = (path("csr"), path("ext"), path("pem"));
    openssl(&["req", "-new", "-key", text(&file), "-subj", "/CN=negiz.demo", "-out", text(&request)]);
    std::fs::write(&names, "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        .unwrap();
    let (ca, ca_key) = (country.path("tls/ca.pem"), country.path("tls/ca.key"));
    let by = ["-CA", text(&ca), "-CAkey", text(&ca_key), "-days", "2", "-extfile", text(&names)];
    openssl(&[&["x509", "-req", "-in", text(&request), "-out", text(&pem)], &by[..]].concat());
}

/// The certificate that a listener shows to a system of the lead officer's agency.
pub(crate) fn shown(country: &Country, exchange: &str) -> Vec<u8> {
    let channel = country.channel(country.manifest.agency(&country.manifest.lead().agency));
    let stream = runtime().block_on(channel.connect(exchange)).unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn started(country: &Country, name: &str, change: impl FnOnce(&mut Table)) -> Node {
    Node::start(country, name, change).unwrap_or_else(|ended| panic!("{ended:?}"))
}

fn answered(country: &Country, node: &Node) -> Reply {
    let lead = country.manifest.lead();
    let body = country.hand(lead).cms(&bytes(&country.question()));
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
    assert_eq!(reply.code(), "answered", "{}", String::from_utf8_lossy(&reply.body));
    reply
}

fn receipt(reply: &Reply) -> String {
    reply.json()["receipt"].as_str().unwrap().to_owned()
}

fn fetch(country: &Country, node: &Node, path: &str) -> Reply {
    let channel = country.channel(country.manifest.agency(&country.manifest.lead().agency));
    channel.call(&node.exchange, Method::GET, path, None, "").unwrap()
}

/// SLS 16-2(1): the channel is proven by the certificate of now, and nobody is cut off for it.
fn takes_up_a_new_certificate_and_drops_no_connection(country: &Country) {
    let (pem, file) = (country.path("renewed.pem"), country.path("renewed.key"));
    std::fs::copy(country.path("tls/gateway.pem"), &pem).unwrap();
    std::fs::copy(country.path("tls/gateway.key"), &file).unwrap();
    let node = started(country, "renewed", |config| {
        set(config, &["exchange", "certificate"], text(&pem));
        set(config, &["exchange", "key"], text(&file));
    });
    let channel = country.channel(country.manifest.agency(&country.manifest.lead().agency));
    let before = shown(country, &node.exchange);
    let mut kept = channel.keep(&node.exchange).unwrap();
    assert_eq!(kept.call(Method::GET, "/v1/keys", None, "").unwrap().status, 200);
    certified(country, "renewed", &P256);
    node.process().signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(60);
    while shown(country, &node.exchange) == before {
        assert!(Instant::now() < deadline, "the old certificate is still shown");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(kept.call(Method::GET, "/v1/keys", None, "").unwrap().status, 200, "a connection was dropped");
}

/// The sample registries know one certificate of the gateway, and turn every other away.
fn shows_registries_a_new_certificate_from_the_next_connection_on(country: &Country) {
    let (pem, file) = (country.path("outward.pem"), country.path("outward.key"));
    let take = |from: &str| {
        std::fs::copy(country.path(&format!("{from}.pem")), &pem).unwrap();
        std::fs::copy(country.path(&format!("{from}.key")), &file).unwrap();
    };
    take("tls/gateway");
    let node = started(country, "outward", |config| {
        set(config, &["upstream", "certificate"], text(&pem));
        set(config, &["upstream", "key"], text(&file));
    });
    let lead = country.manifest.lead();
    let body = || country.hand(lead).cms(&bytes(&country.question()));
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, body());
    assert!(["registry-unavailable", "registry-failed"].contains(&reply.code().as_str()), "{}", reply.code());
    take("infra/gateway");
    node.process().signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(60);
    while country.post_to(&node.exchange, &lead.agency, CMS, body()).code() != "answered" {
        assert!(Instant::now() < deadline, "{}", node.process().errors());
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// SLS 16-2(2): a receipt of before verifies with what is published now, and what is told again is signed with the key of now.
fn changes_the_receipt_key_and_every_receipt_goes_on_verifying(country: &Country) {
    let node = started(country, "resealed", |_| ());
    let first = answered(country, &node);
    let old = country.path("resealed-1.jwks");
    std::fs::write(&old, fetch(country, &node, "/v1/keys").body).unwrap();
    drop(node);
    let fresh = key(country, "resealed.pem", &P256);
    let node = started(country, "resealed", |config| {
        set(config, &["keys", "receipt"], text(&fresh));
        set(config, &["keys", "receipt_retired"], Value::Array(vec![text(&old).into()]));
    });
    let second = answered(country, &node);
    let new = country.path("resealed-2.jwks");
    std::fs::write(&new, fetch(country, &node, "/v1/keys").body).unwrap();
    let vkey = log_vkey(country, "resealed");
    let published = Verifier::new(&new, &[&vkey]);
    let id = published.verify(&receipt(&first)).id().to_owned();
    let _ = published.verify(&receipt(&second));
    let again = receipt(&fetch(country, &node, &format!("/v1/requests/{id}")));
    assert_eq!(published.verify(&again).id(), id);
    let verify = |jwks: &Path, receipt: &str| {
        let file = country.path("resealed.jws");
        std::fs::write(&file, receipt).unwrap();
        run(&["verify", "--jwks", text(jwks), "--log-vkey", &vkey, text(&file)]).status
    };
    assert_eq!((verify(&old, &receipt(&first)), verify(&new, &receipt(&first))), (0, 0));
    assert_eq!((verify(&old, &receipt(&second)), verify(&old, &again)), (1, 1), "the old key signed it");
}

/// The configuration of a node whose log one witness watches.
fn watched(config: &mut Table, witness: &Witness) {
    let mut one = Table::new();
    one.insert("url".to_owned(), witness.address.clone().into());
    one.insert("vkey".to_owned(), witness.key.to_string().into());
    let mut section = Table::new();
    section.insert("witness".to_owned(), Value::Array(vec![one.into()]));
    config.insert("witnesses".to_owned(), section.into());
}

/// C2SP signed-note: one checkpoint, a line by each key. Auditors and witnesses change over when it suits them.
fn changes_the_logs_key_while_whoever_knows_either_goes_on_verifying(country: &Country) {
    let jwks = country.path(&country.manifest.jwks);
    let old = log_vkey(country, "turned");
    let mut house = House::watching(vec![old.clone()]);
    let witness = house.start(&["--new"]);
    let verifies = |vkey: &str, witness: &Witness, reply: &Reply| {
        let key = witness.key.to_string();
        Verifier::new(&jwks, &[vkey]).witnessed(&[&key]).verify(&receipt(reply))
    };
    let node = started(country, "turned", |config| watched(config, &witness));
    let first = answered(country, &node);
    let id = verifies(&old, &witness, &first).id().to_owned();
    let bundle = fetch(country, &node, &format!("/v1/requests/{id}/evidence")).body;
    drop(node);
    // Overlap: both keys sign, and the witness knows the old one alone.
    let fresh = key(country, "turned.pem", &ED25519);
    let before = country.path("keys/log.pem");
    let overlap = |config: &mut Table, witness: &Witness| {
        watched(config, witness);
        set(config, &["keys", "log"], text(&fresh));
        set(config, &["keys", "log_previous"], text(&before));
    };
    let node = started(country, "turned", |config| overlap(config, &witness));
    let second = answered(country, &node);
    let published = fetch(country, &node, "/v1/keys").json();
    let keys: Vec<&str> =
        published["log"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let [new, also] = keys[..] else { panic!("{published}") };
    assert_eq!(also, old);
    for vkey in [&old, new] {
        assert_eq!(verifies(vkey, &witness, &second).cosignatures().len(), 1);
    }
    drop((node, witness));
    // The witness learns the new key, and the old one signs no more.
    house.learn(new);
    let witness = house.start(&[]);
    let retired = country.path("turned-1.vkey");
    std::fs::write(&retired, format!("# until today\n{old}\n")).unwrap();
    let node = started(country, "turned", |config| {
        watched(config, &witness);
        set(config, &["keys", "log"], text(&fresh));
        set(config, &["keys", "log_retired"], Value::Array(vec![text(&retired).into()]));
    });
    let third = answered(country, &node);
    assert!(verifies(new, &witness, &third).index() > verifies(&old, &witness, &second).index());
    let file = country.path("turned.jws");
    std::fs::write(&file, receipt(&third)).unwrap();
    let done = run(&["verify", "--jwks", text(&jwks), "--log-vkey", &old, text(&file)]);
    assert_eq!(done.status, 1, "the old key signs no more: {done:?}");
    let later = fetch(country, &node, &format!("/v1/requests/{id}/evidence")).body;
    for (name, bundle) in [("turned-1.zip", bundle), ("turned-3.zip", later)] {
        let file = country.path(name);
        std::fs::write(&file, &bundle).unwrap();
        let directory = text(&country.directory);
        let keys = ["--log-vkey", new, "--log-vkey", &old];
        let done = run(&[&["verify", "--dir", directory], &keys[..], &[text(&file)]].concat());
        assert_eq!(done.status, 0, "{name}: {done:?}");
    }
    let done = run(&["log", "fsck", "--config", text(&node.config)]);
    assert_eq!(done.status, 0, "{done:?}");
    let shown = run(&["keys", "public", "--config", text(&node.config)]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown.said).unwrap()["log"][0], new);
}

/// A key that was lost, or that others may have: what it signed stays, and it signs nothing more.
fn goes_on_under_a_new_log_key_alone_when_the_old_one_is_named_as_retired(country: &Country) {
    let old = log_vkey(country, "heired");
    let node = started(country, "heired", |_| ());
    let first = answered(country, &node);
    drop(node);
    let fresh = key(country, "heired.pem", &ED25519);
    let succeed = |files: Vec<Value>| {
        Node::start(country, "heired", |config| {
            set(config, &["keys", "log"], text(&fresh));
            set(config, &["keys", "log_retired"], Value::Array(files));
        })
    };
    let ended = succeed(Vec::new()).map(|_| ()).unwrap_err();
    assert!(ended.status == 3 && ended.errors.contains("keys.log_retired"), "{ended:?}");
    let retired = country.path("heired-1.vkey");
    std::fs::write(&retired, log_vkey(country, "another")).unwrap();
    let ended = succeed(vec![text(&retired).into()]).map(|_| ()).unwrap_err();
    assert!(ended.errors.contains("of the log negiz.demo/another, not of negiz.demo/heired"), "{ended:?}");
    std::fs::write(&retired, &old).unwrap();
    let node = succeed(vec![text(&retired).into()]).unwrap_or_else(|ended| panic!("{ended:?}"));
    let second = answered(country, &node);
    let published = fetch(country, &node, "/v1/keys").json();
    let new = published["log"][0].as_str().unwrap();
    let jwks = country.path(&country.manifest.jwks);
    let both = Verifier::new(&jwks, &[&old, new]);
    assert!(both.verify(&receipt(&second)).index() > both.verify(&receipt(&first)).index());
    let _ = Verifier::new(&jwks, &[new]).verify(&receipt(&second));
}
