//! The canonical form of JSON (RFC 8785), over which the digest of an answer is taken.

use std::io::Write as _;

use serde_json::{Map, Number, Value};

use crate::digest::Digest;

/// Integers up to here are exact in the number format of RFC 8785 (IEEE 754 double, RFC 7493 section 2.2).
const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// A JSON value that has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// An integer that an IEEE 754 double cannot hold. Its canonical form would stand for other integers too, so that
    /// two different records had one digest (RFC 7493 section 2.2).
    #[error("the number {0} is not exact in the canonical form of JSON (RFC 8785)")]
    Number(String),
    /// The serializer refused.
    #[error("the value could not be brought into canonical form (RFC 8785)")]
    Form(#[source] serde_json::Error),
}

/// The canonical bytes of `value`.
///
/// # Errors
/// [`NotCanonical`] on an integer beyond 2^53 in either direction.
pub fn canonical_bytes(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut bytes = Vec::with_capacity(512);
    write(value, &mut bytes)?;
    Ok(bytes)
}

/// The digest of the canonical form of `value`: what a receipt's `answer` claim holds.
///
/// # Errors
/// As [`canonical_bytes`].
pub fn canonical_digest(value: &Value) -> Result<Digest, NotCanonical> {
    canonical_bytes(value).map(|bytes| Digest::of(&bytes))
}

fn write(value: &Value, bytes: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => bytes.extend_from_slice(b"null"),
        Value::Bool(true) => bytes.extend_from_slice(b"true"),
        Value::Bool(false) => bytes.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, bytes)?,
        Value::String(text) => write_text(text, bytes)?,
        Value::Array(items) => {
            bytes.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                write(item, bytes)?;
            }
            bytes.push(b']');
        }
        Value::Object(members) => write_object(members, bytes)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, bytes: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut sorted: Vec<_> = members.iter().collect();
    // Section 3.2.3: by UTF-16 code units, which differs from the order of UTF-8 bytes beyond U+FFFF.
    sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    bytes.push(b'{');
    for (at, (name, value)) in sorted.into_iter().enumerate() {
        if at > 0 {
            bytes.push(b',');
        }
        write_text(name, bytes)?;
        bytes.push(b':');
        write(value, bytes)?;
    }
    bytes.push(b'}');
    Ok(())
}

/// Section 3.2.2.2. The escapes of the JSON writer are those of RFC 8785: the short forms, and `\u00xx` in lower case.
fn write_text(text: &str, bytes: &mut Vec<u8>) -> Result<(), NotCanonical> {
    serde_json::to_writer(bytes, text).map_err(NotCanonical::Form)
}

/// Section 3.2.2.3.
fn write_number(number: &Number, bytes: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)) {
        Some(integer) if integer > MAX_EXACT_INTEGER => Err(NotCanonical::Number(number.to_string())),
        Some(_) => {
            write!(bytes, "{number}").map_err(|error| NotCanonical::Form(serde_json::Error::io(error)))
        }
        None => serde_json_canonicalizer::to_writer(number, bytes).map_err(NotCanonical::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn canonical_form_is_that_of_rfc_8785() {
        // Section 3.2.2 and 3.2.3, with the expected result of section 3.2.4.
        let text = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#;
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
            \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(String::from_utf8(canonical_bytes(&value).unwrap()).unwrap(), expected);
    }

    #[test]
    fn members_are_sorted_by_utf_16() {
        // Section 3.2.3.
        let value = json!({"\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"});
        let text = String::from_utf8(canonical_bytes(&value).unwrap()).unwrap();
        let order =
            ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(|word| text.find(word));
        assert!(order.is_sorted() && order[0].is_some(), "{text}");
    }

    #[test]
    fn refuses_an_integer_that_would_be_rounded() {
        assert!(canonical_digest(&json!({"a": [9_007_199_254_740_992_u64]})).is_ok());
        assert!(canonical_digest(&json!({"a": [9_007_199_254_740_993_u64]})).is_err());
        assert!(canonical_digest(&json!({"a": -9_007_199_254_740_993_i64})).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-9_007_199_254_740_992_i64..=9_007_199_254_740_992).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            prop::collection::vec(any::<char>(), 0..8).prop_map(|text| Value::from(String::from_iter(text))),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            let name = prop::collection::vec(any::<char>(), 0..4).prop_map(String::from_iter);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn another_writer_gives_the_same_bytes(value in value()) {
            prop_assert_eq!(canonical_bytes(&value).unwrap(), serde_json_canonicalizer::to_vec(&value).unwrap());
        }
    }
}
