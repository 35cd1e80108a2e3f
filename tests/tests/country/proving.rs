//! What anyone can check later, without trusting the gateway (SLS 16-2(2), 16-3(5)).

use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::receipt::Verifier;

on_both_databases!(hands_out_evidence_that_verifies_offline, checks_the_whole_log_from_storage,);

/// SLS 16-3(5): every decision is attributable, by a third party, from one file.
fn hands_out_evidence_that_verifies_offline(country: &Country) {
    let lead = country.manifest.lead();
    let document = country.question();
    let answer = country.ask(lead, &document);
    country.answered(&document, &answer);
    let path = format!("/v1/requests/{}/evidence", document["id"].as_str().unwrap());
    let bundle = country.get(&lead.agency, &path);
    assert_eq!(bundle.status, 200, "{}", String::from_utf8_lossy(&bundle.body));
    let other = country.manifest.agencies.iter().find(|it| it.state == "enrolled" && it.code != lead.agency);
    assert_eq!(country.get(&other.unwrap().code, &path).status, 404, "another agency's evidence");
    let directory = country.directory.to_str().unwrap();
    let verify = |name: &str, content: &[u8]| {
        let file = country.path(name);
        std::fs::write(&file, content).unwrap();
        run(&["verify", "--dir", directory, file.to_str().unwrap()])
    };
    let done = verify("evidence.asice", &bundle.body);
    assert_eq!(done.status, 0, "{done:?}");
    let done = verify("answer.json", &answer.body);
    assert_eq!(done.status, 0, "{done:?}");
    let mut changed = bundle.body.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert_eq!(verify("changed.asice", &changed).status, 1, "a changed bundle verifies");
    // Without its grant nothing in it is wrong, and it is not the whole.
    let whole = evidence::Bundle::from_bytes(&bundle.body).unwrap();
    let mut stripped = evidence::Bundle::new();
    (stripped.receipt, stripped.entries) = (whole.receipt, whole.entries);
    stripped.entries.remove(0);
    let done = verify("stripped.asice", &stripped.to_bytes().unwrap());
    assert_eq!(done.status, 1, "a bundle without its grant verifies: {done:?}");
    assert!(done.said.contains("INCOMPLETE") && done.said.contains("missing: the grant that"), "{done:?}");
    let mut changed = answer.json();
    changed["record"]["surname"] = "Another".into();
    let done = verify("changed.json", changed.to_string().as_bytes());
    assert_eq!(done.status, 1, "a changed record verifies: {done:?}");
}

fn checks_the_whole_log_from_storage(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let config = country.path("negiz.toml");
    let config = config.to_str().unwrap();
    let done = run(&["log", "checkpoint", "--config", config]);
    assert_eq!(done.status, 0, "{done:?}");
    let key = run(&["log", "vkey", "--config", config]);
    assert_eq!(
        (key.status, key.said.trim()),
        (0, country.manifest.log_vkey.as_str()),
        "as witnesses are told it"
    );
    // The file names no witnesses: they are the demo's.
    let verifier = Verifier::new(&country.path(&country.manifest.jwks), &[&country.manifest.log_vkey]);
    let _ = verifier.checkpoint(&done.said);
    let kept = country.path("kept.checkpoint");
    std::fs::write(&kept, &done.said).unwrap();
    country.is_sound(&["--checkpoint", kept.to_str().unwrap()]);
}
