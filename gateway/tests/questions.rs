//! A parameter is data: whatever it holds, it stays in its place, and what it must not hold refuses the request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use gateway::catalogue::{Catalogue, Registry};
use gateway::refusal::{Code, Refusal};
use gateway::registries::question::Question;
use policy::Ground;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn registry() -> Arc<Registry> {
    let parameters = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let operation = |code: &str, way: Value, parameters: Value| {
        let mut operation = json!({
            "code": code, "title": "t", "class": "ordinary", "method": "GET", "path": "/x", "parameters": parameters,
            "answer": {"type": "object", "properties": {"a": {"type": "string"}}},
            "fields": {"criminal-case": ["*"]}, "timeout-ms": 1000, "max-bytes": 1000
        });
        operation.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
        operation
    };
    let text = json!({"type": "string"});
    let listing = json!({
        "code": "r", "title": "R", "state": "integrated", "endpoint": "https://registry.example/base",
        "act": {"title": "a", "number": "1", "date": "2023-01-01", "valid-from": "2023-01-01"},
        "server-name": "registry.example", "audience": "urn:r", "concurrency": 1,
        "breaker": {"failures": 1, "open-seconds": 1},
        "operations": [
            operation("path", json!({"path": "/a/{x}/b", "subject": "x"}), parameters(json!({"x": text}), json!(["x"]))),
            operation("query", json!({"query": {"x": "{x}", "y": "n-{y}"}}),
                      parameters(json!({"x": text, "y": {"type": "integer"}}), json!(["x"]))),
            operation("body", json!({"method": "POST", "body": {"who": {"x": "{x}"}, "y": "{y}", "z": "fixed"}}),
                      parameters(json!({"x": text, "y": {"type": "integer"}}), json!(["x"]))),
            operation("iin", json!({"path": "/p/{iin}"}),
                      parameters(json!({"iin": {"type": "string", "format": "iin"}}), json!(["iin"]))),
        ],
    });
    let catalogue = Catalogue::compile([serde_json::from_value(listing).unwrap()]).unwrap();
    Arc::clone(catalogue.registry("r").unwrap())
}

fn ask(operation: &str, parameters: Value) -> Result<Question, Refusal> {
    let Value::Object(members) = parameters else { panic!("an object") };
    Question::new(&registry(), operation, members, Ground::CriminalCase)
}

fn uri(operation: &str, parameters: Value) -> String {
    ask(operation, parameters).unwrap().target().uri.to_string()
}

#[test]
fn values_are_encoded_into_their_own_segment() {
    assert_eq!(
        uri("path", json!({"x": "Ә b?c#d%2e&e=f;g"})),
        "https://registry.example/base/a/%D3%98%20b%3Fc%23d%252e%26e%3Df%3Bg/b"
    );
    assert_eq!(uri("path", json!({"x": "{y}"})), "https://registry.example/base/a/%7By%7D/b");
    assert_eq!(ask("path", json!({"x": "42"})).unwrap().subject(), Some("42"));
}

#[test]
fn refuses_a_value_that_would_leave_its_segment() {
    for value in ["", ".", "..", "...", "a/b", "/", "..\\..", "a\0", "a\r\nx: y", "a\u{85}"] {
        let refused = ask("path", json!({"x": value})).unwrap_err();
        assert_eq!(refused.code, Code::ParametersInvalid, "{value:?}");
        assert!(refused.detail.starts_with("parameters.x: expected"), "{}", refused.detail);
    }
    assert_eq!(ask("path", json!({"x": "x".repeat(9_000)})).unwrap_err().code, Code::ParametersInvalid);
}

#[test]
fn query_values_cannot_add_members_and_absent_ones_are_left_out() {
    assert_eq!(uri("query", json!({"x": "1&y=2#z"})), "https://registry.example/base/x?x=1%26y%3D2%23z");
    assert_eq!(
        uri("query", json!({"x": "../?", "y": -7})),
        "https://registry.example/base/x?x=..%2F%3F&y=n--7"
    );
    assert_eq!(ask("query", json!({"x": "a\nb"})).unwrap_err().code, Code::ParametersInvalid);
}

#[test]
fn bodies_are_json_whatever_the_value() {
    let body = |parameters| -> Value {
        serde_json::from_slice(&ask("body", parameters).unwrap().target().body).unwrap()
    };
    let hostile = "\"},\"z\":\"other\"";
    assert_eq!(body(json!({"x": hostile})), json!({"who": {"x": hostile}, "z": "fixed"}));
    assert_eq!(body(json!({"x": "{y}", "y": 3})), json!({"who": {"x": "{y}"}, "y": 3, "z": "fixed"}));
}

#[test]
fn a_refusal_names_the_member_and_what_was_expected_but_never_the_value() {
    for (parameters, expected) in [
        (
            json!({"iin": "900101300018"}),
            "parameters.iin: expected an IIN: 12 digits, the last of which checks the others.",
        ),
        (json!({"iin": 900_101_300_017_i64}), "parameters.iin: expected type string."),
        (json!({}), "parameters: expected the member \"iin\"."),
        (json!({"iin": "900101300017", "900101300018": 1}), "parameters: expected no members beyond iin."),
    ] {
        let refused = ask("iin", parameters).unwrap_err();
        assert_eq!(refused.code, Code::ParametersInvalid);
        assert_eq!(refused.detail, expected);
    }
}

/// SLS 16-3(1): no ground, no fields; what a registry does not offer cannot be asked.
#[test]
fn refuses_operations_off_the_list_and_grounds_that_let_nothing_out() {
    assert_eq!(ask("delete", json!({})).unwrap_err().code, Code::OperationNotPermitted);
    let civil = Question::new(&registry(), "path", Map::new(), Ground::CivilCase).unwrap_err();
    assert_eq!(civil.code, Code::OperationNotPermitted);
}

/// A grant names the exact bytes: questions that differ anywhere have different digests.
#[test]
fn a_digest_names_one_question_only() {
    let digests = [
        ask("path", json!({"x": "1"})),
        ask("path", json!({"x": "2"})),
        ask("query", json!({"x": "1"})),
        ask("query", json!({"x": "1", "y": 1})),
        ask("body", json!({"x": "1"})),
        ask("body", json!({"x": "2"})),
    ];
    let distinct: std::collections::BTreeSet<String> =
        digests.into_iter().map(|q| q.unwrap().target().digest()).collect();
    assert_eq!(distinct.len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_value_changes_the_shape_of_a_path(value in any::<String>()) {
        if let Ok(question) = ask("path", json!({"x": value.clone()})) {
            let uri = question.target().uri.clone();
            let segments: Vec<&str> = uri.path().split('/').collect();
            prop_assert_eq!(segments.len(), 5);
            prop_assert_eq!((segments[1], segments[2], segments[4]), ("base", "a", "b"));
            prop_assert!(uri.query().is_none());
            prop_assert!(segments[3].bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
            let decoded = percent_encoding::percent_decode_str(segments[3]).decode_utf8().unwrap();
            prop_assert_eq!(decoded, value);
        }
    }

    #[test]
    fn no_value_changes_the_shape_of_a_query(value in any::<String>()) {
        if let Ok(question) = ask("query", json!({"x": value})) {
            let query = question.target().uri.query().unwrap().to_owned();
            prop_assert!(query.starts_with("x=") && !query[2..].contains(['&', '=', '#', '?', ' ']));
        }
    }
}
