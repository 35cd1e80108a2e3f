//! What one system, enrolled or not, can make the gateway keep: so much, and no more (SLS 16-1(1)¶1).

use negiz_tests::channel::get;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, set, verifier};

on_both_databases!(
    records_so_many_refusals_of_a_system_and_no_more,
    counts_a_registered_users_refusals_by_their_own_rate,
);

fn strict(country: &Country, name: &str) -> Node {
    let node = Node::start(country, name, |config| {
        set(config, &["rates", "refusals_per_second"], 1);
        set(config, &["rates", "refusals_burst"], 3);
    });
    node.unwrap_or_else(|ended| panic!("{ended:?}"))
}

/// Entries of the node's own log.
fn entries(country: &Country, node: &Node, name: &str) -> u64 {
    let channel = country.channel(country.manifest.agency("police"));
    let head = channel.call(&node.exchange, http::Method::GET, "/v1/log/checkpoint", None, "").unwrap();
    let text = String::from_utf8(head.body.to_vec()).unwrap();
    verifier(country, &[name]).checkpoint(&text).head().size
}

fn records_so_many_refusals_of_a_system_and_no_more(country: &Country) {
    let node = strict(country, "flooded");
    let (police, unknown) = ("police", "inspection");
    for agency in [police, unknown] {
        let before = if agency == police { 0 } else { entries(country, &node, "flooded") };
        let (mut recorded, mut limited) = (0, 0);
        for _ in 0..20 {
            let reply = country.post_to(&node.exchange, agency, CMS, b"no signature".to_vec());
            match reply.code().as_str() {
                "malformed-signature" | "system-not-enrolled" => {
                    assert!(reply.json()["receipt"].is_string(), "{}", reply.json());
                    recorded += 1;
                }
                "rate-limited" => {
                    assert_eq!(reply.status, 429);
                    assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
                    assert!(reply.json().get("receipt").is_none(), "recorded above the bound");
                    limited += 1;
                }
                code => panic!("{code}"),
            }
        }
        assert!(recorded >= 3 && limited > 0, "{agency}: {recorded} recorded, {limited} limited");
        assert_eq!(
            entries(country, &node, "flooded") - before,
            recorded,
            "the log grew by what was recorded"
        );
    }
    // Who asks lawfully over the same system is not held up, and the operator sees it happen.
    let lead = country.manifest.lead();
    let document = country.question();
    let body = country.hand(lead).cms(&bytes(&document));
    assert_eq!(country.post_to(&node.exchange, police, CMS, body).code(), "answered");
    let text = String::from_utf8(get(&format!("{}/metrics", node.admin)).body.to_vec()).unwrap();
    assert!(text.contains("negiz_shed_total{reason=\"refusal-rate\"}"), "{text}");
}

/// SLS 16-2(3)¶3: what a known official was refused is kept, each time.
fn counts_a_registered_users_refusals_by_their_own_rate(country: &Country) {
    let node = strict(country, "kept");
    let lead = country.manifest.lead();
    for _ in 0..8 {
        let mut document = country.question();
        document["basis"]["case"] = "999999".into();
        let body = country.hand(lead).cms(&bytes(&document));
        let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
        assert_eq!(reply.code(), "case-not-found");
        let _ = verifier(country, &["kept"]).verify(reply.json()["receipt"].as_str().unwrap());
    }
}
