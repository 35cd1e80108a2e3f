//! Everything else is refused, by name, with a receipt, and no registry hears of it (SLS 16-2(3)¶3).

use negiz_tests::country::{CMS, Country};
use negiz_tests::document::{bytes, ground, seconds_from_now};
use negiz_tests::manifest::{Case, Registry};
use serde_json::{Value, json};

on_both_databases!(
    refuses_who_may_not_ask,
    refuses_a_system_that_is_not_enrolled,
    refuses_another_agencys_channel_and_another_agencys_name,
    refuses_a_case_that_is_not_open,
    refuses_a_case_in_another_officers_production,
    refuses_a_case_nobody_knows,
    refuses_a_case_of_another_kind,
    refuses_registries_off_the_list,
    refuses_operations_that_do_not_exist,
    refuses_parameters_against_the_schema,
    refuses_documents_not_issued_just_now,
    refuses_requests_without_circumstances,
    refuses_grounds_the_user_may_not_rely_on,
    says_when_a_registry_gave_nothing,
);

/// The operation that refused requests name here: nobody else asks it while they are counted.
pub(crate) fn reserved(country: &Country) -> &Registry {
    country.manifest.registry("residence-by-iin")
}

/// Runs `act` and holds that the reserved registry was not asked meanwhile.
pub(crate) fn unheard(country: &Country, act: impl FnOnce()) {
    let _counting = country.counting();
    let before = country.calls(reserved(country));
    act();
    assert_eq!(country.calls(reserved(country)), before, "a refused request reached a registry");
}

/// The lead officer's request in a criminal case of their own, about the reserved operation.
pub(crate) fn lawful(country: &Country) -> Value {
    let lead = country.manifest.lead();
    country.document(lead, country.manifest.case(lead, "criminal"), reserved(country))
}

/// Holds that the lead officer's request, changed, is refused with `code`.
fn refuses(country: &Country, code: &str, change: impl FnOnce(&mut Value)) {
    let mut document = lawful(country);
    change(&mut document);
    unheard(country, || {
        let reply = country.ask(country.manifest.lead(), &document);
        let receipt = country.refused(code, &reply).unwrap();
        if let Some(id) = document["id"].as_str() {
            assert_eq!(reply.json()["request"], id);
            assert_eq!(receipt.id(), id);
        }
    });
}

/// SLS 16-2(1): registered users with certificates in force.
fn refuses_who_may_not_ask(country: &Country) {
    let manifest = &country.manifest;
    unheard(country, || {
        for (state, code) in [
            ("unregistered", "user-not-registered"),
            ("suspended", "user-suspended"),
            ("revoked", "certificate-revoked"),
            ("expired", "certificate-expired"),
        ] {
            let officers: Vec<_> = manifest.officers.iter().filter(|it| it.state == state).collect();
            assert!(!officers.is_empty(), "nobody is {state}");
            for officer in officers {
                let case = manifest.case(officer, "criminal");
                let document = country.document(officer, case, reserved(country));
                country.refused(code, &country.ask(officer, &document));
            }
        }
    });
}

/// SLS 16-2(1): the transport environment is for enrolled systems.
fn refuses_a_system_that_is_not_enrolled(country: &Country) {
    let unknown = country.manifest.agencies.iter().find(|agency| agency.state == "unknown").unwrap();
    let signed = country.hand(country.manifest.lead()).cms(&bytes(&lawful(country)));
    unheard(country, || {
        country.refused("system-not-enrolled", &country.post(&unknown.code, CMS, signed));
    });
    // Enrolled for another purpose is not enrolled for this one.
    for system in ["case-feed", "console-operator", "console-police"] {
        let signed = country.hand(country.manifest.lead()).cms(&bytes(&lawful(country)));
        let channel = country.system(system);
        let address = &country.manifest.exchange;
        let reply = channel.call(address, http::Method::POST, "/v1/requests", Some(CMS), signed).unwrap();
        country.refused("system-not-enrolled", &reply);
    }
}

/// SLS 16-2(1): system, document and signer belong to one agency.
fn refuses_another_agencys_channel_and_another_agencys_name(country: &Country) {
    let lead = country.manifest.lead();
    unheard(country, || {
        let others = country.manifest.agencies.iter();
        for other in others.filter(|it| it.state == "enrolled" && it.code != lead.agency) {
            let own = country.hand(lead).cms(&bytes(&lawful(country)));
            country.refused("agency-mismatch", &country.post(&other.code, CMS, own));
            let mut document = lawful(country);
            document["agency"] = json!(other.bin);
            country.refused("agency-mismatch", &country.ask(lead, &document));
            let theirs = country.hand(lead).cms(&bytes(&document));
            country.refused("agency-mismatch", &country.post(&other.code, CMS, theirs));
        }
    });
}

/// SLS 16-2(3)¶2: open on that date.
fn refuses_a_case_that_is_not_open(country: &Country) {
    let manifest = &country.manifest;
    let mut seen = Vec::new();
    for case in manifest.cases.iter().filter(|case| case.status != "open") {
        let holder = manifest.officers.iter().find(|officer| officer.iin == case.holder).unwrap();
        let document = country.document(holder, case, reserved(country));
        unheard(country, || drop(country.refused("case-not-open", &country.ask(holder, &document))));
        seen.push((case.kind.as_str(), case.status.as_str()));
    }
    for state in [("criminal", "closed"), ("criminal", "suspended"), ("enforcement", "closed")] {
        assert!(seen.contains(&state), "no case is {state:?}");
    }
}

/// SLS 16-2(3)¶2: in the production of this signer, not just of the agency.
fn refuses_a_case_in_another_officers_production(country: &Country) {
    let (manifest, lead) = (&country.manifest, country.manifest.lead());
    let others = |agency: bool| {
        let held = manifest.cases.iter().filter(move |it| it.status == "open" && it.holder != lead.iin);
        held.filter(move |it| (it.agency == lead.agency) == agency)
    };
    assert!(others(true).count() > 0 && others(false).count() > 0);
    for case in others(true).chain(others(false)) {
        let document = country.document(lead, case, reserved(country));
        unheard(country, || {
            let reply = country.ask(lead, &document);
            country.refused("case-not-in-production", &reply);
            // In whose production it is instead is nobody's business but theirs.
            let said = String::from_utf8_lossy(&reply.body).into_owned();
            let told = manifest.agencies.iter().find(|it| it.code != lead.agency && said.contains(&it.bin));
            assert!(told.is_none() && !said.contains(&case.holder), "{said}");
        });
    }
}

/// SLS 16-2(3)¶2: the case exists.
fn refuses_a_case_nobody_knows(country: &Country) {
    for kind in ["criminal", "civil", "administrative", "search", "enforcement"] {
        for number in ["999999", "%2e%2e", "../x", "26750031000001/../26750031000002"] {
            let code = if number.starts_with('%') { "malformed-document" } else { "case-not-found" };
            refuses(country, code, |document| {
                document["basis"]["ground"] = json!(ground(kind));
                document["basis"]["case"] = json!(number);
            });
        }
    }
}

/// SLS 16-2(3)¶2: of the stated kind.
fn refuses_a_case_of_another_kind(country: &Country) {
    let (manifest, lead) = (&country.manifest, country.manifest.lead());
    let kinds = ["criminal", "civil", "administrative", "search", "enforcement"];
    for kind in kinds {
        let case: &Case = manifest.case(lead, kind);
        for other in kinds.iter().filter(|other| **other != kind) {
            refuses(country, "case-kind-mismatch", |document| {
                document["basis"] = json!({
                    "ground": ground(other), "case": case.number,
                    "circumstances": document["basis"]["circumstances"],
                });
            });
        }
    }
}

/// SLS 16-1(1)¶2: the list of integrated systems is closed.
fn refuses_registries_off_the_list(country: &Country) {
    for registry in ["moon", "population-2", "x"] {
        refuses(country, "registry-not-listed", |document| document["registry"] = json!(registry));
    }
    for registry in country.manifest.registries("suspended") {
        refuses(country, "registry-not-listed", |document| {
            document["registry"] = json!(registry.code);
            document["operation"] = json!(registry.operation);
            document["parameters"] = registry.parameters.clone();
        });
        assert_eq!(country.calls(registry), 0, "a suspended registry was asked");
    }
}

/// SLS 16-3(1): only what the ground allows.
fn refuses_operations_that_do_not_exist(country: &Country) {
    for operation in ["nothing", "person-by-iin", "residence-by-iin2"] {
        refuses(country, "operation-not-permitted", |document| document["operation"] = json!(operation));
    }
}

/// SLS 16-1(1)¶1: a question, not a search.
fn refuses_parameters_against_the_schema(country: &Country) {
    for parameters in [
        json!({}),
        json!({"iin": "900101300018"}),
        json!({"iin": "../../x"}),
        json!({"iin": "%"}),
        json!({"iin": 900_101_300_017_u64}),
        json!({"iin": null}),
        json!({"iin": ["900101300017"]}),
        json!({"iin": "900101300017", "more": "1"}),
        json!({"IIN": "900101300017"}),
        json!({"iin": "900101300017?all=1"}),
        json!({"iin": "９００１０１３０００１７"}),
    ] {
        refuses(country, "parameters-invalid", |document| document["parameters"] = parameters);
    }
}

/// SLS 16-2(2): issued within the window around now.
fn refuses_documents_not_issued_just_now(country: &Country) {
    for seconds in [-86_400, -400, 200, 86_400, 4_000_000_000] {
        refuses(country, "document-stale", |it| it["issued"] = json!(seconds_from_now(seconds)));
    }
}

/// SLS 16-2(3)¶1: the request states the circumstances.
fn refuses_requests_without_circumstances(country: &Country) {
    for said in ["", " ", ".", "                                          ", "short", "\u{3000}\u{a0}"] {
        refuses(country, "circumstances-missing", |it| it["basis"]["circumstances"] = json!(said));
    }
    refuses(country, "circumstances-missing", |document| {
        document["basis"].as_object_mut().unwrap().remove("circumstances");
    });
}

/// SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(4), 16-2(5): grounds of other bodies and other tracks.
fn refuses_grounds_the_user_may_not_rely_on(country: &Country) {
    for ground in ["operational", "financial-monitoring", "bankruptcy", "migration", "prevention", "covert"] {
        refuses(country, "ground-not-permitted", |document| document["basis"]["ground"] = json!(ground));
    }
    // An investigator is no judge, though the case is criminal and their own.
    refuses(country, "ground-not-permitted", |document| {
        document["basis"]["ground"] = json!("court-criminal");
    });
    // A judge has no search cases: SLS 16-2(4) names three kinds.
    let judge = country.manifest.officers.iter().find(|it| it.agency == "court" && it.state == "registered");
    let judge = judge.unwrap();
    let case =
        country.manifest.cases.iter().find(|it| it.holder == judge.iin && it.status == "open").unwrap();
    let mut document = country.document(judge, case, reserved(country));
    document["basis"]["ground"] = json!("enforcement-proceeding");
    let reply = country.ask(judge, &document);
    let code = reply.code();
    assert!(["ground-not-permitted", "case-kind-mismatch"].contains(&code.as_str()), "{code}");
}

/// SLS 16-1(1)¶1: what a registry does not give is said, recorded as a failure of a grant, and nothing is made up.
fn says_when_a_registry_gave_nothing(country: &Country) {
    let (manifest, lead) = (&country.manifest, country.manifest.lead());
    for (state, code) in [("slow", "registry-timeout"), ("unreachable", "registry-unavailable")] {
        for registry in manifest.registries(state) {
            let document = country.document(lead, manifest.case(lead, "criminal"), registry);
            let reply = country.ask(lead, &document);
            let receipt = country.refused(code, &reply).unwrap();
            assert!(matches!(receipt.outcome(), evidence::Outcome::Failed(_)), "a failure, after a grant");
            let later = country.get(&lead.agency, &format!("/v1/requests/{}", receipt.id())).json();
            assert_eq!((&later["outcome"], &later["code"]), (&json!("failed"), &json!(code)));
        }
    }
}
