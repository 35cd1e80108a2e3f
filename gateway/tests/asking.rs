//! Questions to the sample registries, over real mutual TLS, with real grants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use country::{Environment, account, calls, registry};
use gateway::demo::registries::{Behaviour, examples};
use gateway::refusal::Code;
use gateway::registries::question::Question;
use policy::Ground;
use serde_json::{Map, Value, json};

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("parameters are an object"),
    }
}

#[tokio::test]
async fn answers_the_contract_s_example() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let parameters = members(json!({"iin": "900101300017"}));
    let population = registry(&running, "population");
    let question = Question::new(&population, "person-by-iin", parameters, Ground::CriminalCase).unwrap();
    let record = environment.client().ask(question, &account()).await.unwrap();
    assert_eq!(record["iin"], "900101300017");
    assert_eq!(record["birth_date"], "1990-01-01");
    assert!(record["document"]["number"].is_string());
    assert_eq!(calls(&running).await["population/person-by-iin"], 1);
}

#[tokio::test]
async fn every_example_of_a_working_registry_finds_a_record_on_every_kind_of_case() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let client = environment.client();
    for example in examples().into_iter().filter(|example| example.state == Behaviour::Integrated) {
        let listed = registry(&running, example.registry);
        for ground in [
            Ground::CriminalCase,
            Ground::CivilCase,
            Ground::AdministrativeCase,
            Ground::SearchCase,
            Ground::EnforcementProceeding,
        ] {
            let parameters = members(example.parameters.clone());
            let question = Question::new(&listed, example.operation, parameters, ground).unwrap();
            let record = client.ask(question, &account()).await.unwrap();
            let found = record.as_object().is_some_and(|record| !record.is_empty());
            assert!(found, "{}/{} on {ground}: {record}", example.registry, example.operation);
        }
    }
}

/// SLS 16-3(1): a ground lets out the fields it needs and no others.
#[tokio::test]
async fn cuts_the_record_to_the_fields_of_the_ground() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let population = registry(&running, "population");
    let parameters = members(json!({"iin": "900101300017"}));
    let ask = |ground| Question::new(&population, "person-by-iin", parameters.clone(), ground).unwrap();
    let client = environment.client();
    let civil = client.ask(ask(Ground::CivilCase), &account()).await.unwrap();
    let names: Vec<&String> = civil.as_object().unwrap().keys().collect();
    assert_eq!(names, ["birth_date", "iin", "name", "patronymic", "surname"]);
    let administrative = client.ask(ask(Ground::AdministrativeCase), &account()).await.unwrap();
    assert_eq!(administrative["document"].as_object().unwrap().keys().collect::<Vec<_>>(), ["number"]);
    let limited = ask(Ground::CriminalCase).limited_to(&["iin".to_owned(), "photo".to_owned()]);
    assert_eq!(client.ask(limited, &account()).await.unwrap(), json!({"iin": "900101300017"}));
}

#[tokio::test]
async fn a_registry_without_a_record_answers_null() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let wanted = registry(&running, "wanted");
    let parameters = members(json!({"iin": "900101300017"}));
    let question = Question::new(&wanted, "search-by-iin", parameters, Ground::CriminalCase).unwrap();
    assert_eq!(environment.client().ask(question, &account()).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn says_why_a_registry_gave_no_record() {
    let environment = Environment::new();
    let running = environment.registries().await;
    let client = environment.client();
    for (code, refusal) in [
        ("tax-debts", Code::RegistryUnavailable),
        ("archive", Code::RegistryTimeout),
        // SLS 16-1(1)¶2: even a question that was granted a moment ago is not put to a suspended registry.
        ("real-estate", Code::RegistryNotListed),
    ] {
        let parameters = members(json!({"iin": "900101300017"}));
        let question =
            Question::new(&registry(&running, code), "file-by-iin", parameters, Ground::CriminalCase)
                .unwrap();
        let refused = client.ask(question, &account()).await.unwrap_err();
        assert_eq!(refused.code, refusal, "{code}");
        assert_eq!(refused.retry_after.is_some(), refusal == Code::RegistryUnavailable);
    }
    let calls = calls(&running).await;
    assert_eq!(
        (calls["tax-debts/file-by-iin"], calls["archive/file-by-iin"], calls["real-estate/file-by-iin"]),
        (0, 1, 0)
    );
}
