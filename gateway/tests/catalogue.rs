//! The closed catalogue (SLS 16-1(1)¶2): what does not hold together is refused before it is used, with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use gateway::catalogue::{Catalogue, Listing};
use gateway::clock::Millis;
use policy::Ground;
use serde_json::{Value, json};

/// 2026-11-22T10:15:00Z
const NOW: Millis = Millis(1_795_342_500_000);

fn listing() -> Value {
    json!({
        "code": "vehicles",
        "title": "Vehicles",
        "act": {"title": "On the list", "number": "12", "date": "2023-01-13", "valid-from": "2023-02-01",
                "valid-until": "2026-12-31"},
        "state": "integrated",
        "endpoint": "https://vehicles.example:8443/api",
        "server-name": "vehicles.example",
        "audience": "urn:registry:vehicles",
        "concurrency": 16,
        "breaker": {"failures": 5, "open-seconds": 10},
        "operations": [{
            "code": "by-plate",
            "title": "By plate",
            "class": "ordinary",
            "method": "GET",
            "path": "/plates/{plate}",
            "query": {"on": "{day}"},
            "subject": "plate",
            "parameters": {
                "type": "object",
                "properties": {"plate": {"type": "string", "maxLength": 10}, "day": {"type": "string", "format": "date"}},
                "required": ["plate"],
                "additionalProperties": false
            },
            "answer": {
                "type": "object",
                "properties": {
                    "plate": {"type": "string"},
                    "owner": {"$ref": "#/$defs/person"},
                    "fines": {"type": "array", "items": {"type": "object", "properties": {
                        "sum": {"type": "number"}, "paid": {"type": "boolean"}}}}
                },
                "$defs": {"person": {"type": "object", "properties": {"iin": {"type": "string"}, "name": {"type": "string"}}}}
            },
            "fields": {"criminal-case": ["*"], "civil-case": ["plate", "owner.name", "fines.sum"]},
            "timeout-ms": 1000,
            "max-bytes": 4096
        }]
    })
}

fn load(listing: &Value) -> Result<Catalogue, String> {
    let text = listing.to_string();
    Catalogue::load([(listing["code"].as_str().unwrap_or("?"), text.as_str())])
        .map_err(|error| error.to_string())
}

/// The listing with one member put elsewhere; `Value::Null` takes it out.
fn with(pointer: &str, value: Value) -> Value {
    let mut listing = listing();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = listing.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(members), Value::Null) => {
            members.remove(name).unwrap();
        }
        (Value::Object(members), value) => {
            members.insert(name.to_owned(), value);
        }
        (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value,
        _ => panic!("no such place"),
    }
    listing
}

#[test]
fn a_whole_listing_loads() {
    let catalogue = load(&listing()).unwrap();
    let registry = catalogue.registry("vehicles").unwrap();
    let operation = registry.operation("by-plate").unwrap();
    assert!(operation.permits(Ground::CriminalCase) && !operation.permits(Ground::SearchCase));
    let paths = |ground| operation.cut(ground).unwrap().paths();
    assert_eq!(paths(Ground::CivilCase), ["fines.sum", "owner.name", "plate"]);
    assert_eq!(paths(Ground::CriminalCase), ["fines.paid", "fines.sum", "owner.iin", "owner.name", "plate"]);
}

#[test]
fn a_listing_reads_back_as_it_was_written() {
    let parsed: Listing = serde_json::from_value(listing()).unwrap();
    assert_eq!(serde_json::to_value(parsed).unwrap(), listing());
}

/// SLS 16-1(1)¶2: on the list means under an act in force; its days are days of the republic (UTC+5).
#[test]
fn an_act_is_in_force_from_its_first_day_to_its_last() {
    let catalogue = load(&listing()).unwrap();
    let at = |text: &str| {
        let instant =
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap();
        catalogue.in_force(Millis(instant.unix_timestamp() * 1000)).count()
    };
    assert_eq!(at("2023-01-31T23:59:59+05:00"), 0);
    assert_eq!(at("2023-02-01T00:00:00+05:00"), 1);
    assert_eq!(at("2026-12-31T23:59:59+05:00"), 1);
    assert_eq!(at("2027-01-01T00:00:00+05:00"), 0);
    let suspended = load(&with("/state", json!("suspended"))).unwrap();
    assert_eq!(suspended.in_force(NOW).count(), 0);
}

#[test]
fn offers_only_what_the_grounds_allow_and_never_an_address() {
    let catalogue = load(&listing()).unwrap();
    let offered = catalogue.offered(NOW, |_, _| BTreeSet::from([Ground::CivilCase]));
    assert_eq!(
        offered[0]["operations"][0]["fields"],
        json!({"civil-case": ["plate", "owner.name", "fines.sum"]})
    );
    assert_eq!(offered[0]["operations"][0]["parameters"], listing()["operations"][0]["parameters"]);
    assert!(!offered.to_string().contains("example"));
    assert_eq!(catalogue.offered(NOW, |_, _| BTreeSet::from([Ground::SearchCase])), json!([]));
    assert_eq!(catalogue.offered(Millis(i64::MAX), |_, _| BTreeSet::from([Ground::CivilCase])), json!([]));
}

#[test]
fn refuses_a_registry_that_is_not_whole() {
    for (pointer, value, expected) in [
        ("/code", json!("Vehicles"), "registry Vehicles, code: expected lower-case"),
        ("/title", json!(" "), "title: expected some text"),
        ("/surprise", json!(1), "unknown field `surprise`"),
        ("/state", json!("open"), "unknown variant"),
        ("/act/number", Value::Null, "missing field `number`"),
        (
            "/act/valid-from",
            json!("2022-01-01"),
            "act.valid-from: in force from 2022-01-01, before the act's own date 2023-01-13",
        ),
        ("/act/valid-until", json!("2023-01-31"), "act.valid-until: the act is in force until 2023-01-31"),
        ("/act/date", json!("13.01.2023"), "not a listing"),
        ("/endpoint", json!("http://vehicles.example"), "endpoint: expected an https address"),
        ("/endpoint", json!("https://user@vehicles.example"), "endpoint"),
        ("/endpoint", json!("https://vehicles.example/api/"), "endpoint"),
        ("/endpoint", json!("https://vehicles.example/a/../b"), "endpoint"),
        ("/endpoint", json!("https://vehicles.example?x=1"), "endpoint"),
        ("/server-name", json!("not a name"), "server-name: expected a DNS name"),
        ("/concurrency", json!(0), "concurrency: expected a number from 1 to 10000, found 0"),
        ("/breaker/failures", json!(0), "breaker.failures"),
        ("/breaker/open-seconds", json!(3601), "breaker.open-seconds"),
        ("/operations", json!([]), "operations: expected at least one"),
    ] {
        let error = load(&with(pointer, value)).unwrap_err();
        assert!(error.contains(expected), "{pointer}: {error}");
    }
}

#[test]
fn refuses_an_operation_that_is_not_whole() {
    let path = |path: &str| ("/operations/0/path", json!(path));
    for ((pointer, value), expected) in [
        (path("plates/{plate}"), "path: expected a path that begins with a slash"),
        (path("/plates//{plate}"), "expected a path"),
        (path("/plates/../{plate}"), "expected a path"),
        (path("/plates/{plate"), "a placeholder is not closed"),
        (path("/plates/{}"), "has no name"),
        (path("/plates/{plate}?x=1"), "found '?'"),
        (path("/plates/%2e%2e/{plate}"), "found '%'"),
        (path("/plates/{number}"), "path: the placeholder {number} names no declared parameter"),
        (path("/plates/{day}"), "path: the placeholder {day} must be a required parameter"),
        (
            path("/plates"),
            "parameters: the parameter \"plate\" is declared but reaches no part of the question",
        ),
        (("/operations/0/query", json!({"a&b": "{day}"})), "query: expected only unreserved"),
        (("/operations/0/body", json!({"a": "{plate}"})), "body: a GET has no body"),
        (("/operations/0/method", json!("DELETE")), "unknown variant `DELETE`"),
        (("/operations/0/method", json!("POST")), "a POST needs one"),
        (("/operations/0/subject", json!("vin")), "subject: the placeholder {vin}"),
        (
            ("/operations/0/parameters/properties/plate/type", json!("array")),
            "must be of type string, integer or boolean",
        ),
        (
            ("/operations/0/parameters/additionalProperties", Value::Null),
            "parameters: not a JSON Schema the gateway can use",
        ),
        (("/operations/0/parameters/properties/plate/type", json!("strin")), "parameters: not a JSON Schema"),
        (
            ("/operations/0/parameters/properties/plate/format", json!("telegram")),
            "parameters: not a JSON Schema",
        ),
        (
            ("/operations/0/parameters/properties/plate/$ref", json!("https://example.org/s")),
            "parameters: not a JSON Schema",
        ),
        (
            ("/operations/0/answer/properties/owner/$ref", json!("https://example.org/s")),
            "answer: not a JSON Schema",
        ),
        (
            ("/operations/0/answer/properties/plate", json!({})),
            "answer: not a JSON Schema the gateway can use: plate: expected one type",
        ),
        (
            ("/operations/0/answer/properties/plate", json!({"type": "object"})),
            "plate: an object must declare its properties",
        ),
        (("/operations/0/answer/properties/owner/$ref", json!("#")), "a reference leads back to itself"),
    ] {
        refuses_operation(pointer, value, expected);
    }
}

fn refuses_operation(pointer: &str, value: Value, expected: &str) {
    let error = load(&with(pointer, value)).unwrap_err();
    assert!(error.contains(expected), "{pointer}: {error}");
    let placed = error.contains("registry vehicles, operation by-plate") || error.contains("line 1");
    assert!(placed, "{error}");
}

#[test]
fn refuses_an_operation_that_lets_out_what_it_does_not_declare() {
    for ((pointer, value), expected) in [
        (("/operations/0/answer", Value::Null), "answer: expected an answer schema, media types, or both"),
        (("/operations/0/fields", json!({})), "fields: expected at least one"),
        (
            ("/operations/0/fields", json!({"curiosity": ["*"]})),
            "fields: \"curiosity\" is no ground of the law",
        ),
        (("/operations/0/fields/civil-case", json!([])), "fields.civil-case: expected at least one"),
        (
            ("/operations/0/fields/civil-case/1", json!("owner.age")),
            "fields.civil-case: the answer declares no field \"owner.age\"",
        ),
        (("/operations/0/fields/civil-case/1", json!("plate.x")), "declares no field \"plate.x\""),
        (
            ("/operations/0/media-types", json!(["application/pdf"])),
            "fields.civil-case: an answer in another media type cannot be cut",
        ),
        (("/operations/0/media-types", json!(["application/json"])), "media-types: expected a media type"),
        (("/operations/0/timeout-ms", json!(0)), "timeout-ms"),
        (("/operations/0/max-bytes", json!(99_000_000)), "max-bytes"),
    ] {
        refuses_operation(pointer, value, expected);
    }
}

/// A grant for the one registry would open the other.
#[test]
fn refuses_two_registries_under_one_name_or_one_audience() {
    let (one, mut other) = (listing(), listing());
    other["code"] = json!("boats");
    let compile = |listings: [&Value; 2]| {
        let parsed = listings.map(|listing| serde_json::from_value::<Listing>(listing.clone()).unwrap());
        Catalogue::compile(parsed).unwrap_err().to_string()
    };
    assert!(compile([&one, &other]).contains("registry boats, audience"));
    other["code"] = one["code"].clone();
    other["audience"] = json!("urn:registry:boats");
    assert!(compile([&one, &other]).contains("code: \"vehicles\" is listed twice"));
}

#[test]
fn an_import_is_a_list_or_one_listing_and_names_the_entry_at_fault() {
    assert_eq!(Catalogue::parse_listings(&listing().to_string()).unwrap().len(), 1);
    assert_eq!(Catalogue::parse_listings(&json!([listing()]).to_string()).unwrap().len(), 1);
    let error = Catalogue::parse_listings(&json!([listing(), {"code": 1}]).to_string()).unwrap_err();
    assert!(error.to_string().starts_with("registry #2: not a listing"), "{error}");
    let stored = Catalogue::load([("boats", listing().to_string().as_str())]).unwrap_err();
    assert!(stored.to_string().contains("stored under the code boats, but names itself vehicles"));
}
