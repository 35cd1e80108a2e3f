//! Several nodes of one deployment, and nodes under configurations in which the rarer refusals appear.

use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::node::{Node, set, verifier};
use serde_json::json;
use toml::Value;

on_both_databases!(
    closes_a_case_on_every_node_at_once,
    hands_a_case_over_on_every_node_at_once,
    answers_a_request_id_once_over_all_nodes,
    refuses_while_the_case_registry_is_silent,
    refuses_while_revocation_is_unknown,
    asks_the_authoritys_responder_where_lists_are_silent,
    serves_the_receipt_keys_of_before_beside_the_new_one,
    limits_each_official_to_their_rate,
    limits_each_agency_to_its_share,
    sheds_load_early_and_says_so,
    leaves_room_for_other_systems,
    goes_on_with_no_other_key_than_its_log_has,
    lets_one_process_write_a_log,
);

fn node(country: &Country, name: &str) -> Node {
    Node::start(country, name, |_| ()).unwrap_or_else(|ended| panic!("{ended:?}"))
}

fn lawful(country: &Country, case: &negiz_tests::manifest::Case) -> (serde_json::Value, Vec<u8>) {
    let lead = country.manifest.lead();
    let document = country.document(lead, case, country.manifest.registry("person-by-iin"));
    let body = country.hand(lead).cms(&bytes(&document));
    (document, body)
}

/// SLS 16-2(3)¶2: what the case registry says counts at once, everywhere.
fn closes_a_case_on_every_node_at_once(country: &Country) {
    let lead = country.manifest.lead();
    let other = node(country, "closing");
    let mut case = country.new_case(lead);
    let places = [country.manifest.exchange.as_str(), other.exchange.as_str()];
    let codes = |case: &negiz_tests::manifest::Case| {
        places.map(|place| country.post_to(place, &lead.agency, CMS, lawful(country, case).1).code())
    };
    assert_eq!(codes(&case), ["answered"; 2]);
    case.status = "closed".to_owned();
    let fed = country.feed(&json!({ "as-of": seconds_from_now(0), "cases": [country.state(&case, 2)] }));
    assert_eq!(fed.status, 200);
    assert_eq!(codes(&case), ["case-not-open"; 2]);
}

/// SLS 16-2(3)¶2: in the production of this signer, from now on another's.
fn hands_a_case_over_on_every_node_at_once(country: &Country) {
    let (lead, heir) = (country.manifest.lead(), country.manifest.officer("bekova"));
    let other = node(country, "handing");
    let mut case = country.new_case(lead);
    case.holder = heir.iin.clone();
    let fed = country.feed(&json!({ "as-of": seconds_from_now(0), "cases": [country.state(&case, 2)] }));
    assert_eq!(fed.status, 200);
    for place in [country.manifest.exchange.as_str(), other.exchange.as_str()] {
        let reply = country.post_to(place, &lead.agency, CMS, lawful(country, &case).1);
        assert_eq!(reply.code(), "case-not-in-production");
        let document = country.document(heir, &case, country.manifest.registry("person-by-iin"));
        let body = country.hand(heir).cms(&bytes(&document));
        assert_eq!(country.post_to(place, &heir.agency, CMS, body).code(), "answered");
    }
}

/// SLS 16-2(2): the copies go to both nodes at the same time.
fn answers_a_request_id_once_over_all_nodes(country: &Country) {
    let lead = country.manifest.lead();
    let other = node(country, "copies");
    let proofs = verifier(country, &["copies"]);
    for _ in 0..3 {
        let (_, body) = lawful(country, country.manifest.case(lead, "criminal"));
        let places = [country.manifest.exchange.as_str(), other.exchange.as_str()];
        let replies: Vec<_> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..12)
                .map(|n| (places[n % 2], body.clone()))
                .map(|(place, body)| scope.spawn(move || country.post_to(place, &lead.agency, CMS, body)))
                .collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).collect()
        });
        let count = |code: &str| replies.iter().filter(|reply| reply.code() == code).count();
        assert_eq!((count("answered"), count("duplicate-request")), (1, 11));
        for reply in &replies {
            let _ = proofs.verify(reply.json()["receipt"].as_str().unwrap());
        }
    }
}

/// SLS 16-2(3)¶3: a replica that is too old, and a case registry that cannot be reached, prove nothing.
fn refuses_while_the_case_registry_is_silent(country: &Country) {
    let lead = country.manifest.lead();
    // Answers of this node come from another log than the country's.
    let silent = Node::start(country, "silent", |config| {
        for source in config["case_sources"].as_array_mut().unwrap() {
            let source = source.as_table_mut().unwrap();
            match source.get("url") {
                Some(_) => source.insert("url".to_owned(), "https://localhost:1/v1".into()),
                None => source.insert("max_age".to_owned(), 1.into()),
            };
        }
    });
    let silent = silent.unwrap_or_else(|ended| panic!("{ended:?}"));
    std::thread::sleep(Duration::from_millis(2_100));
    for kind in ["criminal", "enforcement"] {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            // Another test may have reported a case this very second.
            let (_, body) = lawful(country, country.manifest.case(lead, kind));
            let reply = country.post_to(&silent.exchange, &lead.agency, CMS, body);
            if reply.code() == "case-unverifiable" {
                assert_eq!(reply.status, 503);
                assert!(!reply.header("retry-after").is_empty());
                let _ = verifier(country, &["silent"]).verify(reply.json()["receipt"].as_str().unwrap());
                break;
            }
            assert!(Instant::now() < deadline, "{kind}: {}", reply.code());
            std::thread::sleep(Duration::from_millis(700));
        }
    }
}

/// SLS 16-2(1): nobody says that the certificate is good, so it is not relied on.
fn refuses_while_revocation_is_unknown(country: &Country) {
    let lead = country.manifest.lead();
    let blind = Node::start(country, "blind", |config| {
        set(config, &["trust", "crl"], Value::Array(vec!["http://127.0.0.1:1/no.crl".into()]));
        set(config, &["trust", "cache"], country.path("empty").to_str().unwrap());
        set(config, &["trust", "ask"], "never");
    });
    let blind = blind.unwrap_or_else(|ended| panic!("{ended:?}"));
    for officer in [lead, country.manifest.officer("bekova"), country.manifest.officer("chernov")] {
        let case = country.manifest.case(officer, "criminal");
        let document = country.document(officer, case, country.manifest.registry("person-by-iin"));
        let body = country.hand(officer).cms(&bytes(&document));
        let reply = country.post_to(&blind.exchange, &officer.agency, CMS, body);
        assert_eq!((reply.code().as_str(), reply.status), ("revocation-unknown", 503));
        assert!(!reply.header("retry-after").is_empty());
        let _ = verifier(country, &["blind"]).verify(reply.json()["receipt"].as_str().unwrap());
    }
}

/// SLS 16-2(1): the certificate of each signer, and of the authority above, is answered for by whoever issued it.
fn asks_the_authoritys_responder_where_lists_are_silent(country: &Country) {
    let asking = Node::start(country, "asking", |config| {
        set(config, &["trust", "crl"], Value::Array(Vec::new()));
        set(config, &["trust", "cache"], country.path("answers").to_str().unwrap());
    });
    let asking = asking.unwrap_or_else(|ended| panic!("{ended:?}"));
    let registry = country.manifest.registry("person-by-iin");
    for officer in
        [country.manifest.lead(), country.manifest.officer("bekova"), country.manifest.officer("chernov")]
    {
        let case = country.manifest.case(officer, "criminal");
        let body = country.hand(officer).cms(&bytes(&country.document(officer, case, registry)));
        let reply = country.post_to(&asking.exchange, &officer.agency, CMS, body);
        assert_eq!(reply.code(), "answered", "{}", officer.code);
    }
    let revoked = country.manifest.officers.iter().find(|officer| officer.state == "revoked").unwrap();
    let case = country.manifest.case(country.manifest.lead(), "criminal");
    let body = country.hand(revoked).cms(&bytes(&country.document(revoked, case, registry)));
    let reply = country.post_to(&asking.exchange, &revoked.agency, CMS, body);
    assert_eq!((reply.code().as_str(), reply.status), ("certificate-revoked", 401));
    let kept = std::fs::read_dir(country.path("answers")).unwrap().count();
    assert!(kept >= 4, "answers are kept for a restart in an outage: {kept}");
}

/// SLS 16-2(2): a receipt of last year verifies by the keys of this one.
fn serves_the_receipt_keys_of_before_beside_the_new_one(country: &Country) {
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .output()
        .unwrap();
    let fresh = country.path("keys/receipt-new.pem");
    std::fs::write(&fresh, &made.stdout).unwrap();
    std::fs::set_permissions(&fresh, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let before = country.path(&country.manifest.jwks);
    let rotated = Node::start(country, "rotated", |config| {
        set(config, &["keys", "receipt"], fresh.to_str().unwrap());
        set(config, &["keys", "receipt_retired"], Value::Array(vec![before.to_str().unwrap().into()]));
    });
    let rotated = rotated.unwrap_or_else(|ended| panic!("{ended:?}"));
    let channel = country.channel(country.manifest.agency(&country.manifest.lead().agency));
    let served = channel.call(&rotated.exchange, Method::GET, "/v1/keys", None, "").unwrap();
    let kids: Vec<String> = served.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    let old: serde_json::Value = serde_json::from_slice(&std::fs::read(&before).unwrap()).unwrap();
    assert_eq!(kids.len(), 2);
    assert_eq!(kids[1], old["keys"][0]["kid"].as_str().unwrap());
    assert_ne!(kids[0], kids[1]);
}

fn limits_each_official_to_their_rate(country: &Country) {
    let lead = country.manifest.lead();
    let strict = Node::start(country, "strict", |config| {
        set(config, &["rates", "officer_per_second"], 1);
        set(config, &["rates", "burst"], 2);
    });
    let strict = strict.unwrap_or_else(|ended| panic!("{ended:?}"));
    let mut limited = 0;
    for _ in 0..6 {
        let (_, body) = lawful(country, country.manifest.case(lead, "criminal"));
        let reply = country.post_to(&strict.exchange, &lead.agency, CMS, body);
        match reply.code().as_str() {
            "answered" => {}
            "rate-limited" => {
                limited += 1;
                assert_eq!(reply.status, 429);
                assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
                let _ = verifier(country, &["strict"]).verify(reply.json()["receipt"].as_str().unwrap());
            }
            code => panic!("{code}"),
        }
    }
    assert!(limited > 0, "six requests at once, two allowed");
    // Another official is not held up by the first.
    let other = country.manifest.officer("bekova");
    let case = country.manifest.case(other, "criminal");
    let document = country.document(other, case, country.manifest.registry("person-by-iin"));
    let body = country.hand(other).cms(&bytes(&document));
    assert_eq!(country.post_to(&strict.exchange, &other.agency, CMS, body).code(), "answered");
}

/// One agency's slow questions do not take the gateway from the others.
fn limits_each_agency_to_its_share(country: &Country) {
    crowd(country, "share", "requests_per_agency", "rate-limited", 429);
}

/// Refuses early, before anything is recorded, and says when to come back.
fn sheds_load_early_and_says_so(country: &Country) {
    crowd(country, "full", "requests", "overloaded", 503);
}

/// Slow bodies of one system, enrolled or not, take no place of the others.
fn leaves_room_for_other_systems(country: &Country) {
    crowd(country, "room", "requests_per_system", "rate-limited", 429);
}

/// A log has one key: under another it would be two logs of one name, and no receipt could tell which.
fn goes_on_with_no_other_key_than_its_log_has(country: &Country) {
    let lead = country.manifest.lead();
    let reply = {
        let first = node(country, "keyed");
        country.post_to(
            &first.exchange,
            &lead.agency,
            CMS,
            lawful(country, country.manifest.case(lead, "criminal")).1,
        )
    };
    assert_eq!(reply.status, 200);
    let second = Node::start(country, "keyed", |config| {
        set(config, &["keys", "log"], other_key(country).to_str().unwrap());
    });
    let Err(ended) = second else { panic!("it must not start") };
    assert!(format!("{ended:?}").contains("keys.log"), "{ended:?}");
}

fn other_key(country: &Country) -> std::path::PathBuf {
    let path = country.path("other-log.pem");
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-algorithm", "ed25519", "-out"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn crowd(country: &Country, name: &str, limit: &str, code: &str, status: u16) {
    let lead = country.manifest.lead();
    let narrow = Node::start(country, name, |config| set(config, &["exchange", "limits", limit], 1));
    let narrow = narrow.unwrap_or_else(|ended| panic!("{ended:?}"));
    let slow = country.manifest.registries("slow").next().unwrap();
    let bodies: Vec<_> = (0..6)
        .map(|_| country.document(lead, country.manifest.case(lead, "criminal"), slow))
        .map(|document| country.hand(lead).cms(&bytes(&document)))
        .collect();
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let replies: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = bodies
            .into_iter()
            .map(|body| {
                scope.spawn(|| {
                    channel.call(&narrow.exchange, Method::POST, "/v1/requests", Some(CMS), body).unwrap()
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    let shed: Vec<_> = replies.iter().filter(|reply| reply.code() == code).collect();
    assert!(
        !shed.is_empty(),
        "{:?}",
        replies.iter().map(negiz_tests::channel::Reply::code).collect::<Vec<_>>()
    );
    assert!(shed.iter().all(|reply| reply.status == status && !reply.header("retry-after").is_empty()));
    let begun = replies.iter().filter(|reply| reply.code() == "registry-timeout").count();
    assert_eq!(begun + shed.len(), replies.len(), "what is begun is finished");
    assert!(begun >= 1);
}

/// Two processes of one name would call each other's requests interrupted.
fn lets_one_process_write_a_log(country: &Country) {
    let twin =
        |files: &str| Node::start(country, files, |config| set(config, &["deployment", "node"], "twin"));
    let first = twin("twin-first").unwrap_or_else(|ended| panic!("{ended:?}"));
    let ended = twin("twin-second").unwrap_err();
    assert_eq!(ended.status, 3, "{ended:?}");
    assert!(ended.errors.contains("another process writes the log negiz.demo/twin"), "{ended:?}");
    first.process().signal("KILL");
    let _ = first.process().wait();
    let again = twin("twin-third").unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let (_, body) = lawful(country, country.manifest.case(lead, "criminal"));
    assert_eq!(country.post_to(&again.exchange, &lead.agency, CMS, body).code(), "answered");
}
