//! What makes a measure urgent, and who stops its clock (OI 12(7)).

use std::sync::mpsc::Receiver;

use negiz_tests::country::Country;
use negiz_tests::node::{Node, set};
use negiz_tests::tracks::{Question, Tracks};
use serde_json::{Value, json};

use crate::sanctions::{child, material, notice, private, sanction, signed, urgent, webhook};
use crate::tracks::measured;

on_both_databases!(
    begins_nothing_urgent_that_is_not_grave,
    lets_no_officer_stop_the_clock_with_a_sanction_of_his_own,
);

/// A node that tells the prosecutor, and what it tells.
fn telling(country: &Country, name: &str) -> (Node, Receiver<Value>) {
    let (url, notices) = webhook();
    let node = Node::start(country, name, |config| {
        config.insert("notify".to_owned(), toml::Value::Table(toml::Table::new()));
        set(config, &["notify", "webhook"], url.as_str());
    });
    (node.unwrap_or_else(|ended| panic!("{ended:?}")), notices)
}

/// OI 12(7): a case that is urgent is one of grave crimes or of a criminal group, and the head's decision says which.
fn begins_nothing_urgent_that_is_not_grave(country: &Country) {
    let (tracks, case, child) = (Tracks::of(country), material(), child(country));
    let (node, _notices) = telling(country, "not-grave");
    let ask = |decision: &Value| {
        let mut document = measured(tracks.document(country, &private(&case, &child)));
        document["basis"]["urgent"] = json!(signed(country, &tracks, "usenov", decision));
        tracks.ask_at(country, &node.exchange, "mukanov", &document)
    };
    let mut decision = urgent(&case, &child, -60);
    decision.as_object_mut().unwrap().remove("threat");
    let reply = ask(&decision);
    assert_eq!(reply.code(), "sanction-missing", "{}", reply.json());
    assert!(reply.json()["detail"].as_str().unwrap().contains("criminal group"), "{}", reply.json());
    decision["threat"] = json!("petty-theft");
    let reply = ask(&decision);
    assert_eq!(reply.code(), "sanction-missing", "{}", reply.json());
    assert!(reply.json()["detail"].as_str().unwrap().contains("`threat` must be one of"), "{}", reply.json());
    decision["threat"] = json!("criminal-group");
    assert_eq!(ask(&decision).code(), "answered");
}

/// OI 12(7)¶2: nobody but the prosecutor stops the clock. On the ground of the criminal case itself the law asks for no sanction, and
/// what an officer sends along as one says nothing about the covert measure in the same case on the same person.
fn lets_no_officer_stop_the_clock_with_a_sanction_of_his_own(country: &Country) {
    let (tracks, child) = (Tracks::of(country), child(country));
    let case = country.new_case(country.manifest.officer("mukanov")).number;
    let (node, notices) = telling(country, "own-sanction");
    let ask = |ground: &str, member: &str, attached: String| {
        let question = Question { ground, ..private(&case, &child) };
        let mut document = tracks.document(country, &question);
        document["basis"][member] = json!(attached);
        let reply = tracks.ask_at(country, &node.exchange, "mukanov", &document);
        assert_eq!(reply.code(), "answered", "{}", reply.json());
        document["id"].as_str().unwrap().to_owned()
    };
    let decision = signed(country, &tracks, "usenov", &urgent(&case, &child, 10 - 86_400));
    let id = ask("covert", "urgent", decision);
    notice(&notices, "urgent-measure-begun", &id);
    ask("criminal-case", "sanction", signed(country, &tracks, "mukanov", &sanction(&case, &child)));
    notice(&notices, "urgent-measure-unsanctioned", &id);
    let outcome = country.get("police", &format!("/v1/requests/{id}"));
    assert_eq!(outcome.json()["unsanctioned"], true, "{}", outcome.json());
}
