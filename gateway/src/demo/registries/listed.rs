//! The catalogue entry of each sample registry: the act, the address of this run, the fields each ground lets out.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use policy::Ground;
use serde_json::{Value, json};

use super::Behaviour;
use super::by_act::{class, opened, pending_only};
use super::sample::{BASE, Offer, SLOW_TIMEOUT, Sample, TIMEOUT};
use crate::catalogue::{Listing, Method};

pub(super) fn listing(sample: &Sample, address: SocketAddr) -> Result<Listing, serde_json::Error> {
    let state = if sample.state == Behaviour::Suspended { "suspended" } else { "integrated" };
    let operations: Vec<Value> = sample.offers.iter().map(|offer| operation(sample, offer)).collect();
    serde_json::from_value(json!({
        "code": sample.code,
        "title": sample.title,
        "class": class(sample.code),
        "act": {
            "title": "Invented act on the list of integrated systems of the demonstration",
            "number": "0-0",
            "date": "2023-01-13",
            "valid-from": "2023-02-01",
        },
        "state": state,
        "endpoint": format!("https://{address}{BASE}"),
        "server-name": "localhost",
        "audience": sample.audience(),
        "concurrency": 256,
        // The slow registry is there to show what slowness looks like: its breaker stays out of the way.
        "breaker": {"failures": if sample.state == Behaviour::Slow { 1_000 } else { 5 }, "open-seconds": 2},
        "operations": operations,
    }))
}

fn operation(sample: &Sample, offer: &Offer) -> Value {
    let parameters = (offer.parameters)();
    let names: Vec<&String> = parameters.as_object().into_iter().flat_map(|members| members.keys()).collect();
    let mut operation = json!({
        "code": offer.operation,
        "title": offer.title,
        "class": offer.class,
        "method": offer.method,
        "parameters": {
            "type": "object", "properties": parameters, "required": names, "additionalProperties": false,
        },
        "answer": (offer.answer_schema)(),
        "absent": {
            "type": "object",
            "properties": {"error": {"const": "no-such-record"}},
            "required": ["error"],
            "additionalProperties": false,
        },
        "pending-cases-only": pending_only(sample),
        "fields": fields(offer),
        "timeout-ms": if sample.state == Behaviour::Slow { SLOW_TIMEOUT } else { TIMEOUT },
        "max-bytes": 65_536,
    });
    let name = names.first().map(|name| name.as_str()).unwrap_or_default();
    let way = match offer.method {
        Method::Get => json!({"path": format!("/{}/{{{name}}}", offer.collection), "subject": name}),
        Method::Post => {
            let body: BTreeMap<&String, String> =
                names.iter().map(|name| (*name, format!("{{{name}}}"))).collect();
            json!({"path": format!("/{}", offer.collection), "body": body})
        }
    };
    if let (Value::Object(operation), Value::Object(way)) = (&mut operation, way) {
        operation.extend(way);
    }
    operation
}

/// Courts see what the parties' kind of case needs (SLS 16-2(4)); what the operational track sees is what identifies.
fn fields(offer: &Offer) -> BTreeMap<Ground, &'static [&'static str]> {
    let fields = &offer.fields;
    let by_case = [
        (Ground::CriminalCase, fields.criminal),
        (Ground::CivilCase, fields.civil),
        (Ground::AdministrativeCase, fields.administrative),
        (Ground::SearchCase, fields.search),
        (Ground::EnforcementProceeding, fields.enforcement),
        (Ground::CourtCriminal, fields.criminal),
        (Ground::CourtCivil, fields.civil),
        (Ground::CourtAdministrative, fields.administrative),
        (Ground::Operational, fields.search),
        (Ground::Covert, fields.criminal),
    ];
    let by_case = by_case.into_iter().filter(|(_, fields)| !fields.is_empty());
    by_case.chain(opened(offer.operation).iter().copied()).collect()
}

/// A closed JSON Schema of an object all of whose members are required.
pub(super) fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(|members| members.keys()).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

pub(super) fn text() -> Value {
    json!({"type": "string", "maxLength": 200})
}

pub(super) fn date() -> Value {
    json!({"type": "string", "format": "date"})
}

pub(super) fn maybe_date() -> Value {
    json!({"type": ["string", "null"], "format": "date"})
}

/// The parameters of a question about a person.
pub(super) fn by_iin() -> Value {
    json!({"iin": {"type": "string", "format": "iin", "description": "Individual identification number, 12 digits"}})
}
