//! What is asked lawfully is answered, with a receipt (SLS 16-1(1)¶1, 16-2, 16-3).

use negiz_tests::country::{Country, JOSE};
use negiz_tests::document::{bytes, ground};
use negiz_tests::manifest::{Case, Officer};
use serde_json::json;

on_both_databases!(
    answers_every_registry_in_every_kind_of_case,
    answers_every_officer_whatever_their_algorithm,
    answers_a_signed_token_as_well_as_a_signed_message,
    tells_the_outcome_later_to_the_agency_that_asked_alone,
    offers_each_agency_the_registries_with_their_schemas,
    tells_of_a_person_nobody_knows_that_there_is_no_record,
);

/// SLS 16-2(3)¶1: five kinds of case; SLS 16-1(1)¶2: every integrated registry.
fn answers_every_registry_in_every_kind_of_case(country: &Country) {
    let manifest = &country.manifest;
    let lead = manifest.lead();
    country.alone(|| {
        for kind in ["criminal", "civil", "administrative", "search", "enforcement"] {
            let case = manifest.case(lead, kind);
            for registry in manifest.registries("integrated") {
                let before = country.calls(registry);
                let document = country.document(lead, case, registry);
                let reply = country.ask(lead, &document);
                country.answered(&document, &reply);
                assert!(!reply.json()["record"].is_null(), "{}/{}", registry.code, registry.operation);
                assert_eq!(reply.json()["restrictions"]["case"]["kind"], json!(kind));
                assert_eq!(reply.header("cache-control"), "no-store", "SLS 16-3(2)");
                // Everybody asks about persons, all the time.
                if registry.operation != "person-by-iin" {
                    assert_eq!(country.calls(registry), before + 1, "asked once and no more");
                }
            }
        }
    });
}

fn registered_with_a_case(country: &Country) -> Vec<(&Officer, &Case)> {
    let open = country.manifest.cases.iter().filter(|case| case.status == "open");
    let held = open.filter_map(|case| {
        let holder = country.manifest.officers.iter().find(|officer| officer.iin == case.holder)?;
        (holder.state == "registered").then_some((holder, case))
    });
    held.collect()
}

/// SLS 16-2(1): RSA, P-256 and the national GOST R 34.10-2015.
fn answers_every_officer_whatever_their_algorithm(country: &Country) {
    let _counting = country.counting();
    let mut algorithms = Vec::new();
    let person = country.manifest.registry("person-by-iin");
    for (officer, case) in registered_with_a_case(country) {
        let mut document = country.document(officer, case, person);
        // SLS 16-2(4): courts may also cite the plain ground of the three kinds.
        document["basis"]["ground"] = json!(ground(&case.kind));
        country.answered(&document, &country.ask(officer, &document));
        algorithms.push(officer.algorithm.as_str());
    }
    for algorithm in ["rsa-2048", "p-256", "gost-2015-512"] {
        assert!(algorithms.contains(&algorithm), "nobody signs with {algorithm}");
    }
}

fn answers_a_signed_token_as_well_as_a_signed_message(country: &Country) {
    let person = country.manifest.registry("person-by-iin");
    for (officer, case) in registered_with_a_case(country) {
        if !officer.algorithm.starts_with("gost") {
            let document = country.document(officer, case, person);
            let token = country.hand(officer).jws(&bytes(&document));
            country.answered(&document, &country.post(&officer.agency, JOSE, token));
        }
    }
}

fn tells_the_outcome_later_to_the_agency_that_asked_alone(country: &Country) {
    let lead = country.manifest.lead();
    let document = country.question();
    let given = country.answered(&document, &country.ask(lead, &document));
    let path = format!("/v1/requests/{}", document["id"].as_str().unwrap());
    let later = country.get(&lead.agency, &path);
    assert_eq!(later.status, 200);
    let body = later.json();
    assert_eq!(body["outcome"], "answered");
    assert!(body.get("record").is_none(), "SLS 16-3(2): the gateway keeps no record");
    let receipt = country.verifier().verify(body["receipt"].as_str().unwrap());
    assert_eq!((receipt.index(), receipt.outcome()), (given.index(), given.outcome()));
    let others =
        country.manifest.agencies.iter().filter(|it| it.state == "enrolled" && it.code != lead.agency);
    for other in others {
        assert_eq!(country.get(&other.code, &path).status, 404, "SLS 16-3(1)");
    }
}

/// `GET /v1/registries` offers what may be asked, and its schemas accept the questions of the manifest.
fn offers_each_agency_the_registries_with_their_schemas(country: &Country) {
    let lead = country.manifest.lead();
    let offered = country.get(&lead.agency, "/v1/registries");
    assert_eq!(offered.status, 200);
    let text = offered.json().to_string();
    for registry in country.manifest.registries("integrated") {
        assert!(text.contains(&format!("\"{}\"", registry.code)), "{} is not offered", registry.code);
        assert!(
            text.contains(&format!("\"{}\"", registry.operation)),
            "{} is not offered",
            registry.operation
        );
    }
    // Of an operation, those grounds that the matrix opens to somebody in the body.
    let of_bailiffs = country.get("enforcement", "/v1/registries").json();
    let grounds = |offered: &serde_json::Value| -> std::collections::BTreeSet<String> {
        let registries = offered.as_array().unwrap().iter();
        let operations = registries.flat_map(|registry| registry["operations"].as_array().unwrap());
        operations.flat_map(|operation| operation["fields"].as_object().unwrap().keys().cloned()).collect()
    };
    assert_eq!(grounds(&of_bailiffs).into_iter().collect::<Vec<_>>(), ["enforcement-proceeding"]);
    assert!(grounds(&offered.json()).contains("criminal-case"));
    for registry in country.manifest.registries("suspended") {
        assert!(!text.contains(&format!("\"{}\"", registry.code)), "{} is suspended", registry.code);
    }
}

/// "No record" is an answer too, and evidence.
fn tells_of_a_person_nobody_knows_that_there_is_no_record(country: &Country) {
    let lead = country.manifest.lead();
    let mut document = country.question();
    // The lead is an invented officer, not one of the invented population.
    document["parameters"] = json!({ "iin": lead.iin });
    let reply = country.ask(lead, &document);
    country.answered(&document, &reply);
    assert!(reply.json()["record"].is_null());
}
