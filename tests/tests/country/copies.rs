//! A request id is used once, however many copies come (SLS 16-2(2)), and what was begun is brought to its end.

use std::time::{Duration, Instant};

use http::Method;
use negiz_tests::channel::runtime;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

on_both_databases!(
    does_not_let_a_colleague_hide_a_request,
    answers_one_of_24_parallel_copies,
    refuses_a_used_id_even_with_other_content,
    lets_two_officers_use_one_id,
    finishes_what_a_client_that_hung_up_began,
);

fn answers_one_of_24_parallel_copies(country: &Country) {
    let _counting = country.counting();
    let lead = country.manifest.lead();
    let licences = country.manifest.registry("licence-by-iin");
    let document = country.document(lead, country.manifest.case(lead, "criminal"), licences);
    let body = country.hand(lead).cms(&bytes(&document));
    let before = country.calls(licences);
    let replies: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..24).map(|_| scope.spawn(|| country.post(&lead.agency, CMS, body.clone()))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    let (given, others): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(given.len(), 1);
    country.answered(&document, given[0]);
    for reply in &others {
        country.refused("duplicate-request", reply);
    }
    assert_eq!(country.calls(licences), before + 1);
}

fn refuses_a_used_id_even_with_other_content(country: &Country) {
    let lead = country.manifest.lead();
    let mut document = country.question();
    country.answered(&document, &country.ask(lead, &document));
    document["purpose"] = "Another purpose".into();
    country.refused("duplicate-request", &country.ask(lead, &document));
}

/// The contract: single use per signer.
fn lets_two_officers_use_one_id(country: &Country) {
    let person = country.manifest.registry("person-by-iin");
    let (lead, other) = (country.manifest.lead(), country.manifest.officer("bekova"));
    let first = country.document(lead, country.manifest.case(lead, "criminal"), person);
    let mut second = country.document(other, country.manifest.case(other, "criminal"), person);
    second["id"] = first["id"].clone();
    country.answered(&first, &country.ask(lead, &first));
    country.answered(&second, &country.ask(other, &second));
}

/// SLS 16-2(2): a client that hangs up loses nothing.
fn finishes_what_a_client_that_hung_up_began(country: &Country) {
    let lead = country.manifest.lead();
    let slow = country.manifest.registries("slow").next().unwrap();
    let person = country.manifest.registry("person-by-iin");
    for (registry, outcome) in [(person, "answered"), (slow, "failed")] {
        let document = country.document(lead, country.manifest.case(lead, "criminal"), registry);
        let body = country.hand(lead).cms(&bytes(&document));
        let channel = country.channel(country.manifest.agency(&lead.agency));
        runtime().block_on(async {
            let mut stream = channel.connect(&country.manifest.exchange).await.unwrap();
            let head = format!(
                "POST /v1/requests HTTP/1.1\r\nhost: localhost\r\ncontent-type: {CMS}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            stream.flush().await.unwrap();
            // Long enough to be read, not to be answered when the registry is slow.
            tokio::time::sleep(Duration::from_millis(60)).await;
        });
        let path = format!("/v1/requests/{}", document["id"].as_str().unwrap());
        let deadline = Instant::now() + Duration::from_secs(60);
        let found = loop {
            let later = channel.call(&country.manifest.exchange, Method::GET, &path, None, "").unwrap();
            let body = later.json();
            if body["outcome"] == outcome {
                break body;
            }
            assert!(Instant::now() < deadline, "no outcome: {body}");
            std::thread::sleep(Duration::from_millis(50));
        };
        let _ = country.verifier().verify(found["receipt"].as_str().unwrap());
    }
}

/// An id is single use per signer: two officers may use the same, and each request can be looked up.
fn does_not_let_a_colleague_hide_a_request(country: &Country) {
    let (lead, colleague) = (country.manifest.lead(), country.manifest.officer("mukanov"));
    let first = country.question();
    assert_eq!(country.ask(lead, &first).status, 200);
    let case = country.manifest.case(colleague, "criminal");
    let mut second = country.document(colleague, case, country.manifest.registry("person-by-iin"));
    second["id"] = first["id"].clone();
    let reply = country.ask(colleague, &second);
    assert_eq!(reply.status, 200, "{}", reply.json());
    let path = format!("/v1/requests/{}", first["id"].as_str().unwrap());
    let digest = |document: &serde_json::Value| evidence::Digest::of(&bytes(document)).to_string();
    let shown = country.get(&lead.agency, &path).json();
    assert_eq!(shown["request"]["digest"], digest(&first), "the first stays to be seen");
    for document in [&first, &second] {
        let named = format!("{path}?digest={}", digest(document));
        let shown = country.get(&lead.agency, &named).json();
        assert_eq!(shown["request"]["digest"], digest(document));
        let evidence = format!("{path}/evidence?digest={}", digest(document));
        assert_eq!(country.get(&lead.agency, &evidence).status, 200);
    }
    let unknown = format!("{path}?digest={}", digest(&json!("none")));
    assert_eq!(country.get(&lead.agency, &unknown).status, 404);
    assert_eq!(country.get(&lead.agency, &format!("{path}?digest=x")).status, 400);
}
