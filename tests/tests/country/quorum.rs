//! Witnesses of the gateway's own log (C2SP tlog-witness, tlog-cosignature): no receipt without them, and nothing lost.

use std::time::{Duration, Instant};

use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, log_vkey, verifier};
use negiz_tests::witness::{House, Witness};
use serde_json::Value as Json;
use toml::{Table, Value};

on_both_databases!(
    has_every_checkpoint_cosigned_by_both_witnesses,
    asks_no_registry_and_loses_nothing_without_a_quorum,
    sees_a_node_that_tells_its_witness_another_past,
);

fn has_every_checkpoint_cosigned_by_both_witnesses(country: &Country) {
    let lead = country.manifest.lead();
    assert_eq!(country.manifest.witnesses.len(), 2);
    for witness in &country.manifest.witnesses {
        assert!(country.guide.iter().any(|line| line.contains(&witness.vkey)), "the guide names its key");
        assert!(lead.iin.len() == 12 && witness.url.starts_with("http://127.0.0.1:"));
    }
    let document = country.question();
    let reply = country.ask(lead, &document);
    let receipt = country.answered(&document, &reply);
    assert_eq!(receipt.cosignatures().len(), 2);
    let mut refused = country.question();
    refused["basis"]["case"] = "26759999999999".into();
    let receipt = country.refused("case-not-found", &country.ask(lead, &refused)).unwrap();
    assert_eq!(receipt.cosignatures().len(), 2);
    // Told later, and in the bundle: the same proof, with the witnesses' lines.
    let id = document["id"].as_str().unwrap();
    let later = country.get(&lead.agency, &format!("/v1/requests/{id}"));
    let later = country.verifier().verify(later.json()["receipt"].as_str().unwrap());
    assert_eq!(later.cosignatures().len(), 2);
    let checkpoint = country.get(&lead.agency, "/v1/log/checkpoint");
    let head = country.verifier().checkpoint(std::str::from_utf8(&checkpoint.body).unwrap());
    assert!(head.head().size > receipt.index());
    let bundle = country.get(&lead.agency, &format!("/v1/requests/{id}/evidence"));
    let (bundle_file, answer_file) = (country.path("cosigned.asice"), country.path("cosigned.json"));
    std::fs::write(&bundle_file, &bundle.body).unwrap();
    std::fs::write(&answer_file, &reply.body).unwrap();
    let files = [bundle_file.to_str().unwrap(), answer_file.to_str().unwrap()];
    let directory = country.directory.to_str().unwrap();
    let verify = |more: &[&str]| run(&[&["verify", "--dir", directory], more, &files].concat());
    let done = verify(&["--quorum", "2"]);
    assert_eq!(done.status, 0, "{done:?}");
    for witness in ["w1.witness.demo", "w2.witness.demo"] {
        assert_eq!(done.said.matches(&format!("the witness {witness} saw this log")).count(), 2, "{done:?}");
    }
    // A witness that never saw the log does not count for it.
    let stranger = evidence::Cosigner::from_seed("w3.witness.test", &[3; 32]).unwrap().vkey();
    assert_eq!(verify(&["--witness", &stranger]).status, 1);
}

/// A node whose log this witness watches.
pub(crate) fn node(country: &Country, name: &str, witness: &Witness) -> Node {
    let watched = |config: &mut Table| {
        let mut one = Table::new();
        one.insert("url".to_owned(), witness.address.clone().into());
        one.insert("vkey".to_owned(), witness.key.to_string().into());
        let mut section = Table::new();
        section.insert("timeout_seconds".to_owned(), 1.into());
        section.insert("witness".to_owned(), Value::Array(vec![one.into()]));
        config.insert("witnesses".to_owned(), section.into());
    };
    Node::start(country, name, watched).unwrap_or_else(|ended| panic!("{ended:?}"))
}

fn signed(country: &Country, document: &Json) -> Vec<u8> {
    country.hand(country.manifest.lead()).cms(&bytes(document))
}

fn asks_no_registry_and_loses_nothing_without_a_quorum(country: &Country) {
    let lead = country.manifest.lead();
    // Asked by no other test here.
    let registry = country.manifest.registry("permits-by-iin");
    let question = || country.document(lead, country.manifest.case(lead, "criminal"), registry);
    let house = House::watching(vec![log_vkey(country, "watched")]);
    let mut witness = Some(house.start(&["--new"]));
    let at = witness.as_ref().unwrap().address.clone();
    let node = node(country, "watched", witness.as_ref().unwrap());
    let vkey = witness.as_ref().unwrap().key.to_string();
    let proofs = verifier(country, &["watched"]).witnessed(&[&vkey]);
    let post =
        |document: &Json| country.post_to(&node.exchange, &lead.agency, CMS, signed(country, document));
    let receipt = |reply: &negiz_tests::channel::Reply| {
        proofs.verify(reply.json()["receipt"].as_str().expect("a receipt")).outcome().clone()
    };
    let first = post(&question());
    assert_eq!(first.code(), "answered");
    let _ = receipt(&first);
    drop(witness.take());
    // The first finds out, after its answer was recorded. From then on no registry is asked.
    let caught = question();
    let reply = post(&caught);
    assert_eq!((reply.code().as_str(), reply.status), ("evidence-unavailable", 503));
    assert!(!reply.header("retry-after").is_empty());
    let held_back = question();
    country.alone(|| {
        let before = country.calls(registry);
        assert_eq!(post(&held_back).code(), "evidence-unavailable");
        assert_eq!(
            country.calls(registry),
            before,
            "a registry was asked for an answer that could not be given"
        );
    });
    let port = at.rsplit(':').next().unwrap();
    let again = house.start(&["--listen", &format!("127.0.0.1:{port}")]);
    let told = |document: &Json| {
        let path = format!("/v1/requests/{}", document["id"].as_str().unwrap());
        let channel = country.channel(country.manifest.agency(&lead.agency));
        channel.call(&node.exchange, http::Method::GET, &path, None, "").unwrap()
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while told(&caught).status != 200 {
        assert!(Instant::now() < deadline, "the quorum does not come back");
        std::thread::sleep(Duration::from_millis(200));
    }
    // Both are in the log, and proven now: the one answered, the other refused.
    assert!(matches!(receipt(&told(&caught)), evidence::Outcome::Answered(_)));
    let outcome = receipt(&told(&held_back));
    assert!(
        matches!(outcome, evidence::Outcome::Refused(code) if code.to_string() == "evidence-unavailable")
    );
    // The id was not used up: nothing was done under it.
    assert_eq!(post(&held_back).code(), "answered");
    assert_eq!(post(&caught).code(), "duplicate-request");
    drop(again);
}

/// The node's database knows less of its log than the witness: as after a roll-back.
fn sees_a_node_that_tells_its_witness_another_past(country: &Country) {
    let lead = country.manifest.lead();
    let house = House::watching(vec![log_vkey(country, "rolled")]);
    let witness = house.start(&["--new"]);
    let signer = std::fs::read_to_string(country.path("keys/log.pem")).unwrap();
    let der = rustls_pki_types::pem::PemObject::from_pem_slice(signer.as_bytes()).unwrap();
    let rustls_pki_types::PrivateKeyDer::Pkcs8(der) = der else { panic!("PKCS#8") };
    let kind = evidence::key::SignatureType::Ed25519;
    let signer =
        evidence::log_signer::NoteSigner::from_pkcs8("negiz.demo/rolled", kind, der.secret_pkcs8_der());
    let signer = evidence::LogSigner::new(signer.unwrap()).unwrap();
    let longer: Vec<_> = (0..50_u32).map(|leaf| evidence::NodeHash::of_leaf(&leaf.to_be_bytes())).collect();
    let head = evidence::Tree::new().append(&longer).unwrap().head();
    let checkpoint = signer.sign(&head).unwrap();
    witness.cosigns(&evidence::witness::AddCheckpoint { old: 0, proof: vec![], checkpoint });
    let node = node(country, "rolled", &witness);
    let document = country.question();
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, signed(country, &document));
    assert_eq!(reply.code(), "evidence-unavailable");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !node.process().errors().contains("a witness has seen another past of this log") {
        assert!(Instant::now() < deadline, "{}", node.process().errors());
        std::thread::sleep(Duration::from_millis(100));
    }
}
