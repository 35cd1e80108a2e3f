//! Keys that never leave a PKCS#11 token: a node that has no private key in a file, and one whose token is taken away.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::{Reply, get};
use negiz_tests::command;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, log_vkey, set, verifier};
use negiz_tests::receipt::Verifier;
use negiz_tests::token::{MODULE, Token};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use toml::{Table, Value};

use crate::rotation::{ED25519, P256, certified, shown};

on_both_databases!(
    answers_with_every_key_in_a_token,
    answers_nothing_while_its_token_is_away_and_goes_on_when_it_is_back,
    asks_no_registry_while_the_receipt_key_does_not_sign_and_loses_nothing,
    signs_with_keys_that_were_made_in_the_token,
);

/// Where the demonstration has each key, and the label it gets in the token.
const KEYS: [(&[&str], &str, &str); 6] = [
    (&["exchange", "key"], "tls/gateway.key", "listener"),
    (&["console", "key"], "tls/gateway.key", "listener"),
    (&["upstream", "key"], "infra/gateway.key", "upstream"),
    (&["keys", "receipt"], "keys/receipt.pem", "receipt"),
    (&["keys", "log"], "keys/log.pem", "log"),
    (&["keys", "grant"], "keys/grant.pem", "grant"),
];

/// A token with the country's keys.
fn token(country: &Country, name: &str) -> Token {
    let token = Token::new(&country.path(name));
    for (number, (_, file, label)) in (1..).zip(KEYS) {
        if label != "listener" || number == 1 {
            token.import(&country.path(file), label, &format!("{number:02}"));
        }
    }
    token
}

fn free_port() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    address.to_string()
}

fn ask(country: &Country, node: &Node) -> Reply {
    let lead = country.manifest.lead();
    let body = country.hand(lead).cms(&bytes(&country.question()));
    country.post_to(&node.exchange, &lead.agency, CMS, body)
}

/// Asks of a registry that no other test asks at this moment, and holds that the question does not reach it.
fn ask_unheard(country: &Country, node: &Node) -> Reply {
    let (lead, registry) = (country.manifest.lead(), country.manifest.registry("vehicles-by-owner"));
    let document = country.document(lead, country.manifest.case(lead, "criminal"), registry);
    country.alone(|| {
        let before = country.calls(registry);
        let body = country.hand(lead).cms(&bytes(&document));
        let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
        assert_eq!(
            country.calls(registry),
            before,
            "a registry was asked for an answer that cannot be given out"
        );
        reply
    })
}

/// SLS 16-2(2): with every key of the node in a token, the answer is as good as any: receipt, log, bundle, checks.
fn answers_with_every_key_in_a_token(country: &Country) {
    let token = token(country, "token-all");
    let admin = free_port();
    let change = |config: &mut Table| {
        for (path, _, label) in KEYS {
            set(config, path, token.uri(label));
        }
        set(config, &["admin", "listen"], admin.as_str());
    };
    let start = || {
        Node::start_with(country, "tokened", &token.variables(), change)
            .unwrap_or_else(|ended| panic!("{ended:?}"))
    };
    let proofs = verifier(country, &["tokened"]);
    let node = start();
    let reply = ask(country, &node);
    assert_eq!(reply.code(), "answered", "{}", String::from_utf8_lossy(&reply.body));
    let first = proofs.verify(reply.json()["receipt"].as_str().unwrap());
    let ready = get(&format!("http://{admin}/readyz"));
    let checks = ready.json()["checks"].as_array().unwrap().clone();
    let keys = checks.iter().find(|check| check["name"] == "keys").unwrap();
    for (path, ..) in KEYS {
        assert!(keys["detail"].as_str().unwrap().contains(&path.join(".")), "{keys}");
    }
    node.process().signal("KILL");
    let _ = node.process().wait();
    let again = start();
    let reply = ask(country, &again);
    let second = proofs.verify(reply.json()["receipt"].as_str().unwrap());
    assert!(second.index() > first.index());
    let answer = country.path("tokened.json");
    std::fs::write(&answer, &reply.body).unwrap();
    let (jwks, vkey) = (country.path(&country.manifest.jwks), log_vkey(country, "tokened"));
    let (jwks, file) = (jwks.to_str().unwrap(), answer.to_str().unwrap());
    let done = command::run(&["verify", "--jwks", jwks, "--log-vkey", &vkey, file]);
    assert_eq!(done.status, 0, "{done:?}");
    let config = again.config.to_str().unwrap();
    let done = command::run_with(&["log", "fsck", "--offline", "--config", config], &token.variables());
    assert_eq!(done.status, 0, "{done:?}");
    let done = command::run_with(&["keys", "grant", "--config", config], &token.variables());
    let shown: serde_json::Value = serde_json::from_str(&done.said).unwrap();
    assert_eq!(shown["keys"][0]["crv"], "P-256");
}

/// SLS 16-2(2): what cannot be receipted is not answered, and no registry is asked for it.
fn answers_nothing_while_its_token_is_away_and_goes_on_when_it_is_back(country: &Country) {
    let token = token(country, "token-away");
    let admin = free_port();
    let node = Node::start_with(country, "pulled", &token.variables(), |config| {
        set(config, &["keys", "receipt"], token.uri("receipt"));
        set(config, &["keys", "log"], token.uri("log"));
        set(config, &["admin", "listen"], admin.as_str());
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    assert_eq!(ask(country, &node).code(), "answered");
    token.pull();
    let reply = ask_unheard(country, &node);
    assert_eq!((reply.code().as_str(), reply.status), ("evidence-unavailable", 503));
    let ready = get(&format!("http://{admin}/readyz"));
    assert_eq!(ready.status, 503);
    assert!(String::from_utf8_lossy(&ready.body).contains("keys.log: "), "{:?}", ready.json());
    let silent = r#"negiz_key_signs{key="keys.log"} 0"#;
    let deadline = Instant::now() + Duration::from_secs(60);
    while !String::from_utf8_lossy(&get(&format!("http://{admin}/metrics")).body).contains(silent) {
        assert!(Instant::now() < deadline, "monitoring does not learn of it");
        std::thread::sleep(Duration::from_millis(100));
    }
    token.plug();
    while ask(country, &node).code() != "answered" {
        assert!(Instant::now() < deadline, "it does not find the token again: {}", node.process().errors());
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(get(&format!("http://{admin}/readyz")).status, 200);
}

/// SLS 16-2(2): the log is signed elsewhere and goes on; what it records of a request in hand is told when the token is back.
fn asks_no_registry_while_the_receipt_key_does_not_sign_and_loses_nothing(country: &Country) {
    let token = token(country, "token-receipt");
    let node = Node::start_with(country, "unsealed", &token.variables(), |config| {
        set(config, &["keys", "receipt"], token.uri("receipt"));
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    token.pull();
    let in_hand = country.question();
    let body = country.hand(lead).cms(&bytes(&in_hand));
    assert_eq!(country.post_to(&node.exchange, &lead.agency, CMS, body).code(), "evidence-unavailable");
    assert_eq!(ask_unheard(country, &node).code(), "evidence-unavailable");
    token.plug();
    let deadline = Instant::now() + Duration::from_secs(60);
    while ask(country, &node).code() != "answered" {
        assert!(Instant::now() < deadline, "it does not sign again: {}", node.process().errors());
        std::thread::sleep(Duration::from_millis(300));
    }
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let path = format!("/v1/requests/{}", in_hand["id"].as_str().unwrap());
    let told = channel.call(&node.exchange, Method::GET, &path, None, "").unwrap().json();
    let _ = verifier(country, &["unsealed"]).verify(told["receipt"].as_str().unwrap());
}

/// Many at once, while the token comes and goes under them: whoever is answered has a receipt, and the log stays whole.
#[test]
fn stays_whole_while_its_token_comes_and_goes_under_load() {
    let country = crate::sqlite();
    let token = token(country, "token-storm");
    let change = |config: &mut Table| {
        for (path, _, label) in KEYS {
            set(config, path, token.uri(label));
        }
    };
    let node = Node::start_with(country, "stormy", &token.variables(), change);
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let (lead, proofs) = (country.manifest.lead(), verifier(country, &["stormy"]));
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let over = AtomicBool::new(false);
    let answered = std::thread::scope(|scope| {
        let ask = || {
            let mut answered = 0;
            while !over.load(Ordering::Relaxed) {
                let body = country.hand(lead).cms(&bytes(&country.question()));
                // Without its key the listener has no handshake.
                let reply = channel.call(&node.exchange, Method::POST, "/v1/requests", Some(CMS), body);
                let Ok(reply) = reply else { continue };
                match reply.code().as_str() {
                    "answered" => {
                        let _ = proofs.verify(reply.json()["receipt"].as_str().unwrap());
                        answered += 1;
                    }
                    code => assert!(["evidence-unavailable", "registry-failed"].contains(&code), "{code}"),
                }
            }
            answered
        };
        let askers: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        for _ in 0..2 {
            std::thread::sleep(Duration::from_secs(1));
            token.pull();
            std::thread::sleep(Duration::from_millis(1_500));
            token.plug();
            std::thread::sleep(Duration::from_secs(6));
        }
        over.store(true, Ordering::Relaxed);
        askers.into_iter().map(|asker| asker.join().unwrap()).sum::<u32>()
    });
    assert!(answered > 0);
    assert_eq!(ask(country, &node).code(), "answered", "{}", node.process().errors());
    let config = node.config.to_str().unwrap();
    let done = command::run_with(&["log", "fsck", "--offline", "--config", config], &token.variables());
    assert_eq!(done.status, 0, "{done:?}");
}

/// As SoftHSM makes keys itself, points and curves are written otherwise than in keys it was given.
fn signs_with_keys_that_were_made_in_the_token(country: &Country) {
    let token = Token::new(&country.path("token-born"));
    token.generate("EC:edwards25519", "log", "01");
    token.generate("EC:prime256v1", "es256", "02");
    token.generate("EC:edwards25519", "eddsa", "03");
    for (label, algorithm) in [("es256", "ES256"), ("eddsa", "EdDSA")] {
        let node = Node::start_with(country, "born", &token.variables(), |config| {
            set(config, &["keys", "receipt"], token.uri(label));
            set(config, &["keys", "log"], token.uri("log"));
        });
        let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
        let channel = country.channel(country.manifest.agency(&country.manifest.lead().agency));
        let published = channel.call(&node.exchange, Method::GET, "/v1/keys", None, "").unwrap();
        assert_eq!(published.json()["keys"][0]["alg"], algorithm);
        let jwks = country.path("born.jwks");
        std::fs::write(&jwks, &published.body).unwrap();
        let proofs = Verifier::new(&jwks, &[published.json()["log"][0].as_str().unwrap()]);
        let _ = proofs.verify(ask(country, &node).json()["receipt"].as_str().unwrap());
    }
}

/// RFC 8446 §4.2.3: whatever kind the listener's key is of; and from one to the next on SIGHUP.
#[test]
fn shakes_hands_with_every_kind_of_key_in_a_token() {
    let country = crate::sqlite();
    let token = Token::new(&country.path("token-kinds"));
    let kinds: [(&str, &[&str]); 4] = [
        ("kind-rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("kind-p256", &P256),
        ("kind-p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("kind-ed25519", &ED25519),
    ];
    let pem = country.path("kinds.pem");
    for (number, (name, kind)) in (1..).zip(kinds) {
        certified(country, name, kind);
        token.import(&country.path(&format!("{name}.key")), name, &format!("{number:02}"));
    }
    let mut node: Option<Node> = None;
    for (name, _) in kinds {
        std::fs::copy(country.path(&format!("{name}.pem")), &pem).unwrap();
        let change = |config: &mut Table| {
            set(config, &["exchange", "certificate"], pem.to_str().unwrap());
            set(config, &["exchange", "key"], token.uri(name));
        };
        let node = match &node {
            Some(node) => {
                let _ = negiz_tests::node::write(country, "kinds", change);
                node.process().signal("HUP");
                node
            }
            None => {
                let started = Node::start_with(country, "kinds", &token.variables(), change);
                node.insert(started.unwrap_or_else(|ended| panic!("{ended:?}")))
            }
        };
        let wanted = CertificateDer::from_pem_file(&pem).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while shown(country, &node.exchange) != wanted.as_ref() {
            assert!(Instant::now() < deadline, "{name} is not shown: {}", node.process().errors());
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(ask(country, node).code(), "answered", "{name}");
    }
}

/// Holds that a node does not start with this key, and says in one line why.
fn one_line(token: &Token, name: &str, key: &[&str], uri: &str, about: &[&str]) {
    let ended = Node::start_with(crate::sqlite(), name, &token.variables(), |config| set(config, key, uri));
    let ended = ended.map(|_| ()).unwrap_err();
    assert_eq!(ended.status, 3, "{ended:?}");
    let lines: Vec<_> = ended.errors.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].len() < 500 && lines[0].contains(&key.join(".")), "{lines:?}");
    for about in about {
        assert!(lines[0].contains(about), "{about}: {lines:?}");
    }
    assert!(!lines[0].contains(negiz_tests::token::PIN) && !lines[0].contains("000000"), "a PIN: {lines:?}");
}

#[test]
fn says_in_one_line_what_is_wrong_with_a_key_in_a_token() {
    let country = crate::sqlite();
    let token = token(country, "token-wrong");
    token.import(&country.path("keys/grant.pem"), "twice", "21");
    token.import(&country.path("keys/receipt.pem"), "twice", "22");
    token.secret("wrong-pin", "000000");
    let log = |uri: &str, about: &[&str]| one_line(&token, "wrongly", &["keys", "log"], uri, about);
    let named = "token=negiz;object=log";
    log(&token.uri_with(named, "wrong-pin", MODULE), &["wrong-pin", "user PIN of the token negiz"]);
    log(&token.uri_with(named, "no-pin", MODULE), &["no-pin", "cannot be read"]);
    log(&token.uri_with(named, "pin", "/usr/lib/none.so"), &["/usr/lib/none.so", "cannot be loaded"]);
    log("pkcs11:token=negiz;object=log", &["pkcs11.module"]);
    log(&format!("pkcs11:{named}?module-path={MODULE}"), &["expected pin-source"]);
    log(
        &token.uri_with("token=other;object=log", "pin", MODULE),
        &["no token fits", "the module has \"negiz\""],
    );
    log(&token.uri("none"), &["no private key fits", "object=none"]);
    log(&token.uri("twice"), &["2 private keys fit", "object=twice", "id tells them apart"]);
    log(&token.uri("receipt"), &["found a P-256 key, expected an Ed25519"]);
    log("pkcs11:object=log?pin-value=271828", &["pin-source"]);
    one_line(
        &token,
        "wrongly",
        &["keys", "grant"],
        &token.uri("log"),
        &["found an Ed25519 key, expected a P-256"],
    );
    one_line(
        &token,
        "wrongly",
        &["exchange", "key"],
        &token.uri("grant"),
        &["is not the key of the certificate"],
    );
}

/// `[pkcs11]` says once what the names of keys need not repeat.
#[test]
fn takes_module_and_pin_from_the_configuration() {
    let country = crate::sqlite();
    let token = token(country, "token-common");
    let node = Node::start_with(country, "common", &token.variables(), |config| {
        let mut common = Table::new();
        common.insert("module".to_owned(), MODULE.into());
        common.insert("pin".to_owned(), Value::from("token-common/pin"));
        config.insert("pkcs11".to_owned(), common.into());
        set(config, &["keys", "receipt"], "pkcs11:token=negiz;object=receipt");
        set(config, &["exchange", "key"], "pkcs11:token=negiz;id=%01");
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let reply = ask(country, &node);
    let _ = verifier(country, &["common"]).verify(reply.json()["receipt"].as_str().unwrap());
}
