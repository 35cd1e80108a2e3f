//! A storm of `kill -9` under load: no receipt that a client got is missing, and no registry was asked without a durable grant.
//!
//! Each database takes ten kills; `NEGIZ_STORM=100 cargo test -p negiz-tests --test country storm` makes it 200 in all. Every fourth time the
//! witness goes first.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evidence::VerifiedReceipt;
use http::Method;
use negiz_tests::channel::runtime;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, log_vkey, verifier};
use negiz_tests::postgres;
use negiz_tests::receipt::Verifier;
use negiz_tests::witness::House;
use serde_json::Value;

use crate::load::{grants, is_sound, remembered};

/// The node that is killed, beside the country's own.
const NODE: &str = "storm";

fn kills() -> u64 {
    std::env::var("NEGIZ_STORM").ok().and_then(|number| number.parse().ok()).unwrap_or(10)
}

#[test]
fn loses_nothing_in_a_storm_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    storm(&Country::start_in(directory.path(), None).unwrap_or_else(|ended| panic!("{ended:?}")));
}

#[test]
fn loses_nothing_in_a_storm_on_postgres() {
    let directory = tempfile::tempdir().unwrap();
    let database = postgres::database().unwrap();
    let country = Country::start_in(directory.path(), Some(&database.owner));
    storm(&country.unwrap_or_else(|ended| panic!("{ended:?}")));
}

fn storm(country: &Country) {
    let house = House::watching(vec![log_vkey(country, NODE)]);
    let mut witness = house.start(&["--new"]);
    let address = witness.address.trim_start_matches("http://").to_owned();
    let key = witness.key.to_string();
    let proofs = verifier(country, &[NODE]).witnessed(&[&key]);
    let told: Mutex<Vec<(VerifiedReceipt, Value)>> = Mutex::default();
    for round in 0..kills() {
        if round % 4 == 3 {
            witness.process.signal("KILL");
            let _ = witness.process.wait();
            drop(witness);
            witness = house.start(&["--listen", &address]);
        }
        let node = crate::quorum::node(country, NODE, &witness);
        let over = AtomicBool::new(false);
        let before = told.lock().unwrap().len();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| load(country, &node, &proofs, &told, &over));
            }
            let deadline = Instant::now() + Duration::from_secs(30);
            while told.lock().unwrap().len() == before {
                assert!(Instant::now() < deadline, "nothing is answered: {}", node.process().errors());
                std::thread::sleep(Duration::from_millis(5));
            }
            // Another moment of the procedure each time.
            std::thread::sleep(Duration::from_millis(round * 37 % 150));
            node.process().signal("KILL");
            over.store(true, Ordering::Relaxed);
        });
        assert_eq!(node.process().wait(), 137);
    }
    let node = crate::quorum::node(country, NODE, &witness);
    let told = told.into_inner().unwrap();
    for (receipt, _) in &told {
        remembered(country, &node, &proofs, receipt);
    }
    let asked = country.calls(country.manifest.registry("licence-by-iin"));
    let (grants, open) = runtime().block_on(grants(country, NODE));
    assert!(asked <= grants, "{asked} questions, {grants} grants");
    assert_eq!(open, 0, "every grant has its outcome");
    assert!(u64::try_from(told.len()).unwrap() <= asked, "what was answered was asked");
    is_sound(&node);
}

fn load(
    country: &Country,
    node: &Node,
    proofs: &Verifier,
    told: &Mutex<Vec<(VerifiedReceipt, Value)>>,
    over: &AtomicBool,
) {
    let lead = country.manifest.lead();
    let channel = country.channel(country.manifest.agency(&lead.agency));
    let case = country.manifest.case(lead, "criminal");
    while !over.load(Ordering::Relaxed) {
        let document = country.document(lead, case, country.manifest.registry("licence-by-iin"));
        let body = country.hand(lead).cms(&bytes(&document));
        let Ok(reply) = channel.call(&node.exchange, Method::POST, "/v1/requests", Some(CMS), body) else {
            return;
        };
        assert_eq!(reply.code(), "answered", "{}", String::from_utf8_lossy(&reply.body));
        let receipt = proofs.verify(reply.json()["receipt"].as_str().unwrap());
        told.lock().unwrap().push((receipt, document));
    }
}
