//! What the product says of its interface, held against every answer that any test sees: status, media type and code.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use http::Method;
use serde_json::Value;

use crate::channel::{Channel, Reply};

/// Which listener an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Exchange,
    Console,
}

/// HTTP's own refusals, which every path has under `default`.
const DEFAULT: &[&str] =
    &["bad-request", "method-not-allowed", "not-acceptable", "request-timeout", "header-too-large"];

/// The descriptions, as the first country served them: all are of one binary.
static DESCRIPTIONS: OnceLock<[Value; 2]> = OnceLock::new();
static ADDRESSES: Mutex<Option<HashMap<String, Side>>> = Mutex::new(None);

/// Holds what comes from these addresses to the descriptions from now on.
///
/// # Panics
/// When they are not served.
pub fn learn(channel: &Channel, exchange: &str, console: &str) {
    DESCRIPTIONS.get_or_init(|| {
        [exchange, console].map(|address| {
            let reply = channel.call(address, Method::GET, "/v1/openapi.json", None, "");
            let reply = reply.expect("a description");
            assert_eq!(reply.status, 200, "no description");
            reply.json()
        })
    });
    let mut addresses = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    let addresses = addresses.get_or_insert_with(HashMap::new);
    addresses.insert(exchange.to_owned(), Side::Exchange);
    addresses.insert(console.to_owned(), Side::Console);
}

/// Holds an answer to its description. Answers of addresses that nobody named are not looked at.
///
/// # Panics
/// When the description does not list it.
pub fn hold(address: &str, method: &Method, path: &str, reply: &Reply) {
    let side = {
        let addresses = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.as_ref().and_then(|addresses| addresses.get(address).copied())
    };
    let (Some(side), Some([exchange, console])) = (side, DESCRIPTIONS.get()) else { return };
    let described = if side == Side::Exchange { exchange } else { console };
    let path = path.split('?').next().unwrap_or_default();
    let unlisted = unlisted(described, method, path, reply);
    assert_eq!(unlisted, None, "OpenAPI of {side:?}: {method} {path} answered what it does not list");
}

/// What of an answer the description does not list.
fn unlisted(described: &Value, method: &Method, path: &str, reply: &Reply) -> Option<String> {
    let (code, status) = (reply.code(), reply.status.to_string());
    let responses = operation(described, method, path).map(|operation| &operation["responses"]);
    let Some(responses) = responses else {
        let nothing =
            matches!(code.as_str(), "not-found" | "method-not-allowed" | "overloaded" | "rate-limited");
        return (!nothing && !DEFAULT.contains(&code.as_str())).then(|| format!("{status} {code}"));
    };
    let listed = &responses[&status];
    let media_type = reply.header("content-type").split(';').next().unwrap_or_default().trim();
    if reply.status < 300 {
        let known = listed["content"].get(media_type).is_some();
        return (!known).then(|| format!("{status} with {media_type}"));
    }
    let schema = &listed["content"][media_type]["schema"];
    let types = schema["allOf"][1]["properties"]["type"]["enum"].as_array();
    let urn = format!("urn:negiz:problem:{code}");
    let known = types.is_some_and(|types| types.iter().any(|listed| *listed == urn));
    let by_default =
        DEFAULT.contains(&code.as_str()) && responses["default"]["content"].get(media_type).is_some();
    (!known && !by_default).then(|| format!("{status} {code} as {media_type}"))
}

/// The operation of a method at a path, by its template; fixed parts go before parameters.
fn operation<'a>(described: &'a Value, method: &Method, path: &str) -> Option<&'a Value> {
    let templates = described["paths"].as_object()?;
    let exact = templates.get(path);
    let item =
        exact.or_else(|| templates.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item));
    item?.get(method.as_str().to_ascii_lowercase())
}

/// A parameter stands for one part of a path, or, at its end, for all that is left: OpenAPI cannot tell them apart.
fn fits(template: &str, path: &str) -> bool {
    let (mut parts, mut template) = (path.split('/'), template.split('/').peekable());
    while let Some(expected) = template.next() {
        let Some(part) = parts.next() else { return false };
        let parameter = expected.starts_with('{');
        if parameter && template.peek().is_none() && expected == "{tile}" {
            return true;
        }
        if !parameter && expected != part {
            return false;
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described() -> Value {
        json!({ "paths": { "/v1/a/{id}": { "get": { "responses": {
            "200": { "content": { "application/json": {} } },
            "403": { "content": { "application/problem+json": { "schema": { "allOf": [{}, { "properties": {
                "type": { "enum": ["urn:negiz:problem:case-not-open"] } } }] } } } },
            "default": { "content": { "application/problem+json": {} } },
        } } } } })
    }

    fn reply(status: u16, media_type: &'static str, code: &str) -> Reply {
        let mut headers = http::HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static(media_type));
        let body = json!({ "type": format!("urn:negiz:problem:{code}") }).to_string().into();
        Reply { status, headers, body }
    }

    #[test]
    fn takes_what_is_listed_and_names_what_is_not() {
        let hold = |reply: &Reply| unlisted(&described(), &Method::GET, "/v1/a/7", reply);
        assert_eq!(hold(&reply(200, "application/json", "")), None);
        assert_eq!(hold(&reply(403, "application/problem+json", "case-not-open")), None);
        assert_eq!(hold(&reply(400, "application/problem+json", "bad-request")), None);
        for other in [
            reply(200, "application/zip", ""),
            reply(201, "application/json", ""),
            reply(403, "application/problem+json", "case-not-found"),
            reply(403, "application/json", "case-not-open"),
            reply(500, "application/problem+json", "internal"),
        ] {
            assert!(hold(&other).is_some(), "{other:?}");
        }
    }
}
