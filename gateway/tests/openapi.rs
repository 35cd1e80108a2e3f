//! The interface's description is valid, complete, and agrees with what it describes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use axum::response::IntoResponse as _;
use gateway::enrolment::ConsoleRole;
use gateway::openapi::{DocumentError, Interface, document};
use gateway::problem::{Fault, Problem};
use gateway::refusal::{Code, Refusal};
use gateway::{console, routes};
use serde_json::{Value, json};

const META: &str = include_str!("vectors/openapi/schema-3.1.json");

fn described() -> Value {
    document(Interface::Exchange, routes::PATHS).expect("every route that is served is described")
}

fn console() -> Value {
    document(Interface::Console, console::PATHS).expect("every route that is served is described")
}

/// A component schema with what it refers to, as a schema of its own.
fn component(name: &str) -> jsonschema::Validator {
    let schemas =
        described()["components"]["schemas"].to_string().replace("#/components/schemas/", "#/$defs/");
    let defs: Value = serde_json::from_str(&schemas).unwrap();
    jsonschema::draft202012::new(&json!({"$defs": defs, "$ref": format!("#/$defs/{name}")})).unwrap()
}

/// Calls `visit` with every object in `value` and the member it stands under.
fn walk<'a>(member: &str, value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(object) => {
            visit(member, value);
            object.iter().for_each(|(member, value)| walk(member, value, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(member, item, visit)),
        _ => {}
    }
}

#[test]
fn is_an_openapi_3_1_document() {
    let meta: Value = serde_json::from_str(META).unwrap();
    let validator = jsonschema::draft202012::new(&meta).unwrap();
    for document in [described(), console()] {
        let faults: Vec<String> =
            validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn the_check_of_the_document_can_fail() {
    let meta: Value = serde_json::from_str(META).unwrap();
    let mut broken = described();
    broken["paths"]["/v1/requests"]["post"]["responses"] = json!([]);
    assert!(!jsonschema::draft202012::new(&meta).unwrap().is_valid(&broken));
}

#[test]
fn every_schema_in_it_is_a_json_schema() {
    let document = described();
    let mut seen = 0;
    for document in [&document, &console()] {
        walk("", document, &mut |member, value| {
            if member == "schema" {
                assert!(jsonschema::draft202012::meta::is_valid(value), "{value}");
                seen += 1;
            }
        });
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
    assert!(seen > 50, "{seen} schemas");
}

#[test]
fn every_reference_leads_somewhere() {
    let mut seen = 0;
    for document in [described(), console()] {
        walk("", &document, &mut |_, value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(target).is_some(), "{reference}");
                seen += 1;
            }
        });
    }
    assert!(seen > 30, "{seen} references");
}

#[test]
fn refuses_a_route_it_does_not_describe() {
    for route in [("get", "/v1/secret"), ("delete", "/v1/requests")] {
        assert!(
            matches!(document(Interface::Exchange, &[route]), Err(DocumentError::Undescribed { .. })),
            "{route:?}"
        );
    }
}

#[test]
fn shows_what_is_served_and_nothing_else() {
    for (document, served) in [(described(), routes::PATHS), (console(), console::PATHS)] {
        let items = document["paths"].as_object().unwrap().values();
        let shown: usize = items.map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(shown, served.len());
        let mut ids = Vec::new();
        walk("", &document, &mut |_, value| ids.extend(value.get("operationId").and_then(Value::as_str)));
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "operation ids are unique");
    }
}

#[test]
fn its_examples_are_what_its_schemas_ask_for() {
    let document = described();
    let mut seen = 0;
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let validator = component(name);
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert!(validator.is_valid(example), "{name}: {example}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} examples");
}

#[test]
fn its_lists_are_the_lists_of_the_rules() {
    let schemas = &described()["components"]["schemas"];
    let list = |name: &str| serde_json::from_value::<Vec<String>>(schemas[name]["enum"].clone()).unwrap();
    assert_eq!(list("Ground"), policy::Ground::ALL.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(list("CaseKind"), policy::CaseKind::ALL.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(
        list("CaseStatus"),
        policy::CaseStatus::ALL.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    use ConsoleRole::{Agency, Auditor, Operator, Prosecutor, Security};
    let roles = serde_json::to_value([Operator, Security, Agency, Prosecutor, Auditor]).unwrap();
    assert_eq!(schemas["Me"]["properties"]["role"]["enum"], roles);
}

#[tokio::test]
async fn every_refusal_is_the_problem_it_describes() {
    let document = described();
    let responses = &document["paths"]["/v1/requests"]["post"]["responses"];
    let problem = component("Problem");
    for code in Code::ALL {
        let body = body(Problem::from(Refusal::new(*code, "compared"))).await;
        assert!(problem.is_valid(&body), "{body}");
        let schema = &responses[code.status().to_string()]["content"]["application/problem+json"]["schema"];
        let types = schema["allOf"][1]["properties"]["type"]["enum"].as_array().unwrap();
        assert!(types.contains(&body["type"]), "{code}");
    }
    for fault in Fault::ALL {
        assert!(problem.is_valid(&body(Problem::from(*fault)).await), "{}", fault.name());
    }
}

async fn body(problem: Problem) -> Value {
    let bytes = axum::body::to_bytes(problem.into_response().into_body(), 65_536).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
